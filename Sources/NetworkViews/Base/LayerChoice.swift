internal import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks

/// A tensor of a network, found by its own or its node's name, as the file defines it.
public struct LayerChoice: Hashable, Sendable {
  /// The tensor.
  public let value: ValueID
  /// Its name in the ONNX file.
  public let tensor: String
  /// The name it was asked for by.
  public let name: String

  /// Finds a tensor of a network.
  /// - Throws: `.usage` with near misses where there is none of this name.
  public init(_ name: String, in network: Network) throws(PellucidError) {
    let graph = network.imported
    guard let value = graph.value(named: name) else {
      let names = graph.nodes.flatMap { [$0.name, graph.values[$0.output.index].name] }
      throw .unknownLayer(
        name, among: Self.once(names), listing: Self.once(graph.nodes.map { graph.values[$0.output.index].name }))
    }
    (self.value, self.name, tensor) = (value, name, graph.values[value.index].name)
  }

  /// Finds the tensors that a list with commas between names, each once; a name that holds commas itself is found whole.
  public static func list(_ text: String, in network: Network) throws(PellucidError) -> [LayerChoice] {
    if network.imported.value(named: text) != nil { return [try LayerChoice(text, in: network)] }
    var found: [LayerChoice] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = String(part.drop { $0 == " " })
      if name.isEmpty { throw .noLayerNamed(text) }
      let layer = try LayerChoice(name, in: network)
      if !found.contains(where: { $0.value == layer.value }) { found.append(layer) }
    }
    return found
  }

  /// What the layer is called in the name of a file.
  public var fileName: String { LayerName.file(name) }

  /// Refuses layers whose files would be called alike.
  /// - Throws: `.usage`, naming the second of them.
  public static func requireOwnFiles(_ layers: [LayerChoice]) throws(PellucidError) {
    var seen: Set<String> = []
    if let twin = layers.first(where: { !seen.insert($0.fileName).inserted }) { throw .layersOfOneFile(twin.name) }
  }

  private static func once(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}
