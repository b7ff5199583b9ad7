internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// Turns an ONNX model into a graph: binds constants, computes what follows from them alone, and works out every shape.
struct GraphImport {
  /// What a tensor's name stands for while the nodes are walked.
  enum Binding {
    case constant(OnnxTensor)
    case value(ValueID)
    /// A list of tensors by their names.
    case sequence([String])
  }

  /// Most steps of a network; those of the largest in use are a few thousands.
  static let mostNodes = 50_000

  let model: OnnxModel
  /// The name of the image input.
  private let imageName: String
  /// Every tensor that a node reads or that is an output of the model.
  let read: Set<String>
  /// The nodes on which the output depends.
  private(set) var live: [OnnxNode] = []
  /// What constants made at load may still take.
  var allowance: ConstantFolding.Allowance
  var bindings: [String: Binding] = [:]
  private var values: [Graph.Value] = []
  private var nodes: [Node] = []
  private var aliases: [String: ValueID] = [:]

  /// - Parameters:
  ///   - image: the image input's shape for one image.
  ///   - inputs: values of the further inputs, by name.
  ///   - output: the output to compute; nil: the first.
  static func graph(
    of model: OnnxModel, image: Shape, inputs: [String: [Float]], output: String?
  ) throws(PellucidError) -> Graph {
    var walk = try GraphImport(model: model)
    return try walk.run(image: image, inputs: inputs, output: output)
  }

  private init(model: OnnxModel) throws(PellucidError) {
    self.model = model
    imageName = try model.imageInput().name
    read = Set(model.graph.nodes.flatMap(\.needs) + model.graph.outputs.map(\.name))
    allowance = ConstantFolding.Allowance(model.graph)
  }

  private mutating func run(image: Shape, inputs: [String: [Float]], output: String?) throws(PellucidError) -> Graph {
    let outputs = model.graph.outputs.map(\.name)
    guard let wanted = output ?? outputs.first, outputs.contains(wanted) else {
      throw .output(output ?? "", among: outputs)
    }
    live = Self.liveNodes(model.graph, leadingTo: [wanted])
    try refuseUnsupported(live)
    for (name, tensor) in model.graph.initializers {
      // The reader holds this of files; a model may have been made of values instead.
      guard tensor.isWhole else { throw .brokenConstant(name, tensor.dimensions, values: tensor.count) }
      bindings[name] = .constant(tensor)
    }
    let imageValue = try addImage(imageName, image)
    for further in model.graph.inputs where further.name != imageName {
      if let tensor = try Self.constant(for: further, inputs[further.name], needed: live) {
        bindings[further.name] = .constant(tensor)
      }
    }
    for name in inputs.keys.sorted() where !model.graph.inputs.contains(where: { $0.name == name }) {
      let others = model.graph.inputs.map(\.name).filter { $0 != imageName }
      throw .graphInput(
        name, "the model has no such input",
        remedy: NearMiss.remedy(for: name, among: others, noun: "its further inputs"))
    }
    var readers: [String: Int] = [wanted: 1]
    for node in live { for name in node.needs { readers[name, default: 0] += 1 } }
    for node in live {
      try add(node)
      release(node, &readers)
    }
    guard case .value(let result)? = bindings[wanted] else {
      throw .init(.badData, what: "the output \(wanted) does not depend on the image", remedy: "export the model again")
    }
    return Graph(nodes: nodes, values: values, input: imageValue, output: result, aliases: aliases).withoutDeadNodes()
  }

