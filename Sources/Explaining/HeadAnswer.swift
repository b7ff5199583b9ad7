public import PellucidAttribution
internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidTensors

/// What one of a model's outputs says of a scan.
public struct HeadAnswer: Sendable {
  /// The output's name.
  public let name: String
  /// What its values are; nil where they are a map.
  public let classes: Classes?
  /// Its values by class: logits, or quantities.
  public let scores: [Float]
  /// The probabilities by class; nil where it has none.
  public let probabilities: [Float]?
  /// The class with the highest score; nil for a single value.
  public let predicted: Int?
  /// Why there is no answer; nil where there is one.
  public let lacking: String?
}

extension Explainer {
  /// What all of a model's outputs say of a case, in the file's order.
  public func heads(of subject: Case) -> [HeadAnswer] {
    classifier.model.graph.outputs.map(\.name).map { name in
      if name == classifier.outputName {
        return HeadAnswer(
          name: name, classes: subject.classes, scores: subject.scores,
          probabilities: subject.probabilities ?? statedProbabilities(subject),
          predicted: subject.predicted, lacking: nil)
      }
      do throws(PellucidError) {
        return try head(name, of: subject)
      } catch {
        return HeadAnswer(
          name: name, classes: nil, scores: [], probabilities: nil, predicted: nil, lacking: error.line)
      }
    }
  }

  /// Values that the card says are the answer, where they are a class's or classes' probabilities, though the graph does not tell.
  private func statedProbabilities(_ subject: Case) -> [Float]? {
    let scores = subject.scores
    guard classifier.card.output.activation == OutputActivation.none, !classifier.card.output.isQuantity,
      scores.allSatisfy({ $0 >= 0 && $0 <= 1 })
    else { return nil }
    return scores
  }

  private func head(_ name: String, of subject: Case) throws(PellucidError) -> HeadAnswer {
    let network = try network(subject, classifier.model, output: name, called: name)
    guard !network.answersPerPlace else { throw classifier.outputPerPlace(name, network.outputShape) }
    let classes = try classes(ofFurther: network)
    let outputs = try network.logits(subject.prepared.input).values
    return HeadAnswer(
      name: name, classes: classes, scores: classes.scores(of: outputs),
      probabilities: classes.haveProbabilities ? classes.probabilities(of: outputs) : nil,
      predicted: classes.predicted(from: outputs), lacking: nil)
  }
}
