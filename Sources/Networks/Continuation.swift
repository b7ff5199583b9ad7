public import PellucidFaults
public import PellucidTensors

/// What lies behind one value of a network, to be run again with that value changed while all else stays.
public struct Continuation: Sendable {
  private let network: Network
  private let value: ValueID
  /// Places of the nodes that depend on the value.
  private let places: [Int]
  /// Values that those nodes read and that do not depend on it.
  private let beside: [ValueID: Tensor]
  /// The value for the image, in its own shape; channels last.
  public let activation: Tensor
  /// The last values before the output activation, [1, K].
  public let logits: Tensor

  /// Runs the image once; nil where the network's output does not depend on the value.
  ///
  /// - Parameters:
  ///   - network: one that makes the value as the file defines it (`Network.exposing`).
  ///   - image: [1, C, D, H, W].
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public init?(_ network: Network, from value: ValueID, of image: Tensor) throws(PellucidError) {
    let graph = network.graph
    var depends: Set<ValueID> = [value]
    var places: [Int] = []
    var beside: Set<ValueID> = []
    for (place, node) in graph.nodes.enumerated() where node.inputs.contains(where: depends.contains) {
      depends.insert(node.output)
      places.append(place)
    }
    for place in places { beside.formUnion(graph.nodes[place].inputs.filter { !depends.contains($0) }) }
    let (kept, logits) = try network.run(image, keeping: beside.union([value]))
    guard depends.contains(graph.output), let activation = kept[value] else { return nil }
    self.network = network
    self.value = value
    self.places = places
    self.beside = kept.filter { beside.contains($0.key) }
    self.activation = activation.ordered(.channelsLast)
    self.logits = logits
  }

  /// How many changed values are worth a pass.
  public var imagesOfPass: Int {
    guard network.supportsBatches else { return 1 }
    let bytes = places.reduce(activation.count * 4) { largest, place in
      max(largest, 4 * network.graph.shape(of: network.graph.nodes[place].output).count)
    }
    return min(64, max(1, (16 << 20) / bytes))
  }

  /// The last values before the output activation, [n, K].
  ///
  /// - Parameter changed: n values in place of the image's own, [n, …].
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func logits(of changed: Tensor) throws(PellucidError) -> Tensor {
    let count = changed.shape[0]
    if count > 1, !network.supportsBatches {
      var rows: [Tensor] = []
      for n in 0..<count { rows.append(try logits(of: changed.images(n..<(n + 1)))) }
      return Tensor.joined(rows)
    }
    let output = try run(changed, checking: false)
    guard output.firstNonFinite != nil else { return output }
    return try run(changed, checking: true)
  }

  private func run(_ changed: Tensor, checking: Bool) throws(PellucidError) -> Tensor {
    let graph = network.graph
    let count = changed.shape[0]
    PassCount.add(forward: count)
    var values: [ValueID: Tensor] = [value: changed]
    for (side, tensor) in beside { values[side] = Tensor.joined(Array(repeating: tensor, count: count)) }
    for (index, place) in places.enumerated() {
      let node = graph.nodes[place]
      let result = try node.operation.forward(node.inputs.compactMap { values[$0] })
      if checking, let at = result.firstNonFinite { throw .nonFinite(node: node.name, index: at) }
      values[node.output] = result
      for input in node.inputs where !places[(index + 1)...].contains(where: { graph.nodes[$0].inputs.contains(input) })
      {
        values[input] = nil
      }
    }
    guard let output = values[graph.output] else { preconditionFailure("a graph that does not make its output") }
    return output.ordered(.rowMajor).reinterpreted(as: Shape([count, output.count / count]), order: .rowMajor)
  }
}
