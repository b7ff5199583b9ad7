public import PellucidFaults
internal import PellucidTables
public import PellucidVolumes

extension TileSheet {
  /// A small picture and the line below it.
  public struct Tile: Sendable {
    /// Extents; a sheet draws all of its tiles on one scale.
    let width, height: Double
    /// The line below it.
    public var caption: String?
    /// Letters in its upper corners; nil: it is no slice of a body.
    let marks: (left: String, right: String)?
    /// The pixels for a page of this colour.
    let image: @Sendable (_ width: Int, _ height: Int, _ page: Colour) -> PixelImage

    /// The scale between two values.
    static func scale(_ range: ClosedRange<Double>, map: ColourMap?, alpha: Double = 0.8) -> OverlayScale {
      var options = MontageOptions()
      options.range = range
      options.colourMap = map
      options.alpha = alpha
      return OverlayScale(of: [[1]], options: options)
    }

    /// A slice of a scan with a channel of a map over it.
    ///
    /// - Parameters:
    ///   - map: its grid need not be the scan's; nil: the scan alone.
    ///   - range: the values at the ends of the colours.
    ///   - position: mm on the axis across the slice.
    /// - Throws: `.badData` where the map's affine is singular, `.usage` where it has no such channel.
    public static func slice(
      of anatomy: MontageAnatomy, _ map: Volume?, channel: Int = 0, range: ClosedRange<Double>, _ plane: SlicePlane,
      at position: Double, colourMap: ColourMap? = nil, interpolation: Interpolation = .linear, caption: String? = nil
    ) throws(PellucidError) -> Tile {
      let sampler = try map.map { (map) throws(PellucidError) in
        try SliceSampler(map, channel: channel, interpolation: interpolation)
      }
      let scale = scale(range, map: colourMap)
      let view = SliceView(anatomy: anatomy, plane: plane, position: position)
      return Tile(
        width: view.width, height: view.height, caption: caption, marks: Convention.neurological.marks(of: plane)
      ) { width, height, page in
        let values = sampler.map { view.slice($0, width, height).values }
        return view.image(width, height, page) { index, grey in
          guard let value = values?[index] else { return grey }
          return grey + (scale.colour(value) - grey) * scale.opacity(value)
        }
      }
    }

    /// A slice of a scan with colours mixed into it: where they are dark, the scan is seen.
    ///
    /// - Parameter colours: three channels, red, green and blue, 0…1.
    /// - Throws: `.badData` where the affine is singular.
    public static func slice(
      of anatomy: MontageAnatomy, colours: Volume, _ plane: SlicePlane, at position: Double, caption: String? = nil
    ) throws(PellucidError) -> Tile {
      precondition(colours.channels == 3, "colours are red, green and blue")
      let view = SliceView(anatomy: anatomy, plane: plane, position: position)
      var samplers: [SliceSampler] = []
      for channel in 0..<3 { samplers.append(try SliceSampler(colours, channel: channel)) }
      let made = samplers
      return Tile(
        width: view.width, height: view.height, caption: caption, marks: Convention.neurological.marks(of: plane)
      ) { width, height, page in
        let parts = made.map { view.slice($0, width, height).values }
        return view.image(width, height, page) { index, grey in
          let colour = SIMD3(parts[0][index], parts[1][index], parts[2][index])
          let strength = colour.max()
          guard strength.isFinite, strength > 0 else { return grey }
          // At full saturation from half the brightness on, as maps are laid over scans.
          let part = min(1, 2 * strength) * 0.85
          return grey + (colour / strength * min(1, strength + 0.15) - grey) * part
        }
      }
    }

    /// A place of the sheet that is left free, as large as another tile.
    public static func free(like tile: Tile) -> Tile {
      Tile(width: tile.width, height: tile.height, caption: nil, marks: ("", "")) { width, height, page in
        var image = PixelImage(width: width, height: height)
        for index in image.argb.indices { image.argb[index] = 0xff00_0000 | page.packed }
        return image
      }
    }

    /// A table of values as coloured boxes, row by row from the top.
    ///
    /// - Parameters:
    ///   - unit: the extent of a box.
    ///   - range: the values at the ends of the colours.
    /// - Precondition: `values` has `columns` values a row.
    public static func matrix(
      _ values: [Float], columns: Int, unit: Double = 1, range: ClosedRange<Double>, colourMap: ColourMap? = nil,
      caption: String? = nil
    ) -> Tile {
      precondition(columns > 0 && values.count % columns == 0, "values do not fill the table")
      let rows = values.count / columns
      let scale = scale(range, map: colourMap, alpha: 1)
      let map = colourMap ?? (range.lowerBound < 0 ? .signedPale : .unsignedDefault)
      return Tile(
        width: unit * Double(columns), height: unit * Double(rows), caption: caption, marks: nil
      ) { width, height, page in
        var image = PixelImage(width: width, height: height)
        for y in 0..<height {
          let row = min(rows - 1, y * rows / height)
          for x in 0..<width {
            let value = values[row * columns + min(columns - 1, x * columns / width)]
            let span = Double(scale.high - scale.low)
            let colour = value.isFinite ? map.colour(at: (Double(value) - Double(scale.low)) / span) : page
            image.argb[y * width + x] = 0xff00_0000 | colour.packed
          }
        }
        return image
      }
    }
  }
}

/// A slice through a scan's head.
private struct SliceView: Sendable {
  let anatomy: MontageAnatomy
  let plane: SlicePlane
  let position: Double

  var width: Double { anatomy.headBox.extent(plane.horizontal) }
  var height: Double { anatomy.headBox.extent(plane.vertical) }

  func slice(_ sampler: SliceSampler, _ width: Int, _ height: Int) -> Slice {
    sampler.slice(plane, at: position, over: anatomy.headBox, width: width, height: height)
  }

  /// The scan's greys, each pixel changed by what lies over it.
  func image(
    _ width: Int, _ height: Int, _ page: Colour, over: (Int, SIMD3<Float>) -> SIMD3<Float>
  ) -> PixelImage {
    let scan = slice(anatomy.sampler, width, height)
    let background = SIMD3(Float(page.red), Float(page.green), Float(page.blue))
    var image = PixelImage(width: width, height: height)
    for index in 0..<(width * height) {
      let value = scan.values[index]
      let grey = value.isFinite ? SIMD3(repeating: anatomy.window.grey(value)) : background
      image.argb[index] = PixelImage.pixel(over(index, grey))
    }
    return image
  }
}
