import Faults

extension PellucidError {
  static func attributeKind(_ node: OnnxNode, _ name: String, _ found: OnnxAttribute, wanted: String) -> Self {
    .init(
      .badData, at: .init(part: "node \(node.name)"),
      what: "the attribute \(name) of \(node.operation) is \(found.kind)", why: "\(wanted) is wanted",
      remedy: "export the model again")
  }

  static func noImageInput(_ file: String, inputs: [OnnxValueInfo]) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the model has no input for a 3D image",
      why: "a float input [N, C, D, H, W] is wanted; its inputs are "
        + (inputs.isEmpty ? "none" : inputs.map(\.description).joined(separator: "; ")),
      remedy: "export a network for 3D images")
  }
}