  /// The image; where the model takes channels last, or slices as channels, the step that makes that of N, C, D, H, W.
  private mutating func addImage(_ name: String, _ image: Shape) throws(PellucidError) -> ValueID {
    let value = newValue(name, image)
    if model.takesSlicesAsChannels, image.rank == 5 {
      let step = OnnxNode(
        name: "\(name), slices", operation: "Reshape", inputs: [name, "\(name), extents"],
        outputs: ["\(name), slices as channels"], attributes: [:])
      bindings[step.inputs[1]] = .constant(.integers([0] + image.dimensions[2...].map(Int64.init), [4]))
      try add(step)
      bindings[name] = bindings[step.outputs[0]]
      return value
    }
    guard model.takesChannelsLast else { return value }
    let step = OnnxNode(
      name: "\(name), channels last", operation: "Transpose", inputs: [name], outputs: ["\(name), channels last"],
      attributes: ["perm": .ints([0, 2, 3, 4, 1])])
    try add(step)
    bindings[name] = bindings[step.outputs[0]]
    return value
  }

  /// Lets go of the computed constants that nobody reads after a node; lists of tensors go on naming theirs.
  private mutating func release(_ node: OnnxNode, _ readers: inout [String: Int]) {
    guard !node.operation.contains("Sequence") else { return }
    for name in node.needs {
      readers[name, default: 0] -= 1
      guard readers[name] == 0, model.graph.initializers[name] == nil, case .constant? = bindings[name] else {
        continue
      }
      bindings[name] = nil
      allowance.release(name)
    }
  }

  /// The nodes of a graph on which outputs depend, in the file's order.
  static func liveNodes(_ graph: OnnxGraph, leadingTo outputs: [String]) -> [OnnxNode] {
    var wanted = Set(outputs)
    var live: [OnnxNode] = []
    for node in graph.nodes.reversed() where node.outputs.contains(where: wanted.contains) {
      wanted.formUnion(node.needs)
      live.append(node)
    }
    return live.reversed()
  }

  /// Refuses all nodes at once that can neither be run nor computed at load; the two branches of an If are looked at when one is taken.
  func refuseUnsupported(_ nodes: [OnnxNode]) throws(PellucidError) {
    // What depends on the image needs an operator of the engine; what does not can also be computed at load.
    var dynamic: Set<String> = [imageName]
    let isMoving = { (dynamic: Set<String>, name: String) in
      guard let bound = bindings[name] else { return dynamic.contains(name) }
      if case .constant = bound { return dynamic.contains(name) }
      return true
    }
    let lacking = nodes.filter { node in
      let read = node.operation == "CastLike" ? Array(node.inputs.prefix(1)) : node.needs
      let isDynamic = read.contains { isMoving(dynamic, $0) } && !["Shape", "Size"].contains(node.operation)
      if isDynamic { dynamic.formUnion(node.outputs) }
      guard node.domain.isEmpty else { return true }
      return OperatorCatalogue.maker(of: node.operation) == nil && !Self.rewritten.contains(node.operation)
        && (isDynamic || !ConstantFolding.knows(node.operation))
    }
    guard lacking.isEmpty else {
      throw head(among: lacking, of: nodes) ?? .unsupportedOperators(lacking, opset: model.opsetVersion)
    }
  }

  /// A further input's values as a constant of its shape, the batch being 1.
  private static func constant(
    for input: OnnxValueInfo, _ given: [Float]?, needed nodes: [OnnxNode]
  ) throws(PellucidError) -> OnnxTensor? {
    guard nodes.contains(where: { $0.inputs.contains(input.name) }) else { return nil }
    guard let given else {
      throw .graphInput(
        input.name, "the model needs a value for it",
        remedy: "give it with `input` \(input.name)=VALUE or in the model card under inputs")
    }
    var dimensions = (input.dimensions ?? [.fixed(given.count)]).enumerated().map { axis, dimension in
      if case .fixed(let extent) = dimension { extent } else { axis == 0 ? 1 : -1 }
    }
    if let open = dimensions.firstIndex(of: -1) {
      for axis in dimensions.indices where dimensions[axis] == -1 { dimensions[axis] = 1 }
      guard Shape(dimensions).isManageable else {
        throw .graphInput(input.name, "its shape is \(Shape(dimensions))", remedy: "export the model again")
      }
      dimensions[open] = max(1, given.count / max(1, Shape(dimensions).count))
    }
    let shape = Shape(dimensions)
    guard shape.isManageable, given.allSatisfy(\.isFinite), given.count == shape.count || given.count == 1 else {
      throw .graphInput(
        input.name, "\(given.count) values are given, its shape \(shape) takes \(shape.isManageable ? shape.count : 0)",
        remedy: "give one finite value, or as many as it takes")
    }
    guard shape.count <= ConstantFolding.mostConstants else {
      throw .graphInput(input.name, "its shape \(shape) takes too many values", remedy: "export the model again")
    }
    let filled = given.count == shape.count ? given : Array(repeating: given[0], count: shape.count)
    if input.elementType?.isInteger == true {
      return OnnxTensor(
        name: input.name, elementType: input.elementType ?? .int64, dimensions: dimensions,
        values: .integers(filled.map { Int64(saturating: $0) }))
    }
    return OnnxTensor(name: input.name, elementType: .float, dimensions: dimensions, values: .floats(filled))
  }

