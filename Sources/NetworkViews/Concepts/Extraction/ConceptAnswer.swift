internal import PellucidFaults
internal import PellucidStatistics

/// What an extractor says of one scan, in numbers.
public struct ConceptAnswer: Sendable {
  /// Each concept's part of its class's relevance, w·e, before the logistic function.
  public let relevances: [Double]
  /// What each class's relevance begins with, without any concept.
  public let starts: [Double]
  /// Each class's relevance, 0…1.
  public let classRelevances: [Double]
  /// The probabilities that the network's end answers by way of the concepts, by class.
  public let probabilities: [Double]

  /// What an extractor says of the scans of a pass.
  static func all(
    _ extractor: ConceptExtractor, _ pass: ConceptPass, _ dense: DensePart
  ) throws(PellucidError) -> [ConceptAnswer] {
    let (form, width) = (extractor.form, extractor.form.embedding)
    let logits = try dense.logits(of: pass.row)
    let outputs = logits.count / pass.values.count
    return pass.values.indices.map { scan in
      var relevances: [Double] = []
      for (place, part) in pass.parts.enumerated() {
        let weights = extractor.relevances[place].weights.values
        for concept in 0..<form.concepts {
          let row = (scan * form.concepts + concept) * width
          relevances.append((0..<width).reduce(0) { $0 + weights[concept * width + $1] * part.embeddings[row + $1] })
        }
      }
      return ConceptAnswer(
        relevances: relevances, starts: extractor.relevances.map { $0.bias.values[0] },
        classRelevances: pass.parts.map { $0.relevances[scan] },
        probabilities: ConceptLoss.probabilities(
          Array(logits[(scan * outputs)..<((scan + 1) * outputs)]), dense.classes))
    }
  }
}
