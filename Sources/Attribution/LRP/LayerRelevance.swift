package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// The relevance that arrives at a layer, from which parts can be handed on to the image: concept relevance propagation.
///
///     R(x|θ): the walk back in which, at the layer, the relevance of all channels but those of θ is set to 0
///
/// The parts of all channels add up to the whole map.
/// - Source: Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8, equation 4.
package struct LayerRelevance: Sendable {
  /// The layer's values, in its own shape.
  package let activation: Tensor
  /// The relevance that arrives there, in the same shape.
  package let relevance: Tensor
  /// Σ of what the outputs are given.
  package let start: Double
  /// The name of the tensor at which it arrives, where that is a later one: the layer is merged with a normalization behind it.
  package let mergedWith: String?
  private let trace: Trace
  private let value: ValueID
  private let input: ValueID
  private let imageShape: Shape

  fileprivate init(
    activation: Tensor, relevance: Tensor, start: Double, mergedWith: String?, trace: Trace, value: ValueID,
    input: ValueID, imageShape: Shape
  ) {
    (self.activation, self.relevance, self.start, self.mergedWith) = (activation, relevance, start, mergedWith)
    (self.trace, self.value, self.input, self.imageShape) = (trace, value, input, imageShape)
  }

  /// The relevance of the image, [1, C, D, H, W], where the layer hands on this relevance alone.
  /// - Parameter part: relevance in the layer's shape.
  /// - Throws: `.numeric` where relevance is not finite.
  package func onImage(_ part: Tensor) throws(PellucidError) -> Tensor {
    if value == input { return part }
    return try trace.backward(part, from: value, to: [input])[input]
      ?? Tensor(repeating: 0, shape: imageShape)
  }
}

extension RelevancePropagation {
  /// The relevance that arrives at a layer.
  ///
  /// - Parameter layer: a value of the network as the file defines it. Where a normalization behind it is merged into it, which makes one
  ///   layer of the two, the relevance is that of what they make together.
  /// - Throws: `.usage` where the output does not depend on the layer; what the method throws.
  package func relevance(
    at layer: ValueID, of subject: Subject, to score: ScoreFunction
  ) throws(PellucidError) -> LayerRelevance {
    var (composite, network) = try prepared(for: subject, score.network)
    var value = network.graph.standing(for: layer, in: network.imported)
    if value == nil {
      (composite, network) = try prepared(for: subject, try score.network.exposing([layer]))
      value = network.graph.maker(of: layer) == nil && layer != network.graph.input ? nil : layer
    }
    guard let value else { throw .layerBehindLogits(network.imported.values[layer.index].name) }
    let rules = composite.assigned(in: network)
    let trace = try network.trace(subject.image, watching: [value]) { rules[$0] }
    let begin = try start.relevance(of: trace.logits, score)
    let found = try trace.backward(begin, to: [value])[value]
    let shape = network.graph.shape(of: value)
    guard let activation = value == network.graph.input ? subject.image : trace.activation(value) else {
      throw .layerBehindLogits(network.imported.values[layer.index].name)
    }
    return LayerRelevance(
      activation: activation, relevance: found ?? Tensor(repeating: 0, shape: shape), start: begin.sum,
      mergedWith: value == layer ? nil : network.imported.values[value.index].name, trace: trace, value: value,
      input: network.graph.input, imageShape: subject.image.shape)
  }

  /// The composite, and the network as it is walked.
  private func prepared(
    for subject: Subject, _ network: Network
  ) throws(PellucidError) -> (Composite, Network) {
    let (composite, _) = try composite(for: subject)
    return (composite, try network.absorbingNormalizations(sparing: composite.apart(in: network.graph)))
  }
}

extension Graph {
  /// The value in which one of the file's graph stands: itself, or what normalizations that were merged with it make of it; nil where it
  /// stands in none.
  fileprivate func standing(for layer: ValueID, in imported: Graph) -> ValueID? {
    var value = layer
    while maker(of: value) == nil, value != input {
      let readers = imported.nodes.filter { $0.inputs.contains(value) }
      guard readers.count == 1, let reader = readers.first, reader.inputs.count == 1, value != imported.output,
        reader.operation.role == .normalization || ["Mul", "Add", "Sub", "Div"].contains(reader.type),
        imported.shape(of: reader.output) == imported.shape(of: value)
      else { return nil }
      value = reader.output
    }
    return value
  }
}
