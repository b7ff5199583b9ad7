public import PellucidFaults
public import PellucidOnnxFormat
public import PellucidTensors

/// A classifier read from ONNX, ready to run forward and backward.
public struct Network: Sendable {
  /// The graph as the file has it, one node a node.
  public let imported: Graph
  /// The canonical graph that is run: normalizations merged, the output activation split off.
  public internal(set) var graph: Graph { didSet { fusions = Fusions() } }
  /// What the graph's end says of its outputs.
  public let head: Head
  /// Extents of the image input for one image, [1, C, D, H, W].
  public let inputShape: Shape
  /// Whether several images can be run in one pass.
  public let supportsBatches: Bool
  private let answers: Answers
  private var fusions = Fusions()

  /// What a network is taken to answer.
  public enum Answers: Hashable, Sendable {
    /// Logits: an output activation is split off, other probabilities are brought back to logits.
    case logits
    /// The output's values as they are.
    case values
  }

  /// Builds a network.
  ///
  /// - Parameters:
  ///   - model: the ONNX model.
  ///   - spatial: D, H, W where the model leaves them open.
  ///   - channels: C where the model leaves it open.
  ///   - inputs: values of further inputs, by name.
  ///   - output: name of the output to explain; nil: the first.
  ///   - answers: whether the output is brought back to logits where its graph ends in probabilities.
  /// - Throws: `.unsupported` naming every operator that is lacking; `.badData` where shapes do not fit.
  public init(
    _ model: OnnxModel, spatial: [Int]? = nil, channels: Int? = nil, inputs: [String: [Float]] = [:],
    output: String? = nil, answering answers: Answers = .logits
  ) throws(PellucidError) {
    let shape = try Self.imageShape(model, spatial: spatial, channels: channels)
    let graph: Graph
    do {
      graph = try GraphImport.graph(of: model, image: shape, inputs: inputs, output: output)
    } catch {
      throw error.located(in: model.path)
    }
    try self.init(imported: graph, preserving: [], answering: answers)
  }

  private init(imported: Graph, preserving: Set<ValueID>, answering answers: Answers) throws(PellucidError) {
    self.imported = imported
    self.answers = answers
    let (read, head) = imported.readingHead()
    graph = try (answers == .logits ? read : imported).foldingAffine(preserving: preserving)
    self.head = answers == .logits ? head : Head(.outputs, nil, Interval(low: head.low, high: head.high))
    inputShape = graph.shape(of: graph.input)
    supportsBatches = graph.supportsBatches()
  }

  /// The same network with these values made as the file defines them: what follows one of them is not merged into it.
  public func exposing(_ values: Set<ValueID>) throws(PellucidError) -> Network {
    if values.allSatisfy({ graph.maker(of: $0) != nil || $0 == graph.input }) { return self }
    return try Network(imported: imported, preserving: values, answering: answers)
  }

  /// The network up to a value of ``imported``, which it answers as it is: ``logits(_:)`` and ``Trace/logits`` hold it row by row, [N, K].
  ///
  /// Operators are shared, so that nothing is prepared twice.
  /// - Precondition: the value is not the image.
  public func ending(at value: ValueID) throws(PellucidError) -> Network {
    precondition(value != imported.input, "there is no network before the image")
    var part = imported
    part.output = value
    return try Network(imported: part.withoutDeadNodes(), preserving: [], answering: .values)
  }

  /// The image's shape as the model fixes it, with what it leaves open filled in.
  private static func imageShape(_ model: OnnxModel, spatial: [Int]?, channels: Int?) throws(PellucidError) -> Shape {
    let input = try model.imageInput()
    let dimensions = input.dimensions ?? Array(repeating: .symbolic("?"), count: 5)
    guard dimensions.count == 5 else { throw PellucidError.notImage(dimensions).located(in: model.path) }
    var out = [1]
    for axis in 1..<5 {
      switch dimensions[axis] {
      case .fixed(let extent): out.append(extent)
      case .symbolic(let name):
        guard let extent = axis == 1 ? channels ?? 1 : spatial.flatMap({ $0.count == 3 ? $0[axis - 2] : nil }) else {
          throw PellucidError.graphInput(
            input.name, "its extent \(name) is left open",
            remedy: "state the size under input.shape in the model card, or give it with `shape`"
          ).located(in: model.path)
        }
        out.append(extent)
      }
    }
    guard out.allSatisfy({ $0 > 0 && $0 < 1 << 16 }) else {
      throw PellucidError.notImage(dimensions).located(in: model.path)
    }
    let shape = Shape(out)
    guard shape.isManageable, shape.count <= Engine.mostValues else {
      throw PellucidError.tooLargeImage(input.name, shape).located(in: model.path)
    }
    return shape
  }

  /// What turns the values into probabilities, where the graph's end tells; nil where it does not.
  public var endsIn: OutputActivation? { head.activation }

  /// The output's shape for one image, as the file defines it.
  public var outputShape: Shape { imported.shape(of: imported.output) }

  /// Whether the output is a map or a row of answers, not one value a class.
  public var answersPerPlace: Bool { outputShape.answersPerPlace }

