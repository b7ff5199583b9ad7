internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

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

  static func brokenConstant(_ name: String, _ extents: [Int], values: Int) -> Self {
    .init(
      .badData, at: .init(part: "tensor \(name)"), what: "the constant is malformed",
      why: "it has \(values) values for the extents \(extents)", remedy: "export the model again")
  }

  static func strings(_ node: OnnxNode) -> Self {
    .init(
      .unsupported, at: .init(part: "node \(node.name)"), what: "\(node.operation) of strings cannot be explained",
      why: "an operand holds strings, where Pellucid takes numbers", remedy: "export the classifier without them")
  }

  static func tooManyConstants(_ node: OnnxNode) -> Self {
    .init(
      .unsupported, at: .init(part: "node \(node.name)"),
      what: "the constants that \(node.operation) makes are far larger than those of the file",
      why: "at most \(ConstantFolding.mostConstants) values and a few times the file's own are allowed",
      remedy: "export the model again, with constant folding")
  }

  static func tooManySteps(_ node: OnnxNode) -> Self {
    .init(
      .unsupported, at: .init(part: "node \(node.name)"), what: "the network has too many steps",
      why: "more than \(GraphImport.mostNodes)", remedy: "export a smaller network")
  }

  static func tooLargeValue(_ node: String, _ shape: Shape) -> Self {
    .init(
      .unsupported, at: .init(part: "node \(node)"), what: "its output of shape \(shape) is larger than can be held",
      why:
        "\(shape.count) values are more than \(Engine.mostValues) (half of this machine's memory, and at most 4 GiB)",
      remedy: "check the node's pads and sizes, or take a larger machine")
  }

  static func noMemory(_ node: String, bytes: Int) -> Self {
    .init(
      .badData, at: .init(part: "node \(node)"),
      what: "the machine has no memory left for this step",
      why: "it takes \(bytes >> 20) MiB more",
      remedy: "close other programs, raise the limit (ulimit -v), take a larger machine, or a smaller network or image")
  }

  static func tooLargeImage(_ input: String, _ shape: Shape) -> Self {
    .init(
      .badData, at: .init(part: "input \(input)"), what: "an image of shape \(shape) is larger than can be held",
      why: "it has more than \(Engine.mostValues) values (half of this machine's memory, and at most 4 GiB)",
      remedy: "export the network for a smaller image")
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

  static func endsInChoice(_ node: OnnxNode, scores: String, madeBy maker: OnnxNode?, others: [String]) -> Self {
    var remedy = "make `\(scores)` the model's output and leave out what follows (onnx.utils.extract_model does it)"
    if !others.isEmpty {
      remedy +=
        ", or explain another of its outputs: \(others.prefix(4).joined(separator: ", ")) (output.name in the model card)"
    }
    return .init(
      .unsupported, at: .init(part: "node \(node.name)"),
      what: "the network ends in \(node.operation), which answers a class and not how likely it is",
      why: "the scores that it chooses among are `\(scores)`"
        + (maker.map { ", which node \($0.name) (\($0.operation)) makes" } ?? ""),
      remedy: remedy)
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