  mutating func newValue(_ name: String, _ shape: Shape) -> ValueID {
    values.append(Graph.Value(name: name, shape: shape))
    let id = ValueID(values.count - 1)
    bindings[name] = .value(id)
    return id
  }

  func operand(_ name: String) -> OperatorContext.Operand {
    if name.isEmpty { return .absent }
    switch bindings[name] {
    case .constant(let tensor): return .constant(tensor)
    case .value(let id): return .dynamic(values[id.index].shape)
    case .sequence, nil: return .absent
    }
  }

  /// What a node sees of its inputs.
  func context(_ node: OnnxNode) -> OperatorContext {
    OperatorContext(node: node, opset: model.opsetVersion, operands: node.inputs.map(operand))
  }

  /// Lets another tensor's name, and a node's, stand for what a name stands for.
  mutating func pass(_ source: String, as name: String, node: OnnxNode? = nil) {
    bindings[name] = bindings[source]
    guard case .value(let id)? = bindings[source] else { return }
    aliases[name] = id
    if let node { aliases[node.name] = id }
  }

  mutating func add(_ node: OnnxNode) throws(PellucidError) {
    let operands = node.inputs.map(operand)
    if operands.contains(where: \.isText), !Self.takesText.contains(node.operation) { throw .strings(node) }
    if try rewrite(node) { return }
    if let folded = try fold(node, operands) {
      try allowance.take(folded, by: node)
      for (name, tensor) in zip(node.outputs, folded) where !name.isEmpty { bindings[name] = .constant(tensor) }
      return
    }
    let dynamic = node.inputs.compactMap { name -> ValueID? in
      if case .value(let id)? = bindings[name] { return id }
      return nil
    }
    switch node.operation {
    case "Identity", "Dropout", "Cast", "CastLike":
      guard let name = node.outputs.first, let source = node.inputs.first else {
        throw .malformed(node, "it has no input")
      }
      // CastLike of a constant to the type of an activation: all of those are floats here.
      if case .constant(let tensor)? = bindings[source] {
        bindings[name] = .constant(.floats(tensor.asFloats, tensor.dimensions))
        return
      }
      guard case .value(let first)? = bindings[source] else { throw .malformed(node, "it has no input") }
      if let type = try node.int("to"), node.operation == "Cast", OnnxElementType(rawValue: type)?.isFloat != true {
        throw .form(node, "it makes integers of an activation", wanted: "floats")
      }
      if let training = try OperatorContext(node: node, opset: model.opsetVersion, operands: operands).constant(
        2, "training mode"),
        node.operation == "Dropout", training.asFloats.contains(where: { $0 != 0 })
      {
        throw .form(node, "it is in training mode", wanted: "a model exported for inference")
      }
      bindings[name] = .value(first)
      aliases[name] = first
      aliases[node.name] = first
    default:
      let context = OperatorContext(node: node, opset: model.opsetVersion, operands: operands)
      guard let maker = OperatorCatalogue.maker(of: node.operation) else {
        throw .form(node, "it depends on the image", wanted: "shape arithmetic on constants")
      }
      if !OperatorCatalogue.takesSeveral(node.operation) {
        // Its shape is the first input's: nothing else may depend on the image.
        guard case .dynamic? = operands.first, dynamic.count == 1 else {
          throw .form(node, "an input other than its first depends on the image", wanted: "constants")
        }
      }
      try append(node, try maker(context), dynamic, output: node.outputs.first ?? node.name)
    }
  }

