public import PellucidFaults
public import PellucidTensors

/// How relevance or a gradient crosses one step, where that is not the ordinary gradient.
public protocol BackwardRule: Sendable {
  /// Which tensors of the forward pass it needs.
  var needs: GradientNeeds { get }
  /// Whether it hands on what arrives as it is.
  var isPassage: Bool { get }
  /// What goes to each dynamic input, given what arrived at the output.
  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor]
}

extension BackwardRule {
  /// Most rules change what arrives.
  public var isPassage: Bool { false }
}

/// A rule for linear layers that asks no more of them than to be run and walked back, so that it also serves a layer of which a max pool
/// has left a few values: see ``LayerPasses``.
public protocol LayerRule: BackwardRule {
  /// What goes to the layer's input, given what arrived at the values that are left of its output.
  func backward(_ upstream: Tensor, through passes: any LayerPasses) throws(PellucidError) -> Tensor
}

/// A linear layer on its input, forward and backward, with its weights or changed ones; of its output all values, or those that a max pool
/// took.
///
/// Outputs and what arrives at them are [N, O, …] with the voxels of the layer's output, or of the pool's.
/// - Throws: each pass, what the layer throws where its kernel cannot be prepared or run.
public protocol LayerPasses {
  /// The layer itself.
  var layer: any LinearOperator { get }
  /// Its input, [N, C, …]; it must have been kept.
  var input: Tensor { get }
  /// Its output on the input.
  func output() throws(PellucidError) -> Tensor
  /// What a changed layer makes of an input of the layer's shape, [N, O, …].
  func forward(_ layer: any LinearOperator, _ input: Tensor) throws(PellucidError) -> Tensor
  /// ∂s/∂input, [N, C, …], of a changed layer from ∂s/∂output, [N, O, …].
  func backward(_ layer: any LinearOperator, _ upstream: Tensor) throws(PellucidError) -> Tensor
}

/// A forward pass that kept what its backward pass will need.
public struct Trace: Sendable {
  private let graph: Graph
  private let rules: [(any BackwardRule)?]
  private let images: Tensor
  private let contrast: Tensor?
  private var kept: [Tensor?]
  private var keptOfContrast: [Tensor?]
  private let stages: [Int: SlabStage]
  private var winners: [Int: Winners] = [:]
  /// The network's last values before the output activation, [N, K].
  public let logits: Tensor
  /// The same of the image that it is contrasted with; nil where there is none.
  public let contrastLogits: Tensor?

  /// - Parameters:
  ///   - contrast: an image that rules compare with, of the same shape; what they need of it is kept too.
  ///   - inSlabs: whether large steps may be run slab by slab, so that what lies inside is never seen.
  init(
    _ graph: Graph, input: Tensor, contrast: Tensor? = nil, rules: [(any BackwardRule)?], watching: Set<ValueID>,
    inSlabs: Bool = true
  ) throws(PellucidError) {
    stages = inSlabs ? SlabStage.stages(of: graph, whole: watching, backward: true) : [:]
    var noting: [Int: SlabStage.Noting] = [:]
    var needed = watching
    var place = 0
    while place < graph.nodes.count {
      if let stage = stages[place] {
        if contrast == nil, stage.goesBackByWinners(Array(rules[stage.places])) {
          let output = graph.shape(of: stage.output)
          winners[place] = Winners(output: output.withBatch(output.firstExtent * input.shape[0]))
          noting[place] = winners[place].map { taps in
            SlabStage.Noting(winners: taps, sparesZeros: rules[stage.places].dropFirst().allSatisfy { $0 == nil })
          }
          if rules[place] != nil { needed.insert(stage.input) }
        } else {
          // What lies inside is computed again on the way back.
          needed.insert(stage.input)
        }
        place = stage.places.upperBound + 1
        continue
      }
      let node = graph.nodes[place]
      let needs = rules[place]?.needs ?? node.operation.gradientNeeds
      if needs.contains(.inputs) { needed.formUnion(node.inputs) }
      if needs.contains(.output) { needed.insert(node.output) }
      place += 1
    }
    let result = try ForwardPass(graph, stages: stages, noting: noting).run(input, keeping: needed)
    self.graph = graph
    self.rules = rules
    images = input
    self.contrast = contrast
    kept = result.kept
    logits = result.output
    if let contrast {
      let other = try ForwardPass(graph, stages: stages).run(contrast, keeping: needed.subtracting(watching))
      keptOfContrast = other.kept
      contrastLogits = other.output
    } else {
      keptOfContrast = []
      contrastLogits = nil
    }
  }

  /// A value that was watched; nil for others.
  public func activation(_ value: ValueID) -> Tensor? { kept[value.index] }

