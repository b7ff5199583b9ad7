internal import PellucidAttribution
package import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidTensors

// Models of the same file that answer something else.
extension Classifier {
  /// An output of the model and what follows its name: `NAME` or `NAME:CLASS`.
  func output(named text: String) throws(PellucidError) -> (name: String, part: String?) {
    let names = model.graph.outputs.map(\.name)
    if names.contains(text) { return (text, nil) }
    if let colon = text.lastIndex(of: ":"), names.contains(String(text[..<colon])) {
      return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
    throw .noOutput(text, model: model.path, known: names)
  }

  /// The model with the mean of each channel of a layer as an output; of a layer without voxels, its values.
  ///
  /// - Parameter layer: an ONNX node's name or its output's.
  func model(averaging layer: String, for network: Network) throws(PellucidError) -> (OnnxModel, output: String) {
    let graph = model.graph
    let node = graph.nodes.first { $0.outputs.contains(layer) } ?? graph.nodes.first { $0.name == layer }
    guard let tensor = graph.nodes.contains(where: { $0.outputs.contains(layer) }) ? layer : node?.outputs.first else {
      throw .unknownLayer(
        layer, among: graph.nodes.flatMap { [$0.name] + $0.outputs }, listing: graph.nodes.map(\.name))
    }
    let imported = network.imported
    guard let value = imported.value(named: tensor) else { throw .layerBeside(layer) }
    let name = "pellucid_unit"
    let shape = imported.shape(of: value)
    let isPlaced = ReceptiveField.of(value, in: imported).volumeAxes(ofRank: shape.rank) != nil
    guard shape.rank == 5 || shape.rank == 2 || isPlaced else {
      throw .layerWithoutChannels(layer, shape: shape.description)
    }
    // Slices on the first axis are averaged too.
    let step =
      shape.rank == 2 || shape.rank == 5
      ? OnnxNode(
        name: name, operation: shape.rank == 5 ? "GlobalAveragePool" : "Identity", inputs: [tensor], outputs: [name])
      : OnnxNode(
        name: name, operation: "ReduceMean", inputs: [tensor], outputs: [name],
        attributes: ["axes": .ints([0] + Array(2..<shape.rank)), "keepdims": .int(1)])
    return (model.adding([step]), name)
  }

  /// The model with the divergence of each latent factor from the standard normal as an output.
  ///
  ///     D_k = ½·μ_k² + ½·(exp(ℓ_k) − ℓ_k − 1)        μ: means, ℓ: logarithms of variances
  ///
  /// Written as the sum of these two parts, neither of which is negative, so that relevance propagation gives each head its own part.
  /// - Source: Kingma & Welling 2014, arXiv:1312.6114, appendix B.
  func modelOfDivergences() throws(PellucidError) -> (OnnxModel, output: String) {
    let (mean, variance) = try latentOutputs()
    let name = "pellucid_divergence"
    func step(_ operation: String, _ inputs: [String], _ output: String) -> OnnxNode {
      OnnxNode(name: output, operation: operation, inputs: inputs, outputs: [output])
    }
    let steps = [
      step("Mul", [mean, mean], name + "_square"), step("Mul", [name + "_square", name + "_half"], name + "_of_mean"),
      step("Exp", [variance], name + "_variance"), step("Sub", [name + "_variance", variance], name + "_excess"),
      step("Add", [name + "_excess", name + "_one"], name + "_above"),
      step("Mul", [name + "_above", name + "_half"], name + "_of_variance"),
      step("Add", [name + "_of_mean", name + "_of_variance"], name),
    ]
    let constants = [(name + "_one", Float(-1)), (name + "_half", Float(0.5))].map { name, value in
      (name, OnnxTensor(elementType: .float, dimensions: [], values: .floats([value])))
    }
    return (model.adding(steps, Dictionary(uniqueKeysWithValues: constants)), name)
  }

  /// The outputs of a VAE's encoder: means and logarithms of variances, as the card names them or as they are usually called.
  /// - Throws: `.usage` where none is found; `.badData` where the card names what is not there.
  package func latentOutputs() throws(PellucidError) -> (mean: String, logVariance: String) {
    let names = model.graph.outputs.map(\.name)
    func found(_ stated: String?, _ usual: [String], _ key: String) throws(PellucidError) -> String {
      if let stated {
        guard names.contains(stated) else {
          throw .output(stated, model: model.path, known: names, card: card.file ?? "the card", key: key)
        }
        return stated
      }
      guard let name = names.first(where: { usual.contains($0.lowercased().filter { $0.isLetter }) }) else {
        throw .noLatentOutput(key, model: model.path, known: names)
      }
      return name
    }
    let mean = try found(card.output.latentMean, ["mu", "mean", "zmean", "zmu", "latentmean"], "latent_mean")
    let variance = try found(
      card.output.latentLogVariance, ["logvar", "logvariance", "zlogvar", "zlogvariance", "latentlogvar"],
      "latent_log_variance")
    guard mean != variance else { throw .oneLatentOutput(mean, card: card.file) }
    return (mean, variance)
  }
}

extension OnnxModel {
  /// The model with further steps, the last of which makes a further output.
  fileprivate func adding(_ steps: [OnnxNode], _ constants: [String: OnnxTensor] = [:]) -> OnnxModel {
    var graph = self.graph
    graph.nodes += steps
    graph.initializers.merge(constants) { $1 }
    graph.outputs += (steps.last?.outputs ?? []).map { OnnxValueInfo(name: $0, elementType: .float, dimensions: nil) }
    return OnnxModel(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata)
  }
}

extension PellucidError {
  static func noOutput(_ name: String, model: String, known: [String]) -> Self {
    .init(
      .usage, what: "the model has no output \(name)",
      remedy: NearMiss.remedy(for: name, among: known, noun: "its outputs are"))
  }

  static func layerBeside(_ name: String) -> Self {
    .init(
      .usage, what: "the layer \(name) cannot be a target",
      why: "it does not lead to the output or depends on no image",
      remedy: "see pellucid inspect for the layers")
  }

  static func layerWithoutChannels(_ name: String, shape: String) -> Self {
    .init(
      .usage, what: "the layer \(name) has no channels", why: "its output is \(shape)",
      remedy: "choose a layer of the form [N, C, D, H, W] or [N, C]")
  }

  static func oneLatentOutput(_ name: String, card: String?) -> Self {
    .init(
      .badData, at: Place(file: card, part: "output.latent_log_variance"),
      what: "the output \(name) cannot be a latent factor's mean and its log-variance", remedy: "name another output")
  }

  static func noLatentOutput(_ key: String, model: String, known: [String]) -> Self {
    .init(
      .usage,
      what:
        "the model has no output that is known for a latent factor's \(key == "latent_mean" ? "mean" : "log-variance")",
      why: "its outputs are \(known.joined(separator: ", "))", remedy: "name it under output.\(key) in the model card")
  }
}
