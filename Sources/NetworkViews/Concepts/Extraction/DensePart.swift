internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors

/// Where a network stops looking at places: the first row of numbers behind a layer, and what it answers to such rows.
///
/// The row is what the first dense layer or global pool makes, with the activation behind it; where the logits are the first, they are it.
struct DensePart {
  /// The row's tensor.
  let name: String
  /// Its numbers.
  let width: Int
  /// Whether they are never negative, since a rectifier makes them.
  let isRectified: Bool
  /// How logits become probabilities.
  let classes: Classes
  private let value: ValueID
  /// What follows the row; nil: nothing but the output activation.
  private let tail: Network?

  /// Finds the row behind a layer.
  /// - Throws: `.usage` for a layer that not everything passes, or behind which there is no row.
  init(behind layer: LayerChoice, of subject: Explainer.Case, in explainer: Explainer) throws(PellucidError) {
    let network = subject.network
    classes = subject.classes
    let (graph, logits) = (network.imported, network.graph.output)
    guard layer.value == graph.input || graph.isPassed(by: layer.value) else { throw .layerBeside(layer.name) }
    let layerCount = graph.shape(of: layer.value).count
    var behind: Set<ValueID> = [layer.value]
    var found = logits
    for node in graph.nodes where node.inputs.contains(where: behind.contains) {
      behind.insert(node.output)
      let shape = graph.shape(of: node.output)
      let isRow = shape.dimensions.dropFirst().count { $0 > 1 } <= 1
      let isMade = shape.count < layerCount || ["Gemm", "MatMul", "Conv"].contains(node.type)
      guard isRow, isMade, node.operation.role != .rearrangement, graph.isPassed(by: node.output) else { continue }
      found = node.output
      break
    }
    guard behind.contains(found) || found == logits else { throw .layerBeside(layer.name) }
    let readers = graph.nodes.filter { $0.inputs.contains(found) }
    if found != logits, readers.count == 1, let next = readers.first,
      [.rectifier, .activation].contains(next.operation.role), graph.shape(of: next.output) == graph.shape(of: found),
      next.inputs.count == 1, graph.leads(to: logits, from: next.output)
    {
      found = next.output
    }
    value = found
    let shape = graph.shape(of: found)
    (name, width) = (graph.values[found.index].name, shape.count)
    isRectified = graph.maker(of: found)?.operation.role == .rectifier
    guard found != logits else {
      tail = nil
      return
    }
    let classifier = explainer.classifier
    let part = classifier.model.part(behind: name, shape: shape, output: nil)
    let inputs = Dictionary(
      classifier.card.inputs.map { ($0.name, $0.values.map { Float($0) }) }, uniquingKeysWith: { $1 })
    do throws(PellucidError) {
      tail = try Network(part, inputs: inputs, output: classifier.card.output.name, answering: .logits)
    } catch {
      throw .noDensePart(name, layer.name, error.line)
    }
    let kept = try self.values(beside: [], of: subject, explainer)
    let answer = try self.logits(of: kept.row.map(Double.init))
    let logitsOfScan = try network.logits(subject.prepared.input).values
    let reach = logitsOfScan.reduce(1) { max($0, abs(Double($1))) }
    guard answer.count == logitsOfScan.count,
      zip(answer, logitsOfScan).allSatisfy({ abs($0 - Double($1)) < 1e-3 * reach })
    else { throw .noDensePart(name, layer.name, "it does not answer as the network does") }
  }

  /// The row of a scan, and other values of it in their own shapes.
  func values(
    beside layers: [LayerChoice], of subject: Explainer.Case, _ explainer: Explainer
  ) throws(PellucidError) -> (row: [Float], others: [Tensor]) {
    let network = subject.network
    if tail == nil {
      let others = try CohortActivations.activations(layers, of: subject, explainer)
      return (try network.logits(subject.prepared.input).values, others)
    }
    let own = try LayerChoice(name, in: network)
    let found = try CohortActivations.activations([own] + layers, of: subject, explainer)
    return (found[0].ordered(.rowMajor).values, Array(found.dropFirst()))
  }

  /// The logits of rows, one after the other.
  func logits(of rows: [Double]) throws(PellucidError) -> [Double] {
    guard let tail else { return rows }
    return try tail.logits(images(rows)).ordered(.rowMajor).values.map(Double.init)
  }

  /// Asks for the logits of rows and goes back from their slopes.
  ///
  /// - Parameter slopes: dL/d(logits) at the logits.
  /// - Returns: dL/d(rows).
  func slopes(
    of rows: [Double], _ slopes: ([Double]) -> [Double]
  ) throws(PellucidError) -> [Double] {
    guard let tail else { return slopes(rows) }
    let images = images(rows)
    let count = tail.supportsBatches ? images.shape[0] : 1
    var back: [Double] = []
    // Slopes are of all rows together, so the logits of all come first.
    let whole = slopes(try logits(of: rows))
    let outputs = whole.count / images.shape[0]
    for begin in stride(from: 0, to: images.shape[0], by: count) {
      let trace = try tail.trace(images.images(begin..<(begin + count)))
      let upstream = Tensor(
        whole[(begin * outputs)..<((begin + count) * outputs)].map { Float($0) }, shape: Shape([count, outputs]))
      let found = try trace.backward(upstream, to: [tail.graph.input])
      back +=
        found[tail.graph.input]?.ordered(.rowMajor).values.map(Double.init) ?? Array(repeating: 0, count: count * width)
    }
    return back
  }

  private func images(_ rows: [Double]) -> Tensor {
    Tensor(rows.map { Float($0) }, shape: Shape([rows.count / width, width, 1, 1, 1]))
  }
}

extension Graph {
  /// Whether every way from the image to the output leads through a value.
  fileprivate func isPassed(by value: ValueID) -> Bool {
    var reached: Set<ValueID> = [input]
    for node in nodes where node.output != value && node.inputs.contains(where: reached.contains) {
      reached.insert(node.output)
    }
    return !reached.contains(output) || value == output
  }

  /// Whether a value is another one, or made of it.
  fileprivate func leads(to end: ValueID, from value: ValueID) -> Bool {
    var reached: Set<ValueID> = [value]
    for node in nodes where node.inputs.contains(where: reached.contains) { reached.insert(node.output) }
    return reached.contains(end)
  }
}

extension PellucidError {
  static func layerBeside(_ name: String) -> Self {
    .init(
      .usage, what: "the network does not answer by way of the layer \(name) alone",
      remedy: "choose as `layer` one that everything passes through, such as the last with places")
  }

  static func noDensePart(_ row: String, _ layer: String, _ why: String) -> Self {
    .init(
      .unsupported, what: "what follows \(row), the first row of numbers behind \(layer), cannot be run by itself",
      why: why, remedy: "choose another `layer`")
  }
}
