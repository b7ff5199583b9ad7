public import PellucidFaults
public import PellucidFigures
internal import PellucidTables
public import PellucidVolumes

/// Pictures of a layer's channels over a scan.
public struct FeaturePictures: Sendable {
  private let anatomy: MontageAnatomy
  private let scan: Volume

  /// Pictures over a scan.
  public init(over scan: Volume) throws(PellucidError) {
    self.scan = scan
    anatomy = try MontageAnatomy(scan)
  }

  /// How many channels the sheet shows at most.
  public static let mostTiles = 48

  /// A sheet of the chosen channels, each in the axial slice where it is strongest and with colours of its own reach.
  public func sheet(of features: FeatureMaps, title: String, subtitle: String) throws(PellucidError) -> TileSheet {
    let shown = Array(features.chosen.prefix(Self.mostTiles))
    let isSigned = shown.contains { channel in
      let own = features.channels[channel]
      return own.low < 0 && -own.low > 0.01 * own.high
    }
    var tiles: [TileSheet.Tile] = []
    for channel in shown {
      let own = features.channels[channel]
      let reach = Double(max(abs(own.low), abs(own.high)))
      let place = features.grid.affine.worldPoint(of: own.peak).z
      let caption =
        reach == 0
        ? "\(channel): 0 everywhere"
        : "\(channel): z = \(NumberText.millimetres(place)), to \(NumberText.significant(reach, digits: 3))"
      tiles.append(
        try .slice(
          of: anatomy, reach == 0 ? nil : features.grid.volume(of: features.tensor, channels: [channel]),
          range: isSigned ? -max(reach, 1e-30)...max(reach, 1e-30) : 0...max(reach, 1e-30), .axial, at: place,
          caption: caption))
    }
    var options = ChartOptions()
    options.background = .black
    options.width = 180
    options.title = title
    options.subtitle = subtitle
    options.label = "activation, as part of the channel's largest"
    options.colourMap = isSigned ? .signedDefault : .unsignedDefault
    let left = features.chosen.count - shown.count
    let cells = features.grid.affine.voxelSizes.map { NumberText.significant($0, digits: 3) }.joined(separator: " × ")
    let foot =
      "Each channel in the axial slice through its largest magnitude; cells of \(cells) mm, at the centre of what they see; left is left."
      + (left > 0 ? " \(left) more in the volume." : "")
    return try TileSheet(
      tiles, columns: shown.count <= 4 ? shown.count : shown.count <= 12 ? 4 : 6, bar: isSigned ? -1...1 : 0...1,
      foot: foot, options: options)
  }

  /// Three slices a plane with every channel in its hue.
  public func sheet(of separation: ChannelSeparation, title: String, subtitle: String) throws(PellucidError)
    -> TileSheet
  {
    var tiles: [TileSheet.Tile] = []
    for plane in [SlicePlane.axial, .coronal, .sagittal] {
      for place in positions(plane, separation.volume) {
        tiles.append(
          try .slice(
            of: anatomy, colours: separation.volume, plane, at: place,
            caption: "\(["x", "y", "z"][plane.normal]) = \(NumberText.millimetres(place))"))
      }
    }
    var options = ChartOptions()
    options.background = .black
    options.width = 180
    options.title = title
    options.subtitle = subtitle
    let keys = separation.channels.enumerated().map { place, channel in
      let weight = separation.weights.map { ", weight \(NumberText.significant($0[place], digits: 2))" } ?? ""
      return TileSheet.Key(name: "channel \(channel)\(weight)", colour: separation.colours[place])
    }
    return try TileSheet(
      tiles, columns: 3, keys: keys,
      foot: separation.weights == nil
        ? "Hue: which channels are active; brightness: how much the strongest is, as part of its own largest."
        : "Hue: which channels make up Grad-CAM's map; brightness: the map.", options: options)
  }

  /// Where a plane cuts colours at a quarter, the middle and three quarters of their brightness.
  private func positions(_ plane: SlicePlane, _ colours: Volume) -> [Double] {
    let (shape, affine) = (colours.shape, colours.affine)
    var sums: [Double: Double] = [:]
    let axis = plane.normal
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let at = i + shape.i * (j + shape.j * k)
          let bright = max(
            colours.voxels[at], colours.voxels[at + shape.count], colours.voxels[at + 2 * shape.count])
          guard bright > 0.1 else { continue }
          let place = affine[axis, 0] * Double(i) + affine[axis, 1] * Double(j) + affine[axis, 2] * Double(k)
          sums[(place + affine[axis, 3]).rounded(), default: 0] += Double(bright)
        }
      }
    }
    let places = sums.sorted { $0.key < $1.key }
    let total = places.reduce(0) { $0 + $1.value }
    guard total > 0 else {
      return [affine.worldPoint(of: VoxelIndex(i: shape.i / 2, j: shape.j / 2, k: shape.k / 2))].map {
        [$0.x, $0.y, $0.z][axis]
      }
    }
    return [0.25, 0.5, 0.75].map { part in
      var sum = 0.0
      return places.first { place in
        sum += place.value
        return sum >= part * total
      }?.key ?? places[0].key
    }
  }
}
