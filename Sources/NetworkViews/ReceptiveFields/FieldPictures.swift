public import PellucidFaults
public import PellucidFigures
internal import PellucidTables
public import PellucidVolumes

/// Pictures of a unit's field.
public enum FieldPictures {
  /// Three slices through the field's centre: over the scan, or alone.
  ///
  /// - Parameters:
  ///   - field: F on the input's grid.
  ///   - box: the part of the input that is shown where there is no scan, along its axes.
  ///   - centre: what the slices go through, in voxels of that grid.
  public static func sheet(
    of field: Volume, box: [ClosedRange<Int>], centre: [Double], over scan: Volume?, title: String, subtitle: String
  ) throws(PellucidError) -> TileSheet {
    let largest = Double(field.voxels.max() ?? 1)
    var options = ChartOptions()
    options.background = .black
    options.title = title
    options.subtitle = subtitle
    options.label = "mean |gradient|, as part of the largest"
    options.colourMap = .unsignedDefault
    var tiles: [TileSheet.Tile] = []
    if let scan {
      let anatomy = try MontageAnatomy(scan)
      let point = field.affine.worldPoint(i: centre[0], j: centre[1], k: centre[2])
      for plane in [SlicePlane.axial, .coronal, .sagittal] {
        let place = [point.x, point.y, point.z][plane.normal]
        tiles.append(
          try .slice(
            of: anatomy, field, range: 0...largest, plane, at: place,
            caption: "\(["x", "y", "z"][plane.normal]) = \(NumberText.millimetres(place))"))
      }
    } else {
      let extents = field.shape.extents
      let middle = (0..<3).map { min(max(0, Int(centre[$0].rounded())), extents[$0] - 1) }
      for axis in 0..<3 {
        let others = [0, 1, 2].filter { $0 != axis }
        let (rows, columns) = (box[others[0]], box[others[1]])
        var values: [Float] = []
        for row in rows {
          for column in columns {
            var at = [0, 0, 0]
            (at[axis], at[others[0]], at[others[1]]) = (middle[axis], row, column)
            values.append(field[VoxelIndex(i: at[0], j: at[1], k: at[2])])
          }
        }
        tiles.append(
          .matrix(
            values, columns: columns.count, range: 0...largest, colourMap: .unsignedDefault,
            caption: "\(["D", "H", "W"][axis]) = \(middle[axis])"))
      }
    }
    return try TileSheet(tiles, columns: 3, bar: 0...1, options: options)
  }

  /// The box of the input that holds the theoretical and the measured field and two voxels around them.
  public static func window(_ a: [ClosedRange<Int>], _ b: [ClosedRange<Int>], extents: [Int]) -> [ClosedRange<Int>] {
    (0..<3).map { axis in
      max(
        0, min(a[axis].lowerBound, b[axis].lowerBound) - 2)...min(
          extents[axis] - 1, max(a[axis].upperBound, b[axis].upperBound) + 2)
    }
  }
}
