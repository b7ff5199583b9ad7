internal import PellucidOnnxFormat
internal import PellucidTensors

extension OnnxModel {
  /// The name of the input of a part of a model.
  private static let partInput = "pellucid_latent"

  /// The part of a model that lies behind a tensor, which is made of an image input of its own, [1, K, 1, 1, 1].
  ///
  /// - Parameters:
  ///   - tensor: an input, or what a node makes.
  ///   - shape: its shape for one image, of K values.
  ///   - output: the output that stays; nil: all.
  func part(behind tensor: String, shape: Shape, output: String?) -> OnnxModel {
    var graph = graph
    let isInput = graph.inputs.contains { $0.name == tensor }
    graph.inputs.removeAll { $0.name == tensor }
    if !isInput {
      for place in graph.nodes.indices {
        // Whoever made the tensor makes it under another name, which nobody reads.
        graph.nodes[place].outputs = graph.nodes[place].outputs.map { $0 == tensor ? "pellucid_former_" + $0 : $0 }
      }
    }
    let input = Self.partInput
    graph.nodes.insert(
      OnnxNode(name: input, operation: "Reshape", inputs: [input, input + "_shape"], outputs: [tensor]), at: 0)
    graph.initializers[input + "_shape"] = OnnxTensor(
      elementType: .int64, dimensions: [shape.rank],
      values: .integers([0] + shape.dimensions.dropFirst().map(Int64.init)))
    let image = OnnxValueInfo(
      name: input, elementType: .float, dimensions: [1, shape.count, 1, 1, 1].map { .fixed($0) })
    // The image itself is no input any more: what needs it is not behind the tensor.
    let former = isInput ? nil : (try? imageInput())?.name
    graph.inputs = [image] + graph.inputs.filter { $0.name != former }
    if let output { graph.outputs = graph.outputs.filter { $0.name == output } }
    return OnnxModel(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata)
  }
}
