internal import PellucidVolumes

// Which slices a montage shows.
extension Montage {
  /// What is known of a montage's relevance before its slices are chosen.
  struct SliceSources {
    let anatomy: SliceSampler
    /// Values of the anatomy above it are head.
    let foreground: Float
    let layers: [Layer]
    let overlays: [SliceSampler]
    let scales: [OverlayScale]
    let box: WorldBox
    let options: MontageOptions

    /// Layers that have something to show.
    var shown: [Int] { layers.indices.filter { scales[$0].emptiness == nil } }
  }

  /// Relevance along the axes of the world, each map's as part of its own largest; nil where slices need not be chosen or there is none.
  static func profiles(_ sources: SliceSources) -> [AxisProfile]? {
    let options = sources.options
    guard !options.glass, options.positions == nil, options.spread == .relevance else { return nil }
    let shown = sources.shown
    guard !shown.isEmpty else {
      // Without relevance, the regions that are named are what is to be seen.
      guard let contours = options.contours, contours.outlines.contains(where: { $0.name != nil }) else { return nil }
      let wanted = Set(contours.outlines.map { Float($0.label) })
      var sums = AxisProfile(over: sources.box)
      sums.add(contours.labels, channel: 0) { wanted.contains($0.rounded()) ? 1 : 0 }
      return [sums]
    }
    return shown.map { index in
      var sums = AxisProfile(over: sources.box)
      let scale = sources.scales[index]
      // Squares, so that places with strong relevance outweigh large ones with weak noise; values beyond the limit count as the
      // limit, those not drawn as nothing.
      sums.add(sources.layers[index].map, channel: options.channel, coarsely: false) { value in
        guard scale.draws(value) else { return 0 }
        let part = min(1, value.magnitude / scale.limit)
        return part * part
      }
      return sums
    }
  }

  /// The slices of a plane.
  static func tiles(
    _ plane: SlicePlane, count: Int, scan: Volume, profiles: [AxisProfile]?, sources: SliceSources
  ) -> [Tile] {
    let (options, box) = (sources.options, sources.box)
    if options.glass { return [Tile(plane: plane, position: nil)] }
    if let places = options.positions ?? options.cuts[plane] { return places.map { Tile(plane: plane, position: $0) } }
    let axis = plane.normal
    func thickness(_ affine: Affine) -> Double { (0..<3).map { abs(affine[axis, $0]) }.max() ?? 1 }
    // No more slices than the scan has voxels across the plane.
    let voxels = box.extent(axis) / thickness(scan.affine)
    if voxels < 1.5 { return [Tile(plane: plane, position: (box.low[axis] + box.high[axis]) / 2)] }
    let maps = sources.shown.map { sources.layers[$0].map }
    let radius = max(0.01 * box.extent(axis), maps.map { $0.affine.voxelSizes.max() ?? 0 }.max() ?? 0)
    let evidence = profiles.map { sums in
      let peaks = sums.map { $0.peak(axis: axis) }
      return SliceChoice.Evidence(
        mass: { place in
          zip(sums, peaks).reduce(0) { $0 + $1.0.mass(axis: axis, at: place, radius: radius) / max($1.1, 1e-300) }
        },
        sees: kinds(of: plane, sources, sums, radius: radius),
        least: max(box.extent(axis) / 60, maps.map { thickness($0.affine) }.max() ?? thickness(scan.affine)))
    }
    let places = SliceChoice.positions(
      Int(min(Double(count), max(1, voxels + 0.01))), in: box.low[axis]...box.high[axis], evidence: evidence)
    return places.map { Tile(plane: plane, position: $0) }
  }

  /// What a slice may show: strong relevance of every map, of some map, or, where there is none, at least some relevance.
  private static func kinds(
    of plane: SlicePlane, _ sources: SliceSources, _ sums: [AxisProfile], radius: Double
  ) -> [(Double) -> Bool] {
    let shown = sources.shown
    guard !shown.isEmpty else { return [{ sums[0].mass(axis: plane.normal, at: $0, radius: 0) > 0 }] }
    var known: [Double: [Float]] = [:]
    func strengths(_ place: Double) -> [Float] {
      if let found = known[place] { return found }
      let found = zip(shown, sums).map { index, sums in
        // Between its last voxel and the next one, a map is fading out: only a slice through a voxel is sure to show it.
        let voxel = sources.layers[index].map.affine
        let half = max(0, (0..<3).reduce(0) { $0 + abs(voxel[plane.normal, $1]) } / 2 - sums.width)
        guard sums.mass(axis: plane.normal, at: place, radius: half) > 0 else { return Float(0) }
        return sources.strength(of: index, plane, at: place)
      }
      known[place] = found
      return found
    }
    return [
      { place in strengths(place).allSatisfy { $0 >= 0.35 } },
      { place in strengths(place).contains { $0 >= 0.35 } },
      { place in strengths(place).contains { $0 >= 0.08 } },
    ]
  }
}

extension Montage.SliceSources {
  /// The strongest relevance that a slice shows, as part of the limit: sampled as the picture is, but coarsely.
  ///
  /// What lies in the air counts as much as a white page shows of it.
  fileprivate func strength(of index: Int, _ plane: SlicePlane, at place: Double) -> Float {
    let fine = max(2.5, layers[index].map.affine.voxelSizes.min() ?? 1)
    func pixels(_ axis: Int) -> Int { Int(min(100, max(40, box.extent(axis) / fine))) }
    let (width, height) = (pixels(plane.horizontal), pixels(plane.vertical))
    let slice = overlays[index].slice(plane, at: place, over: box, width: width, height: height)
    let scale = scales[index]
    func part(_ value: Float) -> Float { scale.draws(value) ? min(1, value.magnitude / scale.limit) : 0 }
    guard slice.values.contains(where: { part($0) >= 0.08 }) else { return 0 }
    let scan = anatomy.slice(plane, at: place, over: box, width: width, height: height)
    var strongest: Float = 0
    for (value, grey) in zip(slice.values, scan.values) {
      let plain = part(value)
      if plain > strongest { strongest = max(strongest, grey > foreground ? plain : 2 * plain - 1) }
    }
    return strongest
  }
}
