internal import PellucidAttribution
package import PellucidFaults
package import PellucidOnnxFormat

/// A step of a model with weights of its own.
public struct WeightedLayer: Sendable, Hashable {
  /// The ONNX node's name.
  public let name: String
  /// Names of its weight tensors in the file.
  public let weights: [String]
}

extension OnnxModel {
  /// The steps with weights, in the file's order; a tensor that several steps read belongs to the first.
  ///
  /// Weights are float constants of more than one value that a convolution, a product, a normalization or a parametric activation reads,
  /// also through steps that only reshape them; of a BatchNormalization scale and shift, not the statistics. A sum right behind a product
  /// is that product's bias.
  package var weightedLayers: [WeightedLayer] {
    var makers: [String: OnnxNode] = [:]
    for node in graph.nodes { for output in node.outputs where !output.isEmpty { makers[output] = node } }
    // What depends on an input; nodes stand in an order in which they can be run.
    var dynamic = Set(graph.inputs.map(\.name)).subtracting(graph.initializers.keys)
    for node in graph.nodes where node.inputs.contains(where: dynamic.contains) { dynamic.formUnion(node.outputs) }
    /// The constants behind a tensor that depends on nothing else; nil where it depends on the image.
    func constants(_ name: String) -> [String]? {
      if dynamic.contains(name) { return nil }
      if let tensor = graph.initializers[name] { return tensor.floats != nil && tensor.count > 1 ? [name] : [] }
      guard let maker = makers[name] else { return nil }
      if maker.operation == "Constant" { return maker.attributes["value"] == nil ? [] : [name] }
      var all: [String] = []
      for input in maker.inputs where !input.isEmpty {
        guard let own = constants(input) else { return nil }
        all += own
      }
      return all
    }
    var taken: Set<String> = []
    var layers: [WeightedLayer] = []
    var places: [String: Int] = [:]
    for node in graph.nodes where Self.withWeights.contains(node.operation) {
      guard node.inputs.contains(where: { !$0.isEmpty && constants($0) == nil }) else { continue }
      let inputs = node.operation == "BatchNormalization" ? Array(node.inputs.prefix(3)) : node.inputs
      let own = inputs.flatMap { $0.isEmpty ? [] : constants($0) ?? [] }.filter { taken.insert($0).inserted }
      guard !own.isEmpty else { continue }
      if node.operation == "Add",
        let product = node.inputs.compactMap({ makers[$0] }).first(where: { $0.operation == "MatMul" }),
        let place = places[product.name]
      {
        layers[place] = WeightedLayer(name: layers[place].name, weights: layers[place].weights + own)
        continue
      }
      if ["Add", "Mul"].contains(node.operation) { continue }
      places[node.name] = layers.count
      layers.append(WeightedLayer(name: node.name, weights: own))
    }
    return layers
  }

  private static let withWeights: Set<String> = [
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "Add", "Mul", "PRelu", "BatchNormalization",
    "InstanceNormalization", "LayerNormalization", "GroupNormalization",
  ]

  /// A copy with the values of some weight tensors permuted, each from the seed and its own name; the file is not touched.
  package func permuting(_ names: Set<String>, seed: Int) -> OnnxModel {
    var graph = self.graph
    for name in names {
      if let tensor = graph.initializers[name] { graph.initializers[name] = tensor.permuted(seed: seed, name: name) }
    }
    for place in graph.nodes.indices where graph.nodes[place].operation == "Constant" {
      guard let output = graph.nodes[place].outputs.first, names.contains(output),
        case .tensor(let tensor)? = graph.nodes[place].attributes["value"]
      else { continue }
      graph.nodes[place].attributes["value"] = .tensor(tensor.permuted(seed: seed, name: output))
    }
    return OnnxModel(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata)
  }
}

extension OnnxTensor {
  fileprivate func permuted(seed: Int, name: String) -> OnnxTensor {
    guard let floats else { return self }
    // The name's own start (FNV-1a), so that a tensor is permuted alike whichever others are.
    let start = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var numbers = UniformNumbers(seed: seed &* 1_000_003 &+ Int(truncatingIfNeeded: start >> 8))
    let order = numbers.permutation(of: floats.count)
    var copy = self
    copy.values = .floats(order.map { floats[$0] })
    return copy
  }
}

extension Explainer {
  /// The same explainer of a copy of the model with the weights of some layers permuted.
  package func randomizing(_ layers: [WeightedLayer], seed: Int) throws(PellucidError) -> Explainer {
    let names = Set(layers.flatMap(\.weights))
    return Explainer(try Classifier(classifier, model: classifier.model.permuting(names, seed: seed)), options: options)
  }

  /// The same explainer with a target in words.
  package func asking(_ target: String) -> Explainer {
    var options = options
    options.target = target
    return Explainer(classifier, options: options)
  }
}
