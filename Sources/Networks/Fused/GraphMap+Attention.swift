internal import PellucidTensors

extension GraphMap {
  /// The attention whose weights a step makes: two matrix products with a softmax between them, what is added to the scores, and the reshapes,
  /// transposes and cuts by which a layer's output became queries, keys and values.
  func attention(around place: Int) -> Fusion? {
    let node = graph.nodes[place]
    guard let softmax = node.operation as? Softmax, !softmax.logarithmic else { return nil }
    let rank = shape(node.output).rank
    guard rank >= 3, softmax.axes(shape(node.output)) == [rank - 1], let scores = scores(node.inputs[0]),
      let weighted = product(ofWeights: node.output)
    else { return nil }
    let (queries, keys) = (view(scores.product.inputs[0]), view(scores.product.inputs[1]))
    let values = view(weighted.step.inputs[1])
    let (q, v) = (queries.memory, weighted.transposes ? values.memory.transposed : values.memory)
    let k = scores.transposes ? keys.memory : keys.memory.transposed
    guard values.factor == 1, q.extents.dropLast(2) == k.extents.dropLast(2),
      weighted.lead == Array(v.extents.dropLast(2)),
      q.extents.dropLast(2).reduce(1, *) == weighted.lead.reduce(1, *)
    else { return nil }
    let views = [queries, keys, values]
    let sources = views.map(\.source).reduce(into: [ValueID]()) { if !$0.contains($1) { $0.append($1) } }
    let operands = zip(views, [q, k, v]).map { view, memory in
      FusedAttention.Operand(
        input: sources.firstIndex(of: view.source) ?? 0, places: memory.matrixPlaces.map(Int64.init),
        row: memory.strides[memory.strides.count - 2], column: memory.strides[memory.strides.count - 1])
    }
    let output = placed(weighted.step.output)
    guard output.memory.strides.last == 1,
      let operation = FusedAttention(
        operands: operands, biases: scores.biases, queries: q.rows, keys: k.rows, width: q.columns,
        valueWidth: v.columns, scale: scores.scale * queries.factor * keys.factor, inputs: sources.map(shape),
        output: shape(output.value), outputPlaces: output.memory.matrixPlaces.map(Int64.init),
        outputRow: output.memory.strides[output.memory.strides.count - 2])
    else { return nil }
    var inner = Set(scores.inner).union(weighted.inner).union(views.flatMap(\.passed))
    inner.formUnion([node.output, weighted.step.output])
    inner.remove(output.value)
    return Fusion(
      node: Node(
        name: node.name, type: node.type, operation: operation, inputs: sources, output: output.value),
      inner: inner)
  }

  /// Whether a product of two activations' matrices takes the right-hand ones transposed; nil where a step is none.
  private static func product(_ node: Node) -> Bool? {
    switch node.operation {
    case let step as MatMul: step.constant == nil ? false : nil
    case let step as Einsum: step.transposesRight
    default: nil
    }
  }

  // MARK: before the softmax

  private struct Scores {
    /// The product of queries and keys.
    var product: Node
    /// Whether it takes the keys as they are, one a row.
    var transposes: Bool
    var scale: Float
    var biases: [FusedAttention.Bias]
    /// What lies between it and the softmax.
    var inner: [ValueID]
  }

  /// What a softmax's input is made of; nil where it is no product that is scaled and added to.
  private func scores(_ last: ValueID) -> Scores? {
    var value = last
    var (scale, biases, inner) = (Float(1), [FusedAttention.Bias](), [ValueID]())
    while let node = maker(value), soleReader(value) != nil {
      inner.append(value)
      if let transposes = Self.product(node), node.inputs[0] != node.inputs[1] {
        return Scores(product: node, transposes: transposes, scale: scale, biases: biases, inner: inner)
      }
      let before = shape(node.inputs[0])
      switch node.operation {
      case is Reshape:
        guard before.rank >= 2, before.dimensions.suffix(2) == shape(value).dimensions.suffix(2) else { return nil }
      case let step as Binary:
        guard let (constant, isLeft) = step.constant, before == shape(value) else { return nil }
        if let factor = step.factor {
          scale *= factor
        } else {
          // What is scaled with the product would have to be scaled too.
          guard scale == 1, step.isSum, !isLeft || step.combination.isCommutative, biases.count < 2,
            let bias = bias(step.combination.isCommutative ? constant : constant.scaled(by: -1), on: before)
          else { return nil }
          biases.append(bias)
        }
      default: return nil
      }
      value = node.inputs[0]
    }
    return nil
  }

