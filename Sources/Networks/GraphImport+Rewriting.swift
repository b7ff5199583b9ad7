internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Nodes that the import replaces by others: choices that are settled at load, lists of tensors, and forms that are put together from
// plainer operators.
extension GraphImport {
  /// What the import itself replaces, besides what follows from constants.
  static let rewritten: Set<String> = [
    "Identity", "Dropout", "Cast", "CastLike", "Split", "If", "SplitToSequence", "SequenceConstruct", "SequenceAt",
    "SequenceLength", "SequenceEmpty", "SequenceInsert", "ConcatFromSequence", "Trilu", "DepthToSpace", "SpaceToDepth",
    "LSTM", "GRU", "RNN", "DequantizeLinear", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul",
    "ReduceL1", "ReduceLogSum", "ReduceLogSumExp", "LpNormalization", "Attention", "RotaryEmbedding", "AffineGrid",
    "Mean",
  ]

  /// Replaces a node by others; false where it stays as it is.
  mutating func rewrite(_ node: OnnxNode) throws(PellucidError) -> Bool {
    let context = context(node)
    let dependsOnImage = context.operands.contains { if case .dynamic = $0 { true } else { false } }
    switch node.operation {
    case "If": try addBranch(context)
    case "SequenceConstruct", "SequenceEmpty", "SequenceInsert", "SplitToSequence", "SequenceAt", "SequenceLength",
      "ConcatFromSequence":
      try addSequence(context)
    case "Split" where dependsOnImage: try addSplit(context)
    case "Sum" where node.inputs.count != 2, "Max" where node.inputs.count != 2, "Min" where node.inputs.count != 2:
      guard dependsOnImage else { return false }
      try addChain(context)
    case "Mean": try addMean(context)
    case "LSTM", "GRU", "RNN": try addRecurrence(context)
    case "Gather" where dependsOnImage: return try addPick(context)
    case "Gemm": return try addGemm(context)
    case "MatMul": return try addVectorProduct(context)
    case "Trilu" where dependsOnImage: try addTriangle(context)
    case "DepthToSpace", "SpaceToDepth": try addBlocks(context)
    case "ReduceL1", "ReduceLogSum", "ReduceLogSumExp", "LpNormalization":
      try addNorm(context)
    case "Attention": try addAttention(context)
    case "RotaryEmbedding": try addRotation(context)
    case "AffineGrid": try addAffineGrid(context)
    case "TopK" where dependsOnImage:
      try refuseChoice(context)
      return false
    default: return try rewriteQuantized(context)
    }
    return true
  }

  /// Adds a step that stands for a part of `node`.
  mutating func add(
    _ operation: String, _ inputs: [String], as output: String, for node: OnnxNode,
    _ attributes: [String: OnnxAttribute] = [:]
  ) throws(PellucidError) {
    try add(
      OnnxNode(
        name: output == node.outputs.first ? node.name : output, operation: operation, inputs: inputs,
        outputs: [output], attributes: attributes))
  }

  /// A name for a constant or a tensor between the steps that replace `node`.
  func part(_ what: String, of node: OnnxNode) -> String { "\(node.name), \(what)" }

  mutating func constant(_ tensor: OnnxTensor, _ what: String, of node: OnnxNode) -> String {
    let name = part(what, of: node)
    bindings[name] = .constant(tensor)
    return name
  }

  // MARK: choices

  /// An If whose condition follows from constants and shapes: the nodes of the branch that is taken.
  private mutating func addBranch(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    let condition = try context.required(0, "condition")
    let holds = condition.asFloats.first.map { $0 != 0 } ?? false
    guard let branch = try node.graph(holds ? "then_branch" : "else_branch"), branch.outputs.count == node.outputs.count
    else { throw .malformed(node, "its branches do not make what it makes") }
    for (name, tensor) in branch.initializers { bindings[name] = .constant(tensor) }
    let taken = Self.liveNodes(branch, leadingTo: branch.outputs.map(\.name))
    try refuseUnsupported(taken)
    for inner in taken { try add(inner) }
    for (inner, outer) in zip(branch.outputs, node.outputs) { pass(inner.name, as: outer) }
  }

