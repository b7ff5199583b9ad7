import PellucidFaults

// The words of this room's errors.

extension PellucidError {
  static func attributeKind(_ node: OnnxNode, _ name: String, _ found: OnnxAttribute, wanted: String) -> Self {
    .init(
      .badData, at: .init(part: "node \(node.name)"),
      what: "the attribute \(name) of \(node.operation) is \(found.kind)", why: "\(wanted) is wanted",
      remedy: "export the model again")
  }

  static func channelsLastImages(_ path: String, _ names: [String]) -> Self {
    .init(
      .unsupported, at: .init(file: path), what: "a network of several images whose channels stand last is not read",
      why: "its further images are \(names.joined(separator: ", "))", remedy: "export it with inputs [N, C, D, H, W]")
  }

  static func unlikeImages(
    _ path: String, _ first: String, _ name: String, _ wanted: [OnnxDimension], _ found: [OnnxDimension]
  ) -> Self {
    func text(_ dimensions: [OnnxDimension]) -> String { dimensions.map(\.description).joined(separator: ", ") }
    return .init(
      .unsupported, at: .init(file: path, part: "input \(name)"), what: "the image inputs have unlike extents",
      why: "it takes [\(text(found))], \(first) takes [\(text(wanted))]",
      remedy: "export the network for images on one grid")
  }

  static func noImageInput(_ file: String, inputs: [OnnxValueInfo]) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the model has no input for a 3D image",
      why: "a float input [N, C, D, H, W] is wanted; its inputs are "
        + (inputs.isEmpty ? "none" : inputs.map(\.description).joined(separator: "; ")),
      remedy: "export a network for 3D images")
  }
}
