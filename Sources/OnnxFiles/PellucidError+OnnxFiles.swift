import PellucidFaults
import PellucidOnnxFormat

// The words of this room's errors: files first, then tensors, then graphs.

private let exportAgain = "export the model again"

extension PellucidError {
  static func noSuchFile(_ path: String) -> Self {
    .init(.badData, at: .init(file: path), what: "there is no such file", remedy: "check the path")
  }

  static func notAFile(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "this is a folder or a device, not a file", remedy: "name the .onnx file")
  }

  static func unreadable(_ path: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the file cannot be read", why: why, remedy: "check that you may read it")
  }

  static func emptyModel(_ path: String) -> Self {
    .init(.badData, at: .init(file: path), what: "the file is empty", remedy: "copy or export the model again")
  }

  static func modelTooLarge(_ path: String, bytes: Int) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the file is larger than an ONNX file can be",
      why: "\(bytes) bytes, of at most \(ModelFile.largest)", remedy: "save the model with external data")
  }

  static func anotherKindOfFile(_ path: String, _ what: String, remedy: String) -> Self {
    .init(.badData, at: .init(file: path), what: "the file \(what)", remedy: remedy)
  }

  static func undecodable(_ path: String, bytes: Int, cause: any Error) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the file is no ONNX model, or a damaged or truncated one",
      why: "its \(bytes) bytes do not decode", remedy: "copy or export the model again", cause: cause)
  }

  static func noNetwork(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the file holds no network",
      why: "it has no graph, or a graph without nodes, and may be truncated", remedy: "copy or export the model again")
  }

  static func noOpset(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the model does not say which version of ONNX's operator set it uses",
      why: "it may be truncated", remedy: "copy or export the model again")
  }

  static func opsetTooOld(_ path: String, _ opset: Int, oldest: Int) -> Self {
    .init(
      .unsupported, at: .init(file: path), what: "the model uses operator set \(opset)",
      why: "operator sets from \(oldest) on are read", remedy: "export it with opset 11 or newer")
  }

  // MARK: Tensors

  private static func tensor(
    _ file: String, _ name: String, _ kind: Kind = .badData, what: String, why: String = "",
    remedy: String = exportAgain
  ) -> Self {
    .init(
      kind, at: .init(file: file, part: name.isEmpty ? "a tensor without a name" : "tensor \(name)"), what: what,
      why: why,
      remedy: remedy)
  }

  private static let floatAgain = "export the model in float32"

  static func sparse(_ file: String, _ name: String) -> Self {
    tensor(file, name, .unsupported, what: "sparse weights are not read", remedy: "export the model with dense weights")
  }

  static func unknownElementType(_ file: String, _ name: String, number: Int) -> Self {
    tensor(
      file, name, what: number == 0 ? "the element type is missing" : "the element type \(number) is unknown",
      remedy: floatAgain)
  }

  static func elementTypeNotRead(_ file: String, _ name: String, _ type: OnnxElementType) -> Self {
    tensor(file, name, .unsupported, what: "elements of type \(type) are not read", remedy: floatAgain)
  }

  static func segmented(_ file: String, _ name: String) -> Self {
    tensor(file, name, .unsupported, what: "tensors stored in segments are not read")
  }

  static func negativeExtent(_ file: String, _ name: String, _ extents: [Int64]) -> Self {
    tensor(file, name, what: "a dimension is negative", why: shown(extents))
  }

  static func extentsTooLarge(_ file: String, _ name: String, _ extents: [Int64]) -> Self {
    tensor(
      file, name, what: "the dimensions are larger than a tensor's can be",
      why:
        "\(shown(extents)); at most \(OnnxTensor.mostAxes) are read, which make at most \(OnnxTensor.mostValues) values, "
        + "zeros not counted")
  }

  static func tooManyValues(_ file: String, _ name: String) -> Self {
    tensor(
      file, name, .unsupported, what: "the model's constants take far more memory than its file",
      why: "functions that are called again and again repeat them; \(ModelLimits.valuesRule) are allowed",
      remedy: "export the model without local functions (torch.onnx.export with optimize=True)")
  }

  static func wrongSize(_ file: String, _ name: String, _ extents: [Int64], found: Int, unit: String) -> Self {
    tensor(
      file, name, what: "the values do not fill the dimensions",
      why: "\(shown(extents)), but there are \(found) \(unit)",
      remedy: "copy or export the model again")
  }

  static func integerTooLarge(_ file: String, _ name: String, _ value: UInt64) -> Self {
    tensor(file, name, .unsupported, what: "the integer \(value) is larger than 64 signed bits hold")
  }

  private static func shown(_ extents: [Int64]) -> String {
    "the dimensions are [" + extents.prefix(8).map { String($0) }.joined(separator: ", ")
      + (extents.count > 8 ? ", …]" : "]")
  }

  // MARK: External data

  static func externalWithoutFile(_ file: String, _ name: String) -> Self {
    tensor(file, name, what: "the values are kept in another file, which is not named")
  }

  static func externalNumber(_ file: String, _ name: String, _ text: String) -> Self {
    tensor(file, name, what: "the offset or length of external data is no number", why: "it is `\(text)`")
  }

  static func externalOutside(_ file: String, _ name: String, _ location: String) -> Self {
    tensor(
      file, name, what: "the values are kept outside the model's folder", why: "in `\(location)`",
      remedy: "put the file beside the model and save the model with its name alone")
  }

  static func externalMissing(_ file: String, _ name: String, _ location: String, cause: PellucidError) -> Self {
    tensor(
      file, name, what: "the file `\(location)` with the values cannot be read", why: cause.what,
      remedy: "copy it into the folder of the model")
  }

  static func externalTooShort(
    _ file: String, _ name: String, _ location: String, wants offset: Int, _ length: Int, has: Int
  ) -> Self {
    tensor(
      file, name, what: "the file `\(location)` ends before the values do",
      why: "\(length) bytes from byte \(offset) on are wanted, the file holds \(has)",
      remedy: "copy the file again")
  }

  // MARK: Graphs

  static func endlessFunction(_ file: String, _ function: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "function \(function)"),
      what: "the model's functions call themselves", remedy: exportAgain)
  }

  static func functionsTooDeep(_ file: String, node: String) -> Self {
    .init(
      .unsupported, at: .init(file: file, part: "node \(node)"),
      what: "the model's functions and branches are nested too deep",
      why: "more than \(ModelLimits.deepestNesting) lie in each other",
      remedy: "export the model without local functions (torch.onnx.export with optimize=True)")
  }

  static func functionsTooLarge(_ file: String, node: String, nodes: Int) -> Self {
    .init(
      .unsupported, at: .init(file: file, part: "node \(node)"),
      what: "the model's functions make far more nodes than the file has",
      why: "more than \(nodes), or names of more than \(ModelLimits.mostNameBytes >> 20) MiB",
      remedy: "export the model without local functions (torch.onnx.export with optimize=True)")
  }

  static func madeTwice(_ file: String, _ tensor: String, by first: String, and second: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "tensor \(tensor)"), what: "the tensor is made twice",
      why: "by \(first) and by \(second)", remedy: exportAgain)
  }

  static func dangling(_ file: String, node: String, tensor: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "node \(node)"), what: "the input \(tensor) comes from nowhere",
      why: "it is no graph input, no initializer and no node's output", remedy: exportAgain)
  }

  static func cyclic(_ file: String, _ nodes: [String]) -> Self {
    let shown = nodes.prefix(8).joined(separator: ", ") + (nodes.count > 8 ? ", … (\(nodes.count) in all)" : "")
    return .init(
      .badData, at: .init(file: file), what: "nodes need each other's results in a circle", why: shown,
      remedy: exportAgain)
  }

  static func noOutput(_ file: String) -> Self {
    .init(.badData, at: .init(file: file), what: "the model has no output", remedy: exportAgain)
  }

  static func outputNotMade(_ file: String, _ name: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "output \(name)"), what: "no node makes this output of the model",
      remedy: exportAgain)
  }
}