  // MARK: lists of tensors

  private func sequence(_ context: OperatorContext) throws(PellucidError) -> [String] {
    guard let name = context.node.inputs.first, case .sequence(let parts)? = bindings[name] else {
      throw .malformed(context.node, "its list of tensors is missing")
    }
    return parts
  }

  private mutating func addSequence(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let output = node.outputs.first else { throw .malformed(node, "it has no output") }
    switch node.operation {
    case "SequenceEmpty": bindings[output] = .sequence([])
    case "SequenceConstruct": bindings[output] = .sequence(node.inputs)
    case "SequenceInsert":
      var parts = try sequence(context)
      guard node.inputs.count > 1 else { throw .malformed(node, "there is nothing to insert") }
      let place = try context.integers(input: 2, attribute: "position")?.first ?? parts.count
      guard (-parts.count...parts.count).contains(place) else { throw .malformed(node, "place \(place)") }
      parts.insert(node.inputs[1], at: place < 0 ? place + parts.count : place)
      try allowance.take(parts.count, by: node)
      bindings[output] = .sequence(parts)
    case "SplitToSequence": try addSplitToSequence(context, output)
    case "SequenceLength": bindings[output] = .constant(.integers([Int64(try sequence(context).count)], []))
    case "SequenceAt":
      let parts = try sequence(context)
      let place = try context.integers(input: 1, attribute: "position")?.first ?? 0
      guard (-parts.count..<parts.count).contains(place) else {
        throw .malformed(node, "entry \(place) of a list of \(parts.count)")
      }
      pass(parts[place < 0 ? place + parts.count : place], as: output, node: node)
    default:
      let parts = try sequence(context)
      let axis = try node.int("axis", default: 0)
      var joined = parts
      if try node.flag("new_axis", default: false) {
        joined = []
        for (place, name) in parts.enumerated() {
          let axes = constant(.integers([Int64(axis)], [1]), "axis \(place)", of: node)
          joined.append(part("\(place)", of: node))
          try add("Unsqueeze", [name, axes], as: joined[place], for: node, ["axes": .ints([axis])])
        }
      }
      try add("Concat", joined, as: output, for: node, ["axis": .int(axis)])
    }
  }

  private mutating func addSplitToSequence(_ context: OperatorContext, _ output: String) throws(PellucidError) {
    let node = context.node
    let shape = try context.shape()
    let axis = try context.axis(node.int("axis", default: 0), rank: shape.rank)
    let given = try context.constant(1, "parts")
    var sizes: [Int64] = []
    if let given, given.dimensions.count == 1 {
      sizes = given.integers ?? []
    } else {
      let size = given?.integers?.first ?? 1
      guard size > 0 else { throw .malformed(node, "parts of \(size)") }
      guard Int64(shape[axis]) / size < 1 << 16 else {
        throw .malformed(node, "parts of \(size) of an axis of \(shape[axis])")
      }
      var rest = Int64(shape[axis])
      while rest > 0 {
        sizes.append(min(size, rest))
        rest -= size
      }
    }
    // The standard says that keepdims is for parts of 1 without a list of sizes; PyTorch writes it beside the size 1, and means it.
    let keeps = try node.flag("keepdims", default: true) || sizes.contains { $0 != 1 }
    let names = sizes.indices.map { part("\($0)", of: node) }
    let split = OnnxNode(
      name: part("split", of: node), operation: "Split",
      inputs: [node.inputs[0], constant(.integers(sizes, [sizes.count]), "sizes", of: node)], outputs: names,
      attributes: ["axis": .int(axis), "split": .ints(sizes.map(Int.init))])
    try add(split)
    guard !keeps else {
      bindings[output] = .sequence(names)
      return
    }
    let axes = constant(.integers([Int64(axis)], [1]), "axis", of: node)
    for name in names {
      try add("Squeeze", [name, axes], as: name + ", squeezed", for: node, ["axes": .ints([axis])])
    }
    bindings[output] = .sequence(names.map { $0 + ", squeezed" })
  }

