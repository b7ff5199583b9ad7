extension SliceSampler {
  /// Views along an axis through a whole box, made of evenly spaced slices.
  enum Projection {
    /// The value of largest magnitude on each line of sight, with its sign.
    case strongest
    /// The mean of the finite values on each line of sight; places outside the volume count as 0.
    case mean
  }

  /// The projection of a box along a plane's normal; `position` of the slice it returns is the box's middle.
  /// - Complexity: O(width · height · depth), depth in steps of the smaller of 1.5 mm and an 80th of the box, at most 300.
  func projection(
    _ kind: Projection, _ plane: SlicePlane, through box: WorldBox, width: Int, height: Int, mirrored: Bool
  ) -> Slice {
    let depth = box.extent(plane.normal)
    let steps = Int(min(300, max(80, depth / 1.5)))
    var folded = slice(
      plane, at: (box.low[plane.normal] + box.high[plane.normal]) / 2, over: box, width: width, height: height,
      mirrored: mirrored)
    folded.values = [Float](repeating: 0, count: width * height)
    for step in 0..<steps {
      let position = box.low[plane.normal] + (Double(step) + 0.5) / Double(steps) * depth
      let one = slice(plane, at: position, over: box, width: width, height: height, mirrored: mirrored)
      for (index, value) in one.values.enumerated() where value.isFinite {
        switch kind {
        case .strongest: if value.magnitude > folded.values[index].magnitude { folded.values[index] = value }
        case .mean: folded.values[index] += value / Float(steps)
        }
      }
    }
    return folded
  }
}

extension Montage {
  /// The pixels of a glass brain: the strongest relevance on each line of sight over the mean of the scan, which is darkened (or
  /// lightened on a white page) so that it shows the shape only.
  func glass(_ placed: MontageLayout.PlacedTile, width: Int, height: Int, page: Colour) -> PixelImage {
    let (plane, mirrored) = (placed.tile.plane, options.convention.mirrored)
    // As fine as a millimetre or 1/250 of the width; the page smooths what is enlarged.
    let shrink = min(1, max(250, box.extent(plane.horizontal)) / Double(width))
    let (w, h) = (max(1, Int(Double(width) * shrink)), max(1, Int(Double(height) * shrink)))
    let scan = anatomy.projection(.mean, plane, through: box, width: w, height: h, mirrored: mirrored)
    let map = placed.layer.flatMap { layer in
      scales[layer].emptiness == nil
        ? overlays[layer].projection(.strongest, plane, through: box, width: w, height: h, mirrored: mirrored) : nil
    }
    let brightest = max(scan.values.max() ?? 1, .leastNormalMagnitude)
    let background = SIMD3(Float(page.red), Float(page.green), Float(page.blue))
    let far = options.background == .black ? SIMD3<Float>(repeating: 1) : SIMD3<Float>(repeating: 0)
    var image = PixelImage(width: w, height: h)
    for index in 0..<(w * h) {
      let mean = max(0, min(1, scan.values[index] / brightest))
      var colour = background + (far - background) * (0.55 * mean.squareRoot())
      if let map, let layer = placed.layer {
        // The strongest of many values is rarely small: what is below half the limit fades faster than in a slice.
        let plain = scales[layer].opacity(map.values[index])
        let opacity = plain * min(1, 2 * map.values[index].magnitude / scales[layer].limit)
        if opacity > 0 { colour += (scales[layer].colour(map.values[index]) - colour) * opacity }
      }
      image.argb[index] = PixelImage.pixel(colour)
    }
    return image
  }
}
