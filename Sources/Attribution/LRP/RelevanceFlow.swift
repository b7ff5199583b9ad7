package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors
internal import Synchronization

/// Relevance on its way from an output to the voxels, as it stands at some values in between.
package struct RelevanceFlow: Sendable {
  /// The network that was walked: normalizations merged, which relevance propagation needs.
  package let network: Network
  /// What the values were for the image, in their own shapes.
  package let activations: [ValueID: Tensor]
  /// What arrived at the values, in their own shapes.
  package let relevance: [ValueID: Tensor]
  /// What arrived at the image, [1, C, D, H, W].
  package let image: Tensor
  /// What was given to the outputs, [1, K].
  package let start: Tensor
  /// Of a path: the channel that was kept at each value, and its part of what arrived there.
  package let kept: [ValueID: (channel: Int, part: Double)]
}

extension RelevancePropagation {
  /// The network that is walked, in which values must exist to be asked for.
  package func network(for score: ScoreFunction, sparing values: Set<ValueID> = []) throws(PellucidError) -> Network {
    let composite = try self.composite(for: nil)
    return try score.network.absorbingNormalizations(
      sparing: composite.apart(in: score.network.graph).union(values))
  }

  /// What arrives at some values of ``network(for:sparing:)``.
  ///
  /// - Parameters:
  ///   - values: values that its nodes make.
  ///   - isPath: whether at each of them only the channel that most relevance arrives at hands it on, from the output down: relevance
  ///     conditioned on channels (Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8), chosen greedily.
  /// - Throws: what relevance propagation throws.
  package func flow(
    through values: Set<ValueID>, of image: Tensor, to score: ScoreFunction, asPath isPath: Bool = false
  ) throws(PellucidError) -> RelevanceFlow {
    let composite = try self.composite(for: image)
    let network = try self.network(for: score, sparing: values)
    let rules = composite.assigned(in: network)
    let picks = Picks()
    let trace = try network.trace(image, watching: values) { node in
      guard isPath, values.contains(node.output) else { return rules[node] }
      return StrongestChannel(node: node, inner: rules[node], picks: picks)
    }
    let begin = try start.relevance(of: trace.logits, score)
    var activations: [ValueID: Tensor] = [:]
    for value in values { activations[value] = trace.activation(value) }
    let input = network.graph.input
    let found = try trace.backward(begin, to: values.union([input]))
    return RelevanceFlow(
      network: network, activations: activations, relevance: found.filter { $0.key != input },
      image: found[input] ?? Tensor(repeating: 0, shape: image.shape), start: begin, kept: picks.all)
  }

  /// The rules, with the bounds of an image where they take some.
  private func composite(for image: Tensor?) throws(PellucidError) -> Composite {
    let (base, recipe) = try self.composite.resolved(nil)
    let bounds = base.takes.contains(.bounds) ? image.map(bounds(of:)) : nil
    var composite = base.make(
      NamedComposite.Values(epsilon: epsilon, gamma: gamma, low: bounds?.low ?? 0, high: bounds?.high ?? 0))
    composite.special = try (recipe?.specials() ?? []) + composite.special
    return composite
  }
}

/// The channels that a path went through.
private final class Picks: Sendable {
  private let found = Mutex<[ValueID: (channel: Int, part: Double)]>([:])

  var all: [ValueID: (channel: Int, part: Double)] { found.withLock { $0 } }

  func note(_ value: ValueID, _ channel: Int, _ part: Double) { found.withLock { $0[value] = (channel, part) } }
}

/// Hands on the relevance of the channel alone at which most of it arrives.
private struct StrongestChannel: BackwardRule {
  let node: Node
  let inner: (any BackwardRule)?
  let picks: Picks

  var needs: GradientNeeds { inner?.needs ?? node.operation.gradientNeeds }

  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    let sums = upstream.channelSums
    let best = sums.indices.max { (sums[$0], $1) < (sums[$1], $0) } ?? 0
    let whole = sums.reduce(0, +)
    picks.note(node.output, best, whole == 0 ? 0 : sums[best] / whole)
    var extents = Array(repeating: 1, count: upstream.shape.rank)
    let axis = upstream.shape.channelAxis
    extents[axis] = upstream.shape[axis]
    let only = Tensor(sums.indices.map { $0 == best ? Float(1) : 0 }, shape: Shape(extents), order: upstream.order)
    let masked = upstream.combined(.multiply, with: only)
    if let inner { return try inner.backward(masked, through: node, saved: saved) }
    return try node.operation.gradient(masked, saved: saved)
  }
}

extension Shape {
  /// The axis of a value's channels: the second, or the last of tokens [N, T, C].
  package var channelAxis: Int { rank == 3 ? 2 : min(1, rank - 1) }
}

extension Tensor {
  /// Σ over all cells of each channel.
  package var channelSums: [Double] {
    let x = ordered(.rowMajor)
    let axis = shape.channelAxis
    let channels = shape.rank == 0 ? 1 : shape[axis]
    let inner = shape.dimensions.dropFirst(axis + 1).reduce(1, *)
    let outer = count / max(1, channels * inner)
    var sums = [Double](repeating: 0, count: channels)
    for o in 0..<outer {
      for c in 0..<channels {
        sums[c] += x.part(from: (o * channels + c) * inner, as: Shape([inner])).sum
      }
    }
    return sums
  }
}
