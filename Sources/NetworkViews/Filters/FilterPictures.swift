public import PellucidFaults
public import PellucidFigures
internal import PellucidNetworks
internal import PellucidTables
internal import PellucidTensors
public import PellucidVolumes

/// Pictures of a layer's weights.
public enum FilterPictures {
  /// How many outputs a sheet shows at most.
  public static let mostTiles = 60

  /// The weights, each output beside the one that it resembles.
  ///
  /// - Parameters:
  ///   - evidence: what each cell adds to each unit for a scan, drawn over it instead of a map's weights.
  public static func sheet(
    of filters: Filters, evidence: Volume?, over scan: Volume?, title: String
  ) throws(PellucidError) -> TileSheet {
    var options = ChartOptions()
    options.width = 180
    options.title = title
    options.colourMap = .signedDefault
    options.label = "weight"
    let shown = Array(filters.order.prefix(mostTiles))
    let left = filters.outputCount - shown.count
    let rest = left > 0 ? " \(left) more in the volume." : ""
    switch filters.kind {
    case .matrix:
      let columns = filters.layerWeights.weights.count / max(1, filters.outputCount)
      let values = filters.layerWeights.weights.values
      let reach = reach(values)
      let rows = Array(filters.order.prefix(2000))
      let table = rows.flatMap { values[($0 * columns)..<(($0 + 1) * columns)] }
      options.colourMap = pale
      options.subtitle = "\(filters.outputCount) outputs (down, by similarity) × \(columns) inputs"
      return try TileSheet(
        [.matrix(table, columns: columns, range: -reach...reach, colourMap: pale)], columns: 1, bar: -reach...reach,
        isOpaque: true,
        options: options)
    case .kernels:
      let shape = filters.layerWeights.weights.shape
      let kernel = shape.spatial
      let taps = kernel.reduce(1, *)
      let values = filters.layerWeights.weights.values
      let reach = reach(values)
      var tiles: [TileSheet.Tile] = []
      for output in shown {
        let input = strongest(values, output, inputs: shape[1], taps: taps)
        let start = (output * shape[1] + input) * taps
        // The slices along D side by side: rows H, columns W, and a free column between.
        var table: [Float] = []
        for h in 0..<kernel[1] {
          for d in 0..<kernel[0] {
            if d > 0 { table.append(.nan) }
            for w in 0..<kernel[2] { table.append(values[start + (d * kernel[1] + h) * kernel[2] + w]) }
          }
        }
        tiles.append(
          .matrix(
            table, columns: kernel[0] * (kernel[2] + 1) - 1, range: -reach...reach, colourMap: pale,
            caption: (shape[1] > 1 ? "\(output) ← \(input)" : "\(output)")
              + ", norm \(NumberText.significant(filters.norms[output], digits: 2))"))
      }
      options.colourMap = pale
      options.subtitle =
        "\(filters.outputCount) kernels of \(kernel.map(String.init).joined(separator: " × ")) taps, \(shape[1]) input\(shape[1] == 1 ? "" : "s") each, by similarity"
      return try TileSheet(
        tiles, columns: kernel[0] > 4 ? 3 : 5, bar: -reach...reach, isOpaque: true,
        foot: "Slices along D side by side, rows H, columns W"
          + (shape[1] > 1 ? "; of each kernel the input with the largest norm." : ".") + rest, options: options)
    case .map:
      if let evidence, let scan { return try sheet(ofEvidence: evidence, filters, over: scan, options, rest) }
      let shape = filters.volume.shape
      let channels = filters.volume.channels / max(1, filters.outputCount)
      var tiles: [TileSheet.Tile] = []
      var largest = 0.0
      for output in shown {
        var energy = [Double](repeating: 0, count: shape.count)
        for channel in 0..<channels {
          let start = (output * channels + channel) * shape.count
          for cell in 0..<shape.count {
            let weight = Double(filters.volume.voxels[start + cell])
            energy[cell] += weight * weight
          }
        }
        let norms = energy.map { Float($0.squareRoot()) }
        largest = max(largest, Double(norms.max() ?? 0))
        let d = (norms.indices.max { norms[$0] < norms[$1] } ?? 0) % shape.i
        let table = (0..<shape.j).flatMap { h in (0..<shape.k).map { w in norms[d + shape.i * (h + shape.j * w)] } }
        tiles.append(
          .matrix(
            table, columns: shape.k, range: 0...max(Double(norms.max() ?? 0), 1e-30), colourMap: .unsignedDefault,
            caption: "\(output): D = \(d), to \(NumberText.significant(Double(norms.max() ?? 0), digits: 2))"))
      }
      options.background = .black
      options.colourMap = .unsignedDefault
      options.label = "norm over channels, as part of the unit's largest"
      options.subtitle = "\(filters.outputCount) units' weights on the map \(filters.map?.layer.tensor ?? "")"
      return try TileSheet(
        tiles, columns: min(6, shown.count), bar: 0...1,
        foot: "Each unit in the slice across D with its largest weights; rows H, columns W." + rest, options: options)
    }
  }

