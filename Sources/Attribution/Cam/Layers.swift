internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// Finds the layer whose activations a class activation map weighs.
enum Layers {
  /// The named layers, or the last convolution in the file's order whose output is more than one voxel and no gate.
  ///
  /// - Parameter names: ONNX nodes' names or their outputs', each perhaps several with commas between; the activation is that tensor as the
  ///   file defines it.
  static func activations(
    named names: [String], in network: Network, for method: String
  ) throws(PellucidError) -> [ValueID] {
    if names.isEmpty { return [try lastConvolution(in: network, for: method)] }
    var found: [ValueID] = []
    for text in names {
      let isWhole = network.imported.value(named: text) != nil
      for name in isWhole ? [text] : text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmingBlanks)
      {
        if name.isEmpty { throw .parameter("layer", text, wanted: "a layer, or several with commas between") }
        let value = try activation(named: name, in: network)
        if !found.contains(value) { found.append(value) }
      }
    }
    return found
  }

  private static func activation(named name: String, in network: Network) throws(PellucidError) -> ValueID {
    let graph = network.imported
    guard let value = graph.value(named: name) else {
      let maps = graph.nodes.filter {
        graph.shape(of: $0.output).isMap && graph.shape(of: $0.output).asVolume.voxels > 1
      }
      throw .unknownLayer(
        name, among: graph.nodes.flatMap { [$0.name, graph.values[$0.output.index].name] }.uniqued(),
        listing: maps.map(\.name).uniqued(), noun: "layers of more than one voxel")
    }
    let shape = graph.shape(of: value)
    guard hasPlace(value, in: graph) else { throw .layerWithoutVolume(name, shape: shape.description) }
    guard shape.asVolume.voxels > 1 else { throw .layerOfOneVoxel(name, shape: shape.description) }
    return value
  }

  /// Whether a value is a map whose axes are those of the image: of fewer than three spatial axes, with the slices on its first.
  private static func hasPlace(_ value: ValueID, in graph: Graph) -> Bool {
    let rank = graph.shape(of: value).rank
    if rank == 5 { return true }
    return graph.shape(of: value).isMap && ReceptiveField.of(value, in: graph).volumeAxes(ofRank: rank) != nil
  }

  private static func lastConvolution(in network: Network, for method: String) throws(PellucidError) -> ValueID {
    let graph = network.imported
    let convolutions = graph.nodes.filter { $0.operation.role == .convolution }
    let maps = convolutions.filter {
      graph.shape(of: $0.output).asVolume.voxels > 1 && hasPlace($0.output, in: graph)
    }
    let gated = Gates(of: graph)
    guard let last = maps.last(where: { !gated.contains($0.output) }) ?? maps.last else { throw .noConvolution(method) }
    return last.output
  }
}

extension Array where Element: Hashable {
  /// Each element once, in order.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
