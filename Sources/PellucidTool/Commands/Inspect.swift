import ArgumentParser
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidResults
import PellucidTensors

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists a network's layers: shapes, parameters, multiply-adds, receptive fields.",
    discussion: """
      A layer's output name is what --layer of grad-cam takes. sees: the voxels of the input that one cell sees, along the network's \
      three axes; jump: voxels between cells; centre: where the first cell looks.
      """)

  @Argument(help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String

  @Option(help: ArgumentHelp("The model card (default: beside the model, same name, .yaml).", valueName: "yaml"))
  var card: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Value of a further input of the network, e.g. age=73; may be repeated.", valueName: "name=value"))
  var inputs: [String] = []

  @Option(help: ArgumentHelp("Extents D,H,W of the input, where neither model nor card fix them.", valueName: "d,h,w"))
  var shape: String?

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    let classifier = try ModelOptions.classifier(model: model, card: card, inputs: inputs)
    let network =
      try shape.map { try Self.network(of: classifier, at: $0, model) } ?? classifier.network()
    let layers = LayerSummary.layers(of: network)
    if json {
      try StandardOutput.write(document(classifier, network, layers).text(pretty: true))
    } else {
      try StandardOutput.write(text(classifier, network, layers))
    }
  }

  /// The network for an input of a size, which must be the model's own where that fixes it.
  private static func network(of classifier: Classifier, at shape: String, _ model: String) throws -> Network {
    let wanted = try extents(shape)
    let network = try classifier.network(channels: 1, spatial: wanted)
    let fixed = network.inputShape.spatial
    guard fixed == wanted else { throw PellucidError.fixedExtents(model, wanted: wanted, fixed: fixed) }
    return network
  }

  private static func extents(_ text: String) throws -> [Int] {
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard values.count == 3, values.allSatisfy({ $0 > 0 && $0 < 65_536 }) else {
      throw PellucidError.extents(text)
    }
    return values
  }

  private func document(_ classifier: Classifier, _ network: Network, _ layers: [LayerSummary]) -> JSONValue {
    [
      "model": .string(model), "opset": .integer(classifier.model.opsetVersion),
      "producer": .string(classifier.model.producer),
      "input": .integers(network.inputShape.dimensions), "outputs": .integer(network.outputCount),
      "graph_outputs": .array(Self.outputs(of: classifier).map(Self.document)),
      "ends_in": network.endsIn.map { .string($0.rawValue) } ?? .null,
      "parameters": .integer(LayerSummary.total(layers, of: \.parameters)),
      "multiply_adds": .integer(LayerSummary.total(layers, of: \.multiplyAdds)),
      "layers": .array(layers.map(\.json)),
    ]
  }

  /// Every output of the model as the file declares it, and whether it is the one that is explained unless a target says otherwise.
  private static func outputs(of classifier: Classifier) -> [(value: OnnxValueInfo, answers: Bool)] {
    let outputs = classifier.model.graph.outputs
    let wanted = classifier.outputName
    return outputs.map { ($0, $0.name == wanted) }
  }

  private static func document(_ output: (value: OnnxValueInfo, answers: Bool)) -> JSONValue {
    let shape: JSONValue =
      output.value.dimensions.map { extents in
        .array(
          extents.map { extent in
            if case .fixed(let count) = extent { .integer(count) } else { .string(extent.description) }
          })
      } ?? .null
    return ["name": .string(output.value.name), "shape": shape, "answers": .bool(output.answers)]
  }

  private static func line(_ output: (value: OnnxValueInfo, answers: Bool)) -> String {
    let shape = output.value.dimensions.map { " [" + $0.map(\.description).joined(separator: ", ") + "]" } ?? ""
    let use = output.answers ? "" : ": explained by --target output:\(output.value.name)"
    return "output \(output.value.name)\(shape)\(use)".shown()
  }

  private func text(_ classifier: Classifier, _ network: Network, _ layers: [LayerSummary]) -> String {
    let parameters = LayerSummary.total(layers, of: \.parameters)
    let work = LayerSummary.total(layers, of: \.multiplyAdds)
    var lines = [
      "\(model): opset \(classifier.model.opsetVersion), input \(network.inputShape), \(network.outputCount) output"
        + (network.outputCount == 1 ? "" : "s") + (network.endsIn.map { " through \($0.rawValue)" } ?? ""),
      Self.outputs(of: classifier).map(Self.line).joined(separator: "\n"),
      "\(LayerSummary.grouped(parameters)) parameters, \(LayerSummary.grouped(work)) multiply-adds", "",
    ]
    lines += LayerSummary.table(layers)
    return lines.joined(separator: "\n")
  }
}