  private static func sheet(
    ofEvidence evidence: Volume, _ filters: Filters, over scan: Volume, _ base: ChartOptions, _ rest: String
  ) throws(PellucidError) -> TileSheet {
    let anatomy = try MontageAnatomy(scan)
    var options = base
    options.background = .black
    options.label = "part of the unit's largest"
    options.subtitle =
      "what each cell of \(filters.map?.layer.tensor ?? "the map") adds to a unit for this scan: Σ over channels of weight × activation"
    let count = evidence.shape.count
    var tiles: [TileSheet.Tile] = []
    for unit in filters.order.prefix(24) {
      let own = evidence.voxels[(unit * count)..<((unit + 1) * count)]
      let peak = (own.indices.max { own[$0].magnitude < own[$1].magnitude } ?? own.startIndex) - own.startIndex
      let shape = evidence.shape
      let place = evidence.affine.worldPoint(
        of: VoxelIndex(i: peak % shape.i, j: peak / shape.i % shape.j, k: peak / (shape.i * shape.j))
      ).z
      let reach = max(1e-30, Double(own.reduce(0) { max($0, $1.magnitude) }))
      tiles.append(
        try .slice(
          of: anatomy, evidence, channel: unit, range: -reach...reach, .axial, at: place, colourMap: .signedDefault,
          caption: "\(unit): z = \(NumberText.millimetres(place)), to \(NumberText.significant(reach, digits: 2))"))
    }
    return try TileSheet(
      tiles, columns: min(4, tiles.count), bar: -1...1, foot: rest.isEmpty ? nil : rest, options: options)
  }

  /// How the weights are spread.
  public static func histogram(of filters: Filters, title: String) throws(PellucidError) -> LineChart {
    let values = filters.layerWeights.weights.values
    let reach = max(1e-30, Double(values.reduce(0) { max($0, $1.magnitude) }))
    let bins = 61
    var counts = [Double](repeating: 0, count: bins)
    for value in values {
      let place: Double = (Double(value) / reach + 1) / 2
      counts[min(bins - 1, Int(place * Double(bins)))] += 1
    }
    let x = (0..<bins).map { bin -> Double in
      let place: Double = (Double(bin) + 0.5) / Double(bins)
      return (place * 2 - 1) * reach
    }
    var options = ChartOptions()
    options.title = title
    options.label = "part of the weights"
    return try LineChart(
      [.init(title: "", lines: [.init(name: "weights", x: x, y: counts.map { $0 / Double(values.count) })])],
      axis: "weight", options: options)
  }

  private static let pale = (try? ColourMap.named("RdBu").reversed) ?? .signedDefault

  private static func reach(_ values: [Float]) -> Double {
    max(1e-30, Double(values.reduce(0) { max($0, $1.magnitude) }))
  }

  /// The input of an output's kernel with the largest norm.
  private static func strongest(_ values: [Float], _ output: Int, inputs: Int, taps: Int) -> Int {
    func norm(_ input: Int) -> Float {
      let start = (output * inputs + input) * taps
      return values[start..<(start + taps)].reduce(0) { $0 + $1 * $1 }
    }
    return (0..<inputs).max { (norm($0), $1) < (norm($1), $0) } ?? 0
  }
}
