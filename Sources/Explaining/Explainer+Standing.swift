package import PellucidAttribution
package import PellucidFaults
package import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidTensors

extension Explainer {
  /// What a target asks of the network where there is no scan: classes, sums of them, further outputs, latent factors, units.
  ///
  /// - Parameter network: that of the input's size, ``Classifier/network()``.
  /// - Throws: `.usage` for what the model does not have, and for a target that needs a scan.
  package func standingScore(of text: String, in network: Network) throws(PellucidError) -> ScoreFunction {
    let (network, classes) = try classifier.answering(network, target: text)
    func score(_ network: Network, _ classes: Classes, _ target: Target) -> ScoreFunction {
      ScoreFunction(network: network, classes: classes, target: target, kind: .logit)
    }
    func other(_ model: OnnxModel, _ output: String, called key: String, _ answers: Network.Answers)
      throws(PellucidError) -> Network
    {
      let shape = network.inputShape
      return try classifier.network(
        model, output: output, called: key, channels: shape[1], spatial: shape.spatial, answering: answers)
    }
    func sum(_ network: Network, _ indices: [Int], missing: (Int, Int) -> PellucidError) throws(PellucidError)
      -> ScoreFunction
    {
      let classes = try Classes(outputs: network.outputCount, activation: .none, names: nil)
      if let index = indices.first(where: { $0 >= classes.count }) { throw missing(index, classes.count) }
      let weights = (0..<classes.count).map { indices.contains($0) ? Float(1) : 0 }
      return score(network, classes, Target(name: text, weights: weights, scale: .logit))
    }
    switch try TargetRequest(parsing: text, classes: classes) {
    case .classes(let text):
      do {
        return score(network, classes, try Target(parsing: text, classes: classes))
      } catch {
        throw classifier.targetIsOutput(text, among: classes) ?? error
      }
    case .expectation: throw .expectationNeedsScan()
    case .output(let named):
      let (name, part) = try classifier.output(named: named)
      let further = try other(classifier.model, name, called: name, .logits)
      let own = try self.classes(ofFurther: further)
      guard let part = part ?? (own.count == 1 ? "0" : nil) else { throw .outputNeedsClass(name, count: own.count) }
      return score(further, own, try Target(parsing: part, classes: own))
    case .latent(let factors):
      let (model, output) = try classifier.modelOfDivergences()
      return try sum(try other(model, output, called: "made divergences", .values), factors) {
        .latentFactor($0, count: $1)
      }
    case .unit(let layer, let channel):
      let (model, output) = try classifier.model(averaging: layer, for: network)
      return try sum(try other(model, output, called: "made means of " + layer, .values), [channel]) {
        .channel($0, of: layer, count: $1)
      }
    }
  }
}

extension PellucidError {
  static func expectationNeedsScan() -> Self {
    .init(
      .usage, what: "an expectation over probabilities is no single direction of the network",
      remedy: "name a class, or a difference of classes")
  }

  static func outputNeedsClass(_ name: String, count: Int) -> Self {
    .init(.usage, what: "the output \(name) has \(count) values", remedy: "say which: output:\(name):0")
  }
}
