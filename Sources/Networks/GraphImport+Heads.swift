internal import PellucidFaults
internal import PellucidOnnxFormat

// Networks that end in the choice of a class instead of its score.
extension GraphImport {
  /// Operators that answer which value is the largest, or the like.
  private static let choices: Set<String> = ["ArgMax", "ArgMin", "TopK", "Hardmax", "NonMaxSuppression", "Multinomial"]

  /// Steps behind a choice that change its form only.
  private static let carriers: Set<String> = [
    "Cast", "CastLike", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose", "Gather", "Slice",
    "ArrayFeatureExtractor", "Concat", "Split",
  ]

  /// The advice to cut the graph where it chooses a class, if nothing else is lacking; nil otherwise.
  func head(among lacking: [OnnxNode], of nodes: [OnnxNode]) -> PellucidError? {
    let inner = Set(nodes.flatMap(\.needs))
    var tail = Set(nodes.flatMap(\.outputs)).subtracting(inner)
    var found: [OnnxNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: tail.contains) {
      if Self.choices.contains(node.operation) {
        found.append(node)
      } else if Self.carriers.contains(node.operation) {
        tail.formUnion(node.needs)
      }
    }
    let choices = found.filter { Self.choices.contains($0.operation) }
    let excused = Set(choices.map(\.name))
    guard let choice = choices.last, let scores = choice.inputs.first,
      lacking.allSatisfy({ excused.contains($0.name) || Self.carriers.contains($0.operation) })
    else { return nil }
    let maker = nodes.first { $0.outputs.contains(scores) }
    let others = model.graph.outputs.map(\.name).filter { name in !nodes.contains { $0.outputs.contains(name) } }
    return .endsInChoice(choice, scores: scores, madeBy: maker, others: others)
  }
}