  /// Sends `upstream` (∂score/∂logits, or the relevance of the logits, [N, K]) back through every step by its rule.
  ///
  /// - Parameters:
  ///   - targets: the values whose gradient is wanted; the walk does less where the image is not among them.
  ///   - start: the watched value at which `upstream` arrives, in its shape; nil: the logits.
  ///   - observe: called with each step, what arrived at its output, and what went to each of its inputs; sees every step only of a
  ///     trace that does not run in slabs.
  /// - Returns: the gradient or relevance of each target, in its own shape.
  /// - Throws: `.numeric` naming the first step on the way back that makes a value that is not finite.
  public consuming func backward(
    _ upstream: Tensor, from start: ValueID? = nil, to targets: Set<ValueID>,
    observe: ((Node, Tensor, [Tensor]) -> Void)? = nil
  ) throws(PellucidError) -> [ValueID: Tensor] {
    let (graph, rules, images, contrast) = (self.graph, self.rules, self.images, self.contrast)
    let found = try walk(upstream, from: start, to: targets, observe: observe)
    guard found.values.contains(where: { $0.firstNonFinite != nil }) else { return found }
    // Once more, step by step.
    var again = try Trace(graph, input: images, contrast: contrast, rules: rules, watching: [], inSlabs: false)
    var broken: (node: Node, index: [Int])?
    _ = try again.walk(upstream, from: start, to: targets) { node, _, outgoing in
      guard broken == nil, let index = outgoing.lazy.compactMap({ $0.firstNonFinite }).first else { return }
      broken = (node, index)
    }
    throw .relevanceNotFinite(node: broken.map { "\($0.node.name), \($0.node.type)" }, index: broken?.index ?? [])
  }

  private mutating func walk(
    _ upstream: Tensor, from start: ValueID? = nil, to targets: Set<ValueID>,
    observe: ((Node, Tensor, [Tensor]) -> Void)? = nil
  ) throws(PellucidError) -> [ValueID: Tensor] {
    let graph = self.graph
    let batch = images.shape[0]
    PassCount.add(backward: batch)
    var kept = self.kept
    self.kept = []
    var keptOfContrast = self.keptOfContrast
    self.keptOfContrast = []
    let useful = Self.usefulNodes(graph, targets)
    var arriving: [Tensor?] = Array(repeating: nil, count: graph.values.count)
    var found: [ValueID: Tensor] = [:]
    let begin = start ?? graph.output
    let shape = graph.shape(of: begin).withBatch(batch * graph.shape(of: begin).firstExtent)
    arriving[begin.index] =
      start == nil ? upstream.ordered(.rowMajor).reinterpreted(as: shape, order: .rowMajor) : upstream
    if targets.contains(begin) { found[begin] = arriving[begin.index] }
    let stageEnds = Dictionary(uniqueKeysWithValues: stages.values.map { ($0.places.upperBound, $0) })
    var place = graph.nodes.count
    while place > 0 {
      place -= 1
      let node = graph.nodes[place]
      guard let incoming = arriving[node.output.index] else { continue }
      arriving[node.output.index] = nil
      if targets.contains(node.output) { found[node.output] = incoming }
      guard useful[place] else { continue }
      if let stage = stageEnds[place] {
        place = stage.places.lowerBound
        if let taps = winners.removeValue(forKey: place) {
          let passes = stage.passes(over: kept[stage.input.index], winners: taps)
          let outgoing =
            if let rule = rules[place] as? any LayerRule { try rule.backward(incoming, through: passes) } else {
              try passes.backward(passes.layer, incoming)
            }
          Self.add(outgoing, to: &arriving[stage.input.index])
          continue
        }
        guard let input = kept[stage.input.index] else { preconditionFailure("a stage's input was not kept") }
        let outgoing = try stage.backward(
          incoming, input: input, contrast: contrast == nil ? nil : keptOfContrast[stage.input.index],
          rules: Array(rules[stage.places]))
        Self.add(outgoing, to: &arriving[stage.input.index])
        continue
      }
      var saved = Saved(
        inputs: node.inputs.map { kept[$0.index] },
        inputShapes: node.inputs.map { graph.shape(of: $0).withBatch(batch * graph.shape(of: $0).firstExtent) },
        output: kept[node.output.index])
      kept[node.output.index] = nil
      if contrast != nil {
        saved.contrast = [
          Saved(
            inputs: node.inputs.map { keptOfContrast[$0.index] }, inputShapes: saved.inputShapes,
            output: keptOfContrast[node.output.index])
        ]
        keptOfContrast[node.output.index] = nil
      }
      let outgoing: [Tensor]
      // Held only for an observer: a rule changes a tensor in place that nobody else holds.
      let arrived = observe == nil ? nil : incoming
      do {
        try Engine.requireRoom(for: saved.inputShapes, at: node)
        outgoing =
          if let rule = rules[place] { try rule.backward(incoming, through: node, saved: saved) } else {
            try node.operation.gradient(incoming, saved: saved)
          }
      } catch {
        var placed = error
        placed.place.part = placed.place.part ?? "node \(node.name)"
        throw placed
      }
      if let observe, let arrived { observe(node, arrived, outgoing) }
      for (input, tensor) in zip(node.inputs, outgoing) { Self.add(tensor, to: &arriving[input.index]) }
    }
    if targets.contains(graph.input), let incoming = arriving[graph.input.index] { found[graph.input] = incoming }
    return found
  }

  private static func add(_ tensor: Tensor, to place: inout Tensor?) {
    guard var sum = place else {
      place = tensor
      return
    }
    place = nil
    sum.combineInPlace(.add, with: tensor.ordered(sum.order))
    place = sum
  }

  /// The steps behind which a target lies.
  private static func usefulNodes(_ graph: Graph, _ targets: Set<ValueID>) -> [Bool] {
    var leads = Array(repeating: false, count: graph.values.count)
    for target in targets { leads[target.index] = true }
    return graph.nodes.map { node in
      let useful = node.inputs.contains { leads[$0.index] }
      if useful { leads[node.output.index] = true }
      return useful
    }
  }
}

extension Shape {
  /// Extent of the first axis; 1 for a scalar.
  var firstExtent: Int { dimensions.first ?? 1 }
}
