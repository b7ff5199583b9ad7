internal import Faults
internal import OnnxFormat
internal import Tensors

extension PellucidError {
  static func form(_ node: OnnxNode, _ what: String, wanted: String) -> Self {
    .init(
      .unsupported, at: .init(part: "node \(node.name)"), what: "this form of \(node.operation) cannot be explained",
      why: "\(what), where Pellucid takes \(wanted)")
  }

  static func malformed(_ node: OnnxNode, _ what: String) -> Self {
    .init(
      .badData, at: .init(part: "node \(node.name)"), what: "this \(node.operation) is malformed", why: what,
      remedy: "export the model again")
  }

  static func shapes(_ name: String, _ shapes: [Shape], _ why: String) -> Self {
    .init(
      .badData, at: .init(part: name),
      what: "shapes do not fit: \(shapes.map(\.description).joined(separator: " and "))", why: why,
      remedy: "check that the model takes an image of this size")
  }

  static func unsupportedOperators(_ nodes: [OnnxNode], opset: Int) -> Self {
    var byType: [(type: String, names: [String])] = []
    for node in nodes {
      let type = node.domain.isEmpty ? node.operation : "\(node.domain)::\(node.operation)"
      if let at = byType.firstIndex(where: { $0.type == type }) {
        byType[at].names.append(node.name)
      } else {
        byType.append((type, [node.name]))
      }
    }
    let list = byType.map { entry in
      let shown = entry.names.prefix(3).joined(separator: ", ")
      return "\(entry.type) (\(shown)\(entry.names.count > 3 ? ", … \(entry.names.count) nodes" : ""))"
    }
    return .init(
      .unsupported, what: "the model uses operators that Pellucid lacks, at opset \(opset)",
      why: list.joined(separator: ", "),
      remedy: "export the classifier without them")
  }

  static func engine(_ verb: String, _ why: String) -> Self {
    .init(.internalFault, at: .init(part: verb), what: "the numerical library refused", why: why)
  }

  static func notImage(_ found: [OnnxDimension]) -> Self {
    .init(
      .badData, what: "the model's input is not a 3D image",
      why: "its shape is [\(found.map(\.description).joined(separator: ", "))], a 3D classifier's is [N, C, D, H, W]",
      remedy: "export the 3D network")
  }

  static func nonFinite(node: String, index: [Int]) -> Self {
    .init(
      .numeric, at: .init(part: "node \(node)"), what: "its output is not finite",
      why: "the first such value is at \(index)",
      remedy: "check the scan's intensities and the card's normalization")
  }

  static func relevanceNotFinite(node: String?, index: [Int]) -> Self {
    .init(
      .numeric, at: .init(part: node.map { "node \($0)" }), what: "relevance or gradient is not finite",
      why: node == nil
        ? "it was so where the way back begins" : "on the way back it is so first here, at \(index) of its input",
      remedy: "check the scan's intensities and the card's normalization")
  }

  static func output(_ name: String, among names: [String]) -> Self {
    .init(
      .usage, what: "the model has no output \(name)",
      remedy: NearMiss.remedy(for: name, among: names, noun: "its outputs"))
  }

  static func graphInput(_ name: String, _ what: String, remedy: String) -> Self {
    .init(.badData, at: .init(part: "input \(name)"), what: what, remedy: remedy)
  }
}
