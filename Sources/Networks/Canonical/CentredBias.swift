internal import PellucidFaults
internal import PellucidTensors

extension Graph {
  /// The graph without the biases of convolutions that a normalization takes off again with the mean of each channel.
  ///
  /// Without rounding it answers the same, and in single precision more exactly: close to an image of zeros, where integrated gradients
  /// begin, what the bias is added to is smaller than its rounding error, and the normalization enlarges both.
  ///
  /// - Parameters:
  ///   - isFree: whether a step's bias or input may change, for steps at these places: relevance goes to biases by rules.
  ///   - watched: values that somebody will ask for, which stay as they are.
  func withoutCentredBiases(keeping watched: Set<ValueID>, isFree: (Int) -> Bool) throws(PellucidError) -> Graph {
    var uncentred = watched
    uncentred.insert(output)
    for (place, node) in nodes.enumerated() {
      if isFree(place), let step = node.operation as? any Standardizing, step.centresChannels { continue }
      uncentred.formUnion(node.inputs)
    }
    var graph = self
    for (place, node) in nodes.enumerated() where isFree(place) && !uncentred.contains(node.output) {
      guard node.operation.role == .convolution, let layer = node.operation as? any AffineAbsorbing else { continue }
      graph.nodes[place] = node.replacing(try layer.with(.withoutBias))
    }
    return graph
  }
}
