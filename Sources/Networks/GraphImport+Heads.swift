internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Networks that end in the choice of a class instead of its score.
extension GraphImport {
  /// Operators that answer which value is the largest, or the like.
  private static let choices: Set<String> = ["ArgMax", "ArgMin", "TopK", "Hardmax", "NonMaxSuppression", "Multinomial"]

  /// Steps behind a choice that change its form only.
  private static let carriers: Set<String> = [
    "Cast", "CastLike", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose", "Gather", "Slice",
    "ArrayFeatureExtractor", "Concat", "Split",
  ]

  /// The choices of a class among these nodes: those behind which values only change their form.
  private func choices(among nodes: [OnnxNode]) -> [OnnxNode] {
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
    return found
  }

  /// The advice to cut the graph where it chooses a class, if nothing else is lacking; nil otherwise.
  func head(among lacking: [OnnxNode], of nodes: [OnnxNode]) -> PellucidError? {
    let choices = choices(among: nodes)
    let excused = Set(choices.map(\.name))
    guard let choice = choices.last,
      lacking.allSatisfy({ excused.contains($0.name) || Self.carriers.contains($0.operation) })
    else { return nil }
    return advice(to: choice, of: nodes)
  }

  private func advice(to choice: OnnxNode, of nodes: [OnnxNode]) -> PellucidError? {
    guard let scores = choice.inputs.first else { return nil }
    let maker = nodes.first { $0.outputs.contains(scores) }
    let others = model.graph.outputs.map(\.name).filter { name in !nodes.contains { $0.outputs.contains(name) } }
    return .endsInChoice(choice, scores: scores, madeBy: maker, others: others)
  }

  /// Refuses a TopK that sorts the classes' scores at the end of a network, where its values no longer say whose they are.
  func refuseChoice(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    let shape = try context.shape()
    guard try context.axis(node.int("axis", default: -1), rank: shape.rank) == shape.rank - 1, shape.rank <= 2,
      choices(among: live).contains(where: { $0.name == node.name })
    else { return }
    if let advice = advice(to: node, of: live) { throw advice }
  }
}
