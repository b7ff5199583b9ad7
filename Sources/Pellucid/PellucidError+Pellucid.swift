internal import Faults

extension PellucidError {
  static func activations(card: String, stated: String, graph: String) -> Self {
    .init(
      .badData, at: Place(file: card, part: "output.activation"),
      what: "the card says \(stated), the model ends in \(graph)",
      remedy: "leave the key out: the model's own is used")
  }

  static func rank(_ dimensions: [String]) -> Self {
    .init(
      .badData, what: "the model's input is not a 3D image",
      why: "its shape is [\(dimensions.joined(separator: ", "))], a 3D classifier's is [N, C, D, H, W]",
      remedy: "export the 3D network")
  }

  static func sameStem(_ stem: String, _ first: String, _ second: String) -> Self {
    .init(
      .usage, at: Place(file: second), what: "its results would be named \(stem)_…, as those of \(first)",
      remedy: "explain them into different folders with --out")
  }

  static func noImages() -> Self { .init(.usage, what: "no image is given", remedy: "name at least one scan") }
}
