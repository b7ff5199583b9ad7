public import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
import PellucidOnnxFiles
internal import PellucidOnnxFormat

extension Classifier {
  /// A card for a model as YAML, as far as its graph and a bundle's own configuration tell; what is not known stands as comments.
  ///
  /// - Parameters:
  ///   - path: the ONNX file.
  ///   - bundle: the folder of a MONAI bundle or a ClinicaDL MAPS folder; nil: none.
  /// - Throws: `.badData` and `.unsupported` where the model or the configuration cannot be read.
  public static func proposedCard(for path: String, bundle: String? = nil) throws(PellucidError) -> String {
    let model = try OnnxModel(contentsOf: path)
    let image = try model.imageInput()
    var card = CardProposal()
    if let bundle { card = try BundleConfiguration(folder: bundle).proposal }
    let further = model.graph.inputs.filter { $0.name != image.name }
    let dimensions = image.dimensions ?? []
    let shape = dimensions.map(\.description).joined(separator: ", ")
    card.heading =
      [
        "A card for \(path)" + (bundle.map { ", from its graph and \($0)" } ?? ", from its graph") + ".",
        "Check every line against how the network was trained; what is commented out is not known.",
        "\(image.name) takes [\(shape)]"
          + (model.takesSlicesAsChannels ? ": its slices are channels of the graph." : "."),
      ] + card.heading
    card.name = card.name ?? path.split(separator: "/").last.map { String($0.split(separator: ".").first ?? $0) }
    let images = Set(model.furtherImages)
    card.inputs = further.map { input in
      images.contains(input.name)
        ? .init(input.name, nil, "a further image, --input \(input.name)=FILE.nii.gz: {normalization: zscore}, …")
        : .init(input.name, nil, "a number: \(input.dimensions?.map(\.description).joined(separator: " × ") ?? "")")
    }
    card.output = outputs(of: model, known: card.output)
    return card.yaml
  }

  /// The lines under `output`: which there are, what they end in, and classes to be named.
  private static func outputs(of model: OnnxModel, known: [CardProposal.Line]) -> [CardProposal.Line] {
    let names = model.graph.outputs.map(\.name)
    var lines: [CardProposal.Line] = []
    if let first = names.first {
      let others = names.dropFirst().joined(separator: ", ")
      lines.append(
        .init(
          "name", CardProposal.quoted(first), others.isEmpty ? "the graph's only output" : "others: \(others)"))
    }
    // The network tells more where its input's size is known.
    let network = (try? model.imageInput().dimensions).flatMap { $0 }.flatMap { dimensions -> Network? in
      let open = dimensions.dropFirst(2).contains { if case .symbolic = $0 { true } else { false } }
      let further = model.graph.inputs.dropFirst().map { ($0.name, [Float(0)]) }
      return try? Network(model, spatial: open ? [96, 96, 96] : nil, inputs: Dictionary(uniqueKeysWithValues: further))
    }
    if !known.contains(where: { $0.key == "kind" }) {
      lines.append(.init("kind", nil, "regression: the output is a quantity, not scores of classes"))
    }
    if let ends = network?.endsIn {
      lines.append(.init("activation", nil, "the graph ends in a \(ends.rawValue), nothing to say"))
    } else {
      lines.append(.init("activation", nil, "softmax, sigmoid or none: what turns the output into probabilities"))
    }
    if !known.contains(where: { $0.key == "classes" }) {
      let count = network?.outputCount
      let example = CardProposal.list((0..<min(count ?? 2, 4)).map { "class \($0)" })
      lines.append(
        .init("classes", nil, (count.map { "\($0) of them, by index, such as " } ?? "by index, such as ") + example))
    }
    return lines + known
  }
}