  /// A Split becomes one Slice a part.
  private mutating func addSplit(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard case .value(let input)? = node.inputs.first.flatMap({ bindings[$0] }) else {
      throw .malformed(node, "it has no input")
    }
    let shape = try context.shape()
    let axis = try context.axis(node.int("axis", default: 0), rank: shape.rank)
    let parts = try ConstantFolding.splitSizes(context, extent: shape[axis])
    var start = 0
    for (name, count) in zip(node.outputs, parts) {
      let slice = Slice([Slice.Cut(axis: axis, start: start, step: 1, count: count)], dropping: nil)
      if !name.isEmpty { try append(node, slice, [input], output: name) }
      start += count
    }
  }

  // MARK: arithmetic

  /// Sum, Max or Min of one, three or more operands: two at a time.
  private mutating func addChain(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard var left = node.inputs.first, let output = node.outputs.first else {
      throw .malformed(node, "it has no operands")
    }
    guard node.inputs.count > 1 else { return pass(left, as: output, node: node) }
    for (place, right) in node.inputs.enumerated().dropFirst() {
      let name = place == node.inputs.count - 1 ? output : part("the first \(place + 1)", of: node)
      try add(node.operation, [left, right], as: name, for: node)
      left = name
    }
  }

  /// The mean of its operands, as an ensemble in one file has it: their sum, divided.
  private mutating func addMean(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let output = node.outputs.first else { throw .malformed(node, "it has no output") }
    let sum = part("sum", of: node)
    let count = constant(.floats([Float(node.inputs.count)], []), "count", of: node)
    try add("Sum", node.inputs, as: sum, for: node)
    try add("Div", [sum, count], as: output, for: node)
  }

  /// A Gemm that is more than a dense layer: a product of what its attributes make of its operands.
  private mutating func addGemm(_ context: OperatorContext) throws(PellucidError) -> Bool {
    let node = context.node
    guard node.inputs.count >= 2, let output = node.outputs.first else { throw .malformed(node, "it lacks operands") }
    let transposes = try (node.flag("transA", default: false), node.flag("transB", default: false))
    let weights = try context.shape(1)
    guard weights.rank == 2, try context.shape(0).rank == 2 else {
      throw .malformed(node, "its operands are no matrices")
    }
    var bias: Shape?
    if node.inputs.count > 2, !node.inputs[2].isEmpty { bias = try context.shape(2) }
    let product = Shape([
      try context.shape(0).dimensions[transposes.0 ? 1 : 0], weights.dimensions[transposes.1 ? 0 : 1],
    ])
    if let bias, Shape.broadcast(bias, product) != product {
      throw .malformed(node, "a summand of \(bias) does not fit a product of \(product)")
    }
    let isRow = bias.map { shape in
      shape.dimensions.dropLast().allSatisfy { $0 == 1 }
        && [1, weights[transposes.1 ? 0 : 1]].contains(shape.dimensions.last ?? 1)
    }
    let isLayer: Bool
    switch (context.operands[0], context.operands[1], context.operands.count > 2 ? context.operands[2] : .absent) {
    case (_, .constant, .constant), (_, .constant, .absent): isLayer = isRow != false && !transposes.0
    default: isLayer = false
    }
    guard !isLayer else { return false }
    var factors = Array(node.inputs.prefix(2))
    for (place, isTransposed) in [transposes.0, transposes.1].enumerated() where isTransposed {
      let name = part("operand \(place) transposed", of: node)
      try add("Transpose", [factors[place]], as: name, for: node, ["perm": .ints([1, 0])])
      factors[place] = name
    }
    var last = part("product", of: node)
    try add("MatMul", factors, as: last, for: node)
    let (alpha, beta) = try (node.float("alpha", default: 1), node.float("beta", default: 1))
    if alpha != 1 {
      let name = part("scaled", of: node)
      try add("Mul", [last, constant(.floats([alpha], []), "alpha", of: node)], as: name, for: node)
      last = name
    }
    if bias != nil {
      var summand = node.inputs[2]
      if beta != 1 {
        summand = part("scaled summand", of: node)
        try add("Mul", [node.inputs[2], constant(.floats([beta], []), "beta", of: node)], as: summand, for: node)
      }
      try add("Add", [last, summand], as: output, for: node)
    } else {
      pass(last, as: output, node: node)
    }
    return true
  }