  /// A constant's matrices for each group of scores; those that add nothing are left out.
  private func bias(_ constant: Tensor, on scores: Shape) -> FusedAttention.Bias? {
    let constant = constant.ordered(.rowMajor)
    let missing = scores.rank - constant.shape.rank
    guard missing >= 0, constant.shape.rank >= 1, constant.shape.dimensions.last == scores.dimensions.last else {
      return nil
    }
    let own = Array(repeating: 1, count: missing) + constant.shape.dimensions
    var memory = MemoryView(Shape(own))
    for axis in own.indices where own[axis] == 1 && scores[axis] != 1 { memory.strides[axis] = 0 }
    let rows = own[own.count - 2]
    memory.extents = scores.dimensions
    var isEmpty: [Int: Bool] = [:]
    let size = Shape([rows, own[own.count - 1]])
    let places = memory.matrixPlaces.map { place in
      let known = isEmpty[place] ?? (constant.part(from: place, as: size).largestMagnitude == 0)
      isEmpty[place] = known
      return known ? Int64(-1) : Int64(place)
    }
    return FusedAttention.Bias(tensor: constant, places: places, row: memory.strides[own.count - 2])
  }

  // MARK: behind the softmax

  /// The product of weights and values, and the leading axes of the weights as it reads them.
  private func product(ofWeights weights: ValueID) -> (step: Node, transposes: Bool, lead: [Int], inner: [ValueID])? {
    var value = weights
    var inner: [ValueID] = []
    while let node = soleReader(value) {
      inner.append(value)
      if let transposes = Self.product(node) {
        guard node.inputs[0] == value, node.inputs[1] != value else { return nil }
        return (node, transposes, Array(shape(value).dimensions.dropLast(2)), inner)
      }
      let after = shape(node.output)
      guard node.operation is Reshape, after.rank >= 2,
        after.dimensions.suffix(2) == shape(value).dimensions.suffix(2)
      else { return nil }
      value = node.output
    }
    return nil
  }

  /// Where the matrices of a product lie in the value that a transpose makes of it, if only that reads it; else in itself.
  private func placed(_ product: ValueID) -> (value: ValueID, memory: MemoryView) {
    guard let next = soleReader(product), let transpose = next.operation as? Transpose else {
      return (product, MemoryView(shape(product)))
    }
    let after = MemoryView(shape(next.output))
    let back = transpose.axes.indices.map { axis in transpose.axes.firstIndex(of: axis) ?? 0 }
    let memory = after.permuted(back)
    return memory.strides.last == 1 ? (next.output, memory) : (product, MemoryView(shape(product)))
  }

  // MARK: operands

  private struct View {
    var source: ValueID
    var memory: MemoryView
    /// What it was multiplied by on the way.
    var factor: Float = 1
    /// The values between the source and what was asked for, that one included.
    var passed: [ValueID] = []
  }

  /// A value as others' values read in another order.
  private func view(_ value: ValueID) -> View {
    var steps: [Node] = []
    var source = value
    while steps.count < Self.mostViews, let node = maker(source), Self.views(node) {
      steps.append(node)
      source = node.inputs[0]
    }
    var view = View(source: source, memory: MemoryView(shape(source)))
    for node in steps.reversed() {
      let memory: MemoryView?
      switch node.operation {
      case let step as Transpose: memory = view.memory.permuted(step.axes)
      case is Reshape: memory = view.memory.reshaped(to: shape(node.output))
      case let step as Slice: memory = view.memory.cut(step.cuts, dropping: step.droppedAxis)
      case let step as Gather: memory = step.place.map { view.memory.cut([$0], dropping: $0.axis) }
      case let step as Binary:
        memory = shape(node.inputs[0]) == shape(node.output) ? view.memory : nil
        view.factor *= step.factor ?? 1
      default: memory = nil
      }
      if let memory {
        view.memory = memory
        view.passed.append(node.output)
      } else {
        // It is made as it is: what lies before needs no looking through.
        view = View(source: node.output, memory: MemoryView(shape(node.output)))
      }
    }
    return view
  }

  /// More steps than lie between a layer and its heads.
  private static let mostViews = 16

  private static func views(_ node: Node) -> Bool {
    node.operation is Transpose || node.operation is Reshape || node.operation is Slice || node.operation is Gather
      || (node.operation as? Binary)?.factor != nil
  }
}

extension MemoryView {
  fileprivate var rows: Int { extents[extents.count - 2] }
  fileprivate var columns: Int { extents[extents.count - 1] }

  /// Each matrix of the last two axes transposed.
  fileprivate var transposed: MemoryView {
    permuted(Array(0..<(extents.count - 2)) + [extents.count - 1, extents.count - 2])
  }
}
