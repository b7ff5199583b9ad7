public import PellucidFaults
public import PellucidFigures
internal import PellucidTables
public import PellucidVolumes

/// Pictures of what a layer's positions answer to a stimulus.
public enum ResponsePicture {
  /// The channels that answer most, each in the slice where it does: over the scan, or alone.
  public static func sheet(of map: Volume, over scan: Volume?, title: String) throws(PellucidError) -> TileSheet {
    let count = map.shape.count
    let strengths = (0..<map.channels).map { channel in
      map.voxels[(channel * count)..<((channel + 1) * count)].reduce(0.0) { $0 + abs(Double($1)) } / Double(count)
    }
    let shown = Array(ChannelChoice.strongestFirst(strengths).prefix(12))
    let anatomy = try scan.map { (scan) throws(PellucidError) in try MontageAnatomy(scan) }
    let reach = max(1e-30, Double(map.voxels.reduce(0) { max($0, $1.magnitude) }))
    var tiles: [TileSheet.Tile] = []
    for channel in shown {
      var peak = 0
      for cell in 0..<count
      where map.voxels[channel * count + cell].magnitude > map.voxels[channel * count + peak].magnitude { peak = cell }
      let (i, k) = (peak % map.shape.i, peak / (map.shape.i * map.shape.j))
      if let anatomy {
        let place = map.affine.worldPoint(of: VoxelIndex(i: i, j: peak / map.shape.i % map.shape.j, k: k)).z
        tiles.append(
          try .slice(
            of: anatomy, map, channel: channel, range: -reach...reach, .axial, at: place, colourMap: .signedDefault,
            caption: "\(channel): z = \(NumberText.millimetres(place))"))
      } else {
        // The slice D = i: rows H, columns W.
        let values = (0..<map.shape.j).flatMap { j in
          (0..<map.shape.k).map { k in map[VoxelIndex(i: i, j: j, k: k), channel] }
        }
        tiles.append(
          .matrix(
            values, columns: map.shape.k, range: -reach...reach, colourMap: .signedDefault,
            caption: "\(channel): D = \(i)"))
      }
    }
    var options = ChartOptions()
    options.background = .black
    options.title = title
    options.subtitle =
      "the \(shown.count) of \(map.channels) channels that answer most; what a cell answers to the stimulus at its own place"
    options.label = "change of the activation"
    options.colourMap = .signedDefault
    options.width = 180
    return try TileSheet(tiles, columns: min(4, shown.count), bar: -reach...reach, options: options)
  }
}
