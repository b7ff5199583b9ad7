internal import Faults
internal import Networks
internal import Tensors

/// Finds the layer whose activations a class activation map weighs.
enum Layers {
  /// The named layer, or the last convolution in the file's order whose output is more than one voxel.
  ///
  /// A name is an ONNX node's or its output's; the activation is that tensor as the file defines it.
  static func activation(named name: String?, in network: Network, for method: String) throws(PellucidError) -> ValueID
  {
    let graph = network.imported
    if let name {
      guard let value = graph.value(named: name) else {
        throw .unknownLayer(
          name, among: graph.nodes.flatMap { [$0.name, graph.values[$0.output.index].name] }.uniqued())
      }
      let shape = graph.shape(of: value)
      guard shape.rank == 5 else { throw .layerWithoutVolume(name, shape: shape.description) }
      return value
    }
    let convolutions = graph.nodes.filter { $0.operation.role == .convolution }
    guard let last = convolutions.last(where: { graph.shape(of: $0.output).voxels > 1 }) else {
      throw .noConvolution(method)
    }
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
