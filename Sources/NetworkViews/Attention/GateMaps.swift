public import PellucidExplaining
public import PellucidFaults
public import PellucidFigures
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidTables
internal import PellucidTensors
public import PellucidVolumes

/// What a gate lets pass, or a pooling weighs, for a scan.
public struct GateMap: Sendable {
  /// The gate.
  public let step: AttentionStep
  /// Its weights, row by row.
  public let weights: [Float]
  /// Its channels on its own grid; nil: it weighs no places.
  public let volume: Volume?
  /// Where a pooling's weights lie along the one axis that they differ along: voxel of the input, mm on the world's axis (0…2: x, y, z).
  public let line: (axis: Int, voxels: [Double], millimetres: [Double], worldAxis: Int)?
  private let tokens: TokenGrid?

  /// The weights for a scan.
  public init(of step: AttentionStep, in subject: Explainer.Case) throws(PellucidError) {
    let world = subject.inputWorld
    let layer = try LayerChoice(step.tensor, in: subject.network)
    let tensor = try subject.activation(of: layer)
    self.step = step
    weights = tensor.ordered(.rowMajor).values
    let own = LayerGrid(of: step.value, in: subject.network, world: world)
    let places = step.places.first ?? []
    let placed = places.compactMap { $0 }
    tokens = step.kind == .pooling && placed.count == places.count ? TokenGrid(pooling: places, world: world) : nil
    if let tokens {
      volume = tokens.volume([weights])
      let differing = (0..<3).filter { axis in placed.contains { abs($0[axis] - placed[0][axis]) > 1 / 16 } }
      if differing.count == 1 {
        let axis = differing[0]
        let points = placed.map { world.affine.worldPoint(i: $0[0], j: $0[1], k: $0[2]) }.map { [$0.x, $0.y, $0.z] }
        let worldAxis = (0..<3).max { abs(world.affine[$0, axis]) < abs(world.affine[$1, axis]) } ?? 0
        line = (axis, placed.map { $0[axis] }, points.map { $0[worldAxis] }, worldAxis)
      } else {
        line = nil
      }
    } else {
      volume = own.flatMap { $0.shape.count > 1 ? $0.volume(of: tensor, space: subject.anatomy.space.onItsOwn) : nil }
      line = nil
    }
  }

  /// A pooling's weights on the scan's grid, every voxel with its nearest token's; nil of gates.
  public func onScan(_ subject: Explainer.Case) -> Volume? {
    let path = subject.prepared.path
    return tokens.map {
      path.back($0.onInput(weights, extents: path.tensorExtents), interpolation: .nearest, extensive: false)
    }
  }

  /// A row a weight of a pooling, or a channel of a gate.
  public var table: Table {
    if let line {
      return Table([
        .whole("slice", Array(weights.indices)), .number("voxel", line.voxels),
        .number(["x_mm", "y_mm", "z_mm"][line.worldAxis], line.millimetres),
        .number("weight", weights.map { Double($0) }),
      ])
    }
    let channels = volume?.channels ?? weights.count
    let size = volume?.shape.count ?? 1
    let values = volume?.voxels ?? weights
    let parts = (0..<channels).map { values[($0 * size)..<(($0 + 1) * size)] }
    return Table([
      .whole("channel", Array(0..<channels)),
      .number("mean", parts.map { $0.reduce(0.0) { $0 + Double($1) } / Double(size) }),
      .number("min", parts.map { Double($0.min() ?? 0) }), .number("max", parts.map { Double($0.max() ?? 0) }),
    ])
  }

  /// The weights of slices as a curve, of places as slices over the scan, of channels as bars.
  public func figure(over scan: Volume, title: String) throws(PellucidError) -> any Figure {
    var options = ChartOptions()
    options.title = title
    if let line {
      options.subtitle = "one weight a slice"
      options.label = "attention"
      let axis = ["x", "y", "z"][line.worldAxis]
      let order = line.millimetres.indices.sorted { line.millimetres[$0] < line.millimetres[$1] }
      return try LineChart(
        [
          .init(
            title: "",
            lines: [
              .init(
                name: "attention", x: order.map { line.millimetres[$0] }, y: order.map { Double(weights[$0]) })
            ])
        ], axis: "\(axis) (mm)", options: options)
    }
    if let volume {
      return try AttentionPictures.sheet(
        of: volume, captions: (0..<volume.channels).map { "channel \($0)" }, over: scan, title: title,
        subtitle: "what passes at each place, \(volume.channels) channel\(volume.channels == 1 ? "" : "s")",
        label: "weight", range: 0...max(1e-30, Double(volume.voxels.max() ?? 1)))
    }
    options.subtitle = "what passes of each channel"
    options.label = "weight"
    let bars = weights.enumerated().map { BarChart.Bar(name: "channel \($0)", value: Double($1)) }
    return try BarChart(BarChart.top(40, of: bars), options: options)
  }
}