  /// Number of values that the network answers for an image.
  public var outputCount: Int { graph.shape(of: graph.output).count }

  /// The last values before the output activation, [N, K].
  ///
  /// - Parameter images: [N, C, D, H, W].
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func logits(_ images: Tensor) throws(PellucidError) -> Tensor {
    try check(images)
    let logits = try Scoring.only { () throws(PellucidError) in
      guard images.shape[0] == 1 || supportsBatches else { return try oneByOne(images) }
      return try ForwardPass(fused(keeping: [])).run(images).output
    }
    if logits.firstNonFinite != nil { throw try whereNonFinite(images) }
    return logits
  }

  /// The steps of a pass that each take the place of several of ``graph``, by the names of their operators.
  package var fusedSteps: [String] { fusions.of(graph).map { "\(type(of: $0.node.operation))" } }

  /// The graph for a pass that is asked for these values, with steps done together.
  private func fused(keeping values: Set<ValueID>) -> Graph { graph.fused(fusions.of(graph), keeping: values) }

  private func check(_ images: Tensor) throws(PellucidError) {
    let shape = images.shape
    guard shape.rank == 5, shape[0] > 0, shape == inputShape.withBatch(shape[0]) else {
      throw .shapes("the image", [shape, inputShape], "the network takes the second")
    }
  }

  private func oneByOne(_ images: Tensor) throws(PellucidError) -> Tensor {
    var rows: [Float] = []
    let size = images.count / images.shape[0]
    let graph = fused(keeping: [])
    for n in 0..<images.shape[0] {
      var image = Tensor(unfilled: inputShape, order: images.order)
      image.copy(from: images, sourceOffset: n * size, sourceStrides: [1], targetStrides: [1], extents: [size])
      rows += try ForwardPass(graph).run(image).output.values
    }
    return Tensor(rows, shape: Shape([images.shape[0], outputCount]))
  }

  /// Values that a forward pass makes on its way, by value; those that the canonical graph does not make are missing.
  ///
  /// - Parameter image: [1, C, D, H, W].
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func activations(_ values: Set<ValueID>, of image: Tensor) throws(PellucidError) -> [ValueID: Tensor] {
    try run(image, keeping: values).kept
  }

  func run(
    _ image: Tensor, keeping values: Set<ValueID>
  ) throws(PellucidError) -> (kept: [ValueID: Tensor], logits: Tensor) {
    try check(image)
    let result = try ForwardPass(fused(keeping: values)).run(image, keeping: values)
    if result.output.firstNonFinite != nil { throw try whereNonFinite(image) }
    let pairs = values.compactMap { value in result.kept[value.index].map { (value, $0) } }
    return (Dictionary(uniqueKeysWithValues: pairs), result.output)
  }

  /// A forward pass that keeps what a backward pass needs.
  ///
  /// - Parameters:
  ///   - contrast: an image that rules compare with, of the same shape.
  ///   - rule: how each step is crossed on the way back; nil: by its gradient.
  ///   - watching: values to keep as activations.
  ///   - inSlabs: whether large steps may be run slab by slab, so that what lies inside is never seen; takes less memory.
  public func trace(
    _ images: Tensor, contrast: Tensor? = nil, watching: Set<ValueID> = [], inSlabs: Bool = true,
    rule: (Node) throws(PellucidError) -> (any BackwardRule)? = { _ in nil }
  ) throws(PellucidError) -> Trace {
    try check(images)
    precondition(contrast.map { $0.shape == images.shape } ?? true, "a contrast has the image's shape")
    guard images.shape[0] == 1 || supportsBatches else {
      throw .shapes("the image", [images.shape, inputShape], "this network takes one image at a time")
    }
    var rules: [(any BackwardRule)?] = []
    for node in graph.nodes { rules.append(try rule(node)) }
    var exact = try graph.withoutCentredBiases(keeping: watching) { rules[$0] == nil }
    if inSlabs {
      let ruled = Dictionary(uniqueKeysWithValues: zip(graph.nodes.map(\.output), rules))
      exact = exact.fused(fusions.of(graph), keeping: watching) { ruled[$0].flatMap { $0 } == nil }
      rules = exact.nodes.map { ruled[$0.output].flatMap { $0 } }
    }
    let trace = try Trace(
      exact, input: images, contrast: contrast, rules: rules, watching: watching, inSlabs: inSlabs)
    if trace.logits.firstNonFinite != nil { throw try whereNonFinite(images) }
    if let contrast, trace.contrastLogits?.firstNonFinite != nil { throw try whereNonFinite(contrast) }
    return trace
  }

  /// The error that names the first node with a value that is not finite.
  private func whereNonFinite(_ images: Tensor) throws(PellucidError) -> PellucidError {
    do throws(PellucidError) {
      _ = try ForwardPass(graph).run(images) { (node, output) throws(PellucidError) in
        if let index = output.firstNonFinite { throw .nonFinite(node: node.name, index: index) }
      }
    } catch {
      return error
    }
    return .nonFinite(node: "the last", index: [])
  }
}
