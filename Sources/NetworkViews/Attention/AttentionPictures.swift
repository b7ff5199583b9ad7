public import PellucidFaults
public import PellucidFigures
internal import PellucidTables
public import PellucidVolumes

/// Pictures of attention over a scan.
public enum AttentionPictures {
  /// A sheet of channels, each in the axial slice where it is largest.
  ///
  /// - Parameter range: of the colours; nil: each channel's own, from 0 to its largest.
  public static func sheet(
    of volume: Volume, captions: [String], over scan: Volume, title: String, subtitle: String, label: String,
    range: ClosedRange<Double>? = nil, columns: Int = 6
  ) throws(PellucidError) -> TileSheet {
    let anatomy = try MontageAnatomy(scan)
    let count = volume.shape.count
    var tiles: [TileSheet.Tile] = []
    for channel in 0..<min(volume.channels, 144) {
      let own = volume.voxels[(channel * count)..<((channel + 1) * count)]
      let peak = (own.indices.max { (own[$0], $1) < (own[$1], $0) } ?? own.startIndex) - own.startIndex
      let shape = volume.shape
      let place = volume.affine.worldPoint(
        of: VoxelIndex(i: peak % shape.i, j: peak / shape.i % shape.j, k: peak / (shape.i * shape.j))
      ).z
      let reach = max(1e-30, Double(own.max() ?? 0))
      tiles.append(
        try .slice(
          of: anatomy, volume, channel: channel, range: range ?? 0...reach, .axial, at: place,
          colourMap: .unsignedDefault, interpolation: .nearest,
          caption: "\(captions[channel]): z = \(NumberText.millimetres(place))"))
    }
    var options = ChartOptions()
    options.background = .black
    options.width = 180
    options.title = title
    options.subtitle = subtitle
    options.label = label
    options.colourMap = .unsignedDefault
    return try TileSheet(
      tiles, columns: min(columns, tiles.count), bar: range ?? 0...1,
      foot: volume.channels > 144 ? "\(volume.channels - 144) more in the volume." : nil, options: options)
  }

  /// Rollout above attention × gradient and, where it was asked for, the flow, on the same slices.
  public static func montage(
    rollout: Volume, gradient: Volume, flow: Volume? = nil, over scan: Volume, title: String, subtitle: String
  ) throws(PellucidError) -> Montage {
    var options = MontageOptions()
    options.title = title
    options.subtitle = subtitle
    options.sign = .unsigned
    options.interpolation = .nearest
    return try Montage(
      anatomy: scan,
      comparing: [
        .init(rollout, name: "rollout", label: "rollout"),
        .init(gradient, name: "attention × gradient", label: "attention × gradient"),
      ] + (flow.map { [.init($0, name: "flow", label: "attention flow")] } ?? []), sharedScale: false, options: options)
  }
}
