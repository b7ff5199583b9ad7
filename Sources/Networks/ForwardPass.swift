internal import PellucidFaults
internal import PellucidTensors

/// Runs a graph on a batch of images, keeping only the values that somebody will ask for.
struct ForwardPass {
  private let graph: Graph
  private let readers: [Int]
  private let stages: [Int: SlabStage]?
  private let noting: [Int: SlabStage.Noting]

  /// - Parameters:
  ///   - stages: what to run slab by slab; nil: whatever can be.
  ///   - noting: where stages note the voxels that their pool takes, by place.
  init(_ graph: Graph, stages: [Int: SlabStage]? = nil, noting: [Int: SlabStage.Noting] = [:]) {
    self.stages = stages
    self.noting = noting
    self.graph = graph
    readers = graph.readers()
  }

  /// - Parameters:
  ///   - input: images [N, C, D, H, W].
  ///   - keeping: values to keep.
  ///   - observe: called with each step's output.
  /// - Returns: the last value as [N, K], row-major; and the kept ones, by value.
  func run(
    _ input: Tensor, keeping: Set<ValueID> = [], observe: ((Node, Tensor) throws(PellucidError) -> Void)? = nil
  ) throws(PellucidError) -> (output: Tensor, kept: [Tensor?]) {
    PassCount.add(forward: input.shape.firstExtent)
    var kept = try values(input, keeping: keeping, observe: observe)
    guard let output = kept[graph.output.index] else { preconditionFailure("a graph that does not make its output") }
    if !keeping.contains(graph.output) { kept[graph.output.index] = nil }
    let batch = input.shape[0]
    let rows = Shape([batch, output.count / max(1, batch)])
    return (output.ordered(.rowMajor).reinterpreted(as: rows, order: .rowMajor), kept)
  }

  /// The output and the values to keep, in their own shapes, by value.
  func values(
    _ input: Tensor, keeping: Set<ValueID> = [], observe: ((Node, Tensor) throws(PellucidError) -> Void)? = nil
  ) throws(PellucidError) -> [Tensor?] {
    var values: [Tensor?] = Array(repeating: nil, count: graph.values.count)
    var waiting = readers
    values[graph.input.index] = input
    let stages = observe == nil ? self.stages ?? SlabStage.stages(of: graph, whole: keeping, backward: false) : [:]
    var magnitudes = Magnitudes(graph)
    let images = input.shape.firstExtent
    var place = 0
    while place < graph.nodes.count {
      let node = graph.nodes[place]
      if let stage = stages[place], let input = values[stage.input.index] {
        let fuses = stage.rectifies.map { magnitudes.isSafe($0, on: input, stage.input) } ?? false
        waiting[stage.input.index] -= 1
        if waiting[stage.input.index] == 0, !keeping.contains(stage.input) { values[stage.input.index] = nil }
        try Engine.requireRoom(for: [graph.shape(of: stage.output)], images: images, at: node)
        values[stage.output.index] = try stage.forward(input, fusing: fuses, noting: noting[place])
        place = stage.places.upperBound + 1
        continue
      }
      var fused = observe == nil ? rectifier(after: place, keeping) : nil
      if let layer = node.operation as? any Rectifying, let input = values[node.inputs[0].index], fused != nil,
        !magnitudes.isSafe(layer, on: input, node.inputs[0])
      {
        fused = nil
      }
      let last = fused ?? node
      magnitudes.note(node, as: last.output)
      let inputs = node.inputs.compactMap { values[$0.index] }
      for input in node.inputs {
        waiting[input.index] -= 1
        if waiting[input.index] == 0, !keeping.contains(input) { values[input.index] = nil }
      }
      do {
        try Engine.requireRoom(for: [graph.shape(of: last.output)], images: images, at: node)
        let result = try Self.run(node.operation, on: inputs, rectified: fused != nil)
        try observe?(node, result)
        values[last.output.index] = result
      } catch {
        var placed = error
        placed.place.part =
          placed.place.part.map { $0.hasPrefix("node") ? $0 : "node \(node.name), \($0)" } ?? "node \(node.name)"
        throw placed
      }
      place += fused == nil ? 1 : 2
    }
    return values
  }

  /// The ReLU that can be applied while a convolution or normalization writes its output: the next node, if nobody else wants that output.
  func rectifier(after place: Int, _ keeping: Set<ValueID>) -> Node? {
    let node = graph.nodes[place]
    guard node.operation is any Rectifying, place + 1 < graph.nodes.count else { return nil }
    let next = graph.nodes[place + 1]
    guard next.operation is Relu, next.inputs == [node.output], readers[node.output.index] == 1,
      !keeping.contains(node.output)
    else { return nil }
    return next
  }

  /// One operator's output, with max(0, ·) applied on the way out if `rectified`.
  static func run(_ operation: any Operator, on inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor {
    guard rectified, let layer = operation as? any Rectifying else { return try operation.forward(inputs) }
    return try layer.forward(inputs, rectified: true)
  }
}
