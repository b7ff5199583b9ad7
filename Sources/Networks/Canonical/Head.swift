internal import PellucidTensors

/// What the end of a network's graph says of its outputs.
public struct Head: Hashable, Sendable {
  /// How the network's values come of the graph's outputs.
  public enum Form: Hashable, Sendable {
    /// They are the outputs.
    case outputs
    /// They are what stands before the output activation.
    case beforeActivation
    /// The outputs are probabilities that add up to 1; the values are their logarithms.
    case logarithms
    /// Each output is a probability by itself; the values are log p − log(1 − p).
    case logOdds
  }

  /// How the network's values come of the graph's outputs.
  public let form: Form
  /// What turns the values into probabilities, where the graph tells; nil: it does not.
  public let activation: OutputActivation?
  /// Bounds that the graph's outputs keep whatever the image; infinite where there is none.
  public let low: Double
  /// The upper one.
  public let high: Double

  init(_ form: Form, _ activation: OutputActivation?, _ interval: Interval = .all) {
    self.form = form
    self.activation = activation
    low = interval.low
    high = interval.high
  }
}

extension Graph {
  /// The graph whose last values are logits, as far as its end tells: a Softmax, LogSoftmax or Sigmoid is split off, also from under steps that
  /// change nothing (a product with 1, a Clip that only guards a logarithm); other probabilities are brought back to logits.
  ///
  /// Probabilities are recognised by the bounds that the graph's steps keep (`BoundsWalk`): values of at least 0 that add up to 1, or values
  /// between 0 and 1.
  func readingHead() -> (graph: Graph, head: Head) {
    let (split, activation) = splittingOutputActivation()
    if let activation { return (split, Head(.beforeActivation, activation)) }
    guard !shape(of: output).answersPerPlace else { return (self, Head(.outputs, nil)) }
    var walk = BoundsWalk(self)
    let bounds = walk.bounds(of: output)
    guard bounds.layout == .each, let cells = bounds.cells, !cells.isEmpty else {
      return (self, Head(.outputs, nil, bounds.interval))
    }
    if let (graph, activation) = splittingUnchanged(cells, walk) { return (graph, Head(.beforeActivation, activation)) }
    if cells.count > 1, walk.isDistribution(cells) {
      return (ending(in: LogProbability(isOdds: false)), Head(.logarithms, .softmax, .unit))
    }
    if cells.allSatisfy({ Interval.unit.contains($0.interval, tolerance: BoundsWalk.rounding) }) {
      return (ending(in: LogProbability(isOdds: true)), Head(.logOdds, .sigmoid, bounds.interval))
    }
    return (self, Head(.outputs, nil, bounds.interval))
  }

  /// Splits off an output activation whose values reach the output unchanged.
  private func splittingUnchanged(_ cells: [Bounds.Cell], _ walk: BoundsWalk) -> (Graph, OutputActivation)? {
    for node in nodes.reversed() {
      let shape = self.shape(of: node.output)
      let activation: OutputActivation
      switch node.operation {
      case let step as Softmax where !step.logarithmic && step.normalizesClasses(of: shape): activation = .softmax
      case is Sigmoid: activation = .sigmoid
      default: continue
      }
      guard shape.dimensions.first == self.shape(of: output).dimensions.first, let found = walk.found(node.output),
        found.layout == .each, let own = found.cells, own.map(\.form) == cells.map(\.form)
      else { continue }
      var copy = self
      copy.output = node.inputs[0]
      return (copy.withoutDeadNodes(), activation)
    }
    return nil
  }

  /// The same graph with one more step.
  private func ending(in operation: some Operator) -> Graph {
    let name = "logits of \(values[output.index].name)"
    let value = ValueID(values.count)
    let node = Node(name: name, type: "LogProbability", operation: operation, inputs: [output], output: value)
    return Graph(
      nodes: nodes + [node], values: values + [Value(name: name, shape: shape(of: output))], input: input,
      output: value, aliases: aliases)
  }
}

extension Shape {
  /// Whether an output of this shape is a map or a row of answers, not one value a class: two axes and more along which values lie.
  var answersPerPlace: Bool { dimensions.dropFirst().count { $0 > 1 } > 1 }
}

extension BoundsWalk {
  /// What float32 weights may be off by where they should add up to 1.
  static let rounding = 1e-5

  /// Whether values are never below 0 and add up to 1.
  func isDistribution(_ cells: [Bounds.Cell]) -> Bool {
    guard cells.allSatisfy({ $0.interval.low >= -Self.rounding }) else { return false }
    let sum = cells.reduce(LinearForm()) { $0.adding($1.form) }.withoutRounding(1e-6).range(atoms)
    return Interval(1).contains(sum, tolerance: Self.rounding)
  }
}

extension Graph {
  /// Splits off a Softmax, LogSoftmax or Sigmoid at the end: the values before it are the logits.
  private func splittingOutputActivation() -> (graph: Graph, activation: OutputActivation?) {
    // Reshapes after it only rename values.
    var tail: [Int] = []
    var value = output
    while let at = nodes.firstIndex(where: { $0.output == value }) {
      let node = nodes[at]
      let shape = self.shape(of: node.output)
      if node.operation is Reshape || node.operation is Transpose {
        tail.append(at)
        value = node.inputs[0]
        continue
      }
      let activation: OutputActivation
      switch node.operation {
      case let softmax as Softmax where softmax.normalizesClasses(of: shape): activation = .softmax
      case is Sigmoid: activation = .sigmoid
      default: return (self, nil)
      }
      var copy = self
      if tail.isEmpty {
        copy.output = node.inputs[0]
      } else if let first = tail.last {
        let after = nodes[first]
        copy.nodes[first] = Node(
          name: after.name, type: after.type, operation: after.operation, inputs: node.inputs, output: after.output)
      }
      copy.nodes.remove(at: at)
      return (copy.withoutDeadNodes(), activation)
    }
    return (self, nil)
  }
}