  /// What may be asked of strings: nothing that reads them.
  private static let takesText: Set<String> = ["Identity", "Shape", "Size", "SequenceConstruct", "SequenceInsert"]

  mutating func append(
    _ node: OnnxNode, _ operation: any Operator, _ inputs: [ValueID], output name: String
  ) throws(PellucidError) {
    guard nodes.count < Self.mostNodes else { throw .tooManySteps(node) }
    for extra in node.outputs.dropFirst() where !extra.isEmpty && node.operation != "Split" {
      if read.contains(extra) { throw .form(node, "its output \(extra) is read", wanted: "the first output only") }
    }
    let shape: Shape
    do {
      shape = try operation.shape(of: inputs.map { values[$0.index].shape })
    } catch {
      var placed = error
      placed.place.part = "node \(node.name)"
      throw placed
    }
    guard shape.isManageable else { throw .shapes("node \(node.name)", [shape], "that is more than can be held") }
    guard shape.dimensions.allSatisfy({ $0 > 0 }) else {
      throw .shapes("node \(node.name)", [shape], "it makes no values")
    }
    guard shape.count <= Engine.mostValues else { throw .tooLargeValue(node.name, shape) }
    let output = newValue(name, shape)
    aliases[node.name] = output
    nodes.append(Node(name: node.name, type: node.operation, operation: operation, inputs: inputs, output: output))
  }

  /// What a node gives where it depends on constants and shapes alone; nil where it depends on the image.
  private func fold(_ node: OnnxNode, _ operands: [OperatorContext.Operand]) throws(PellucidError) -> [OnnxTensor]? {
    if node.operation == "Shape" || node.operation == "Size", case .dynamic(let shape)? = operands.first {
      return [try ConstantFolding.shape(shape.dimensions, for: node)]
    }
    var constants: [OnnxTensor?] = []
    for operand in operands {
      switch operand {
      case .constant(let tensor): constants.append(tensor)
      case .absent: constants.append(nil)
      case .dynamic: return nil
      }
    }
    let context = OperatorContext(node: node, opset: model.opsetVersion, operands: operands)
    if let folded = try ConstantFolding.fold(context, constants) { return folded }
    // An operator of the engine on constants alone: weights that are computed from other weights.
    guard let maker = OperatorCatalogue.maker(of: node.operation), let first = constants.first ?? nil,
      let values = first.floats
    else { throw .form(node, "its constant inputs cannot be computed", wanted: "float constants") }
    // The engine's operators are made for activations, which have values.
    guard !values.isEmpty else { throw .malformed(node, "\(Shape(first.dimensions)) has no values") }
    var loose = operands
    loose[0] = .dynamic(Shape(first.dimensions))
    let operation = try maker(OperatorContext(node: node, opset: model.opsetVersion, operands: loose))
    let made = try operation.shape(of: [Shape(first.dimensions)])
    guard try context.claim(made.dimensions, from: constants.compactMap { $0 }) > 0 else {
      throw .malformed(node, "it makes no values")
    }
    let work = operation.multiplyAdds(inputs: [Shape(first.dimensions)], output: made)
    guard work < ConstantFolding.mostWork else { throw .tooManyConstants(node) }
    let result = try operation.forward([Tensor(values, shape: Shape(first.dimensions))]).ordered(.rowMajor)
    return [OnnxTensor(elementType: .float, dimensions: result.shape.dimensions, values: .floats(result.values))]
  }
}