  /// A MatMul of which an operand is a vector: it becomes a row on the left, a column on the right, and the axis goes again.
  private mutating func addVectorProduct(_ context: OperatorContext) throws(PellucidError) -> Bool {
    let node = context.node
    guard node.inputs.count == 2, let output = node.outputs.first else { throw .malformed(node, "it lacks operands") }
    let ranks = try (context.shape(0).rank, context.shape(1).rank)
    guard ranks.0 == 1 || ranks.1 == 1 else { return false }
    var factors = node.inputs
    for (place, rank) in [ranks.0, ranks.1].enumerated() where rank == 1 {
      let axes = constant(.integers([Int64(place)], [1]), "axis of \(place)", of: node)
      let name = part("operand \(place) as a matrix", of: node)
      try add("Unsqueeze", [factors[place], axes], as: name, for: node, ["axes": .ints([place])])
      factors[place] = name
    }
    let product = part("product", of: node)
    try add("MatMul", factors, as: product, for: node)
    let dropped = (ranks.0 == 1 ? [-2] : []) + (ranks.1 == 1 ? [-1] : [])
    let rank = max(2, max(ranks.0, ranks.1))
    let places = dropped.map { $0 + rank }
    let axes = constant(.integers(places.map(Int64.init), [places.count]), "axes", of: node)
    try add("Squeeze", [product, axes], as: output, for: node, ["axes": .ints(places)])
    return true
  }

  /// A triangle of an activation: the other values are replaced by 0.
  private mutating func addTriangle(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    let shape = try context.shape()
    guard shape.rank >= 2, let output = node.outputs.first else { throw .malformed(node, "\(shape) has no triangle") }
    let square = Array(shape.dimensions.suffix(2))
    let ones = OnnxTensor.integers(Array(repeating: 1, count: try context.claim(square, from: [])), square)
    let diagonal = try context.constant(1, "diagonal")
    guard let mask = try ConstantFolding.fold(context, [ones, diagonal])?.first else {
      throw .malformed(node, "its triangle cannot be made")
    }
    let names = [
      constant(mask, "triangle", of: node), node.inputs[0], constant(.floats([0], []), "zero", of: node),
    ]
    try add("Where", names, as: output, for: node)
  }

  /// Channels to blocks of pixels, or back: a Reshape, a Transpose and a Reshape, as ONNX defines them (on two spatial axes).
  private mutating func addBlocks(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    let shape = try context.shape()
    let size = try node.int("blocksize", default: 0)
    guard shape.rank == 4, (1..<(1 << 16)).contains(size), let output = node.outputs.first else {
      throw .malformed(node, "blocks of \(size) in \(shape)")
    }
    let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
    let first: [Int]
    let order: [Int]
    let last: [Int]
    if node.operation == "DepthToSpace" {
      let isColumnFirst = try node.string("mode", default: "DCR") == "DCR"
      let each = c / (size * size)
      guard each > 0, c % (size * size) == 0 else { throw .malformed(node, "blocks of \(size) in \(shape)") }
      first = isColumnFirst ? [n, size, size, each, h, w] : [n, each, size, size, h, w]
      order = isColumnFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]
      last = [n, each, h * size, w * size]
    } else {
      guard h % size == 0, w % size == 0 else { throw .malformed(node, "blocks of \(size) in \(shape)") }
      first = [n, c, h / size, size, w / size, size]
      order = try node.string("mode", default: "DCR") == "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
      last = [n, c * size * size, h / size, w / size]
    }
    guard Shape(first).count == shape.count else { throw .malformed(node, "blocks of \(size) in \(shape)") }
    // The batch stays open: 0 takes the extent as it is.
    let open = { (extents: [Int]) in OnnxTensor.integers([0] + extents.dropFirst().map(Int64.init), [extents.count]) }
    let (parts, moved) = (part("blocks", of: node), part("moved", of: node))
    try add("Reshape", [node.inputs[0], constant(open(first), "extents", of: node)], as: parts, for: node)
    try add("Transpose", [parts], as: moved, for: node, ["perm": .ints(order)])
    try add("Reshape", [moved, constant(open(last), "output extents", of: node)], as: output, for: node)
  }
}
