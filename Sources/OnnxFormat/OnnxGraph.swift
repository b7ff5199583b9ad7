/// The nodes of a model with its constants, inputs and outputs.
///
/// In a graph that ``OnnxModel`` has read, nodes stand in an order in which every tensor is made before it is used, every input of a
/// node is made by something, no tensor is made twice, and no node lies on a cycle.
public struct OnnxGraph: Sendable, Equatable {
  /// The graph's name; may be empty.
  public var name: String
  /// What goes in, in the file's order, without the initializers that files of IR version 3 list among the inputs.
  public var inputs: [OnnxValueInfo]
  /// What comes out, in the file's order.
  public var outputs: [OnnxValueInfo]
  /// The nodes, in an order in which they can be run.
  public var nodes: [OnnxNode]
  /// The constants (weights) by name.
  public var initializers: [String: OnnxTensor]
  /// What the file says about tensors inside the graph, by name; exporters may leave it out.
  public var valueInfo: [String: OnnxValueInfo]

  /// A graph of its parts.
  public init(
    name: String = "", inputs: [OnnxValueInfo], outputs: [OnnxValueInfo], nodes: [OnnxNode],
    initializers: [String: OnnxTensor] = [:], valueInfo: [String: OnnxValueInfo] = [:]
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
    self.initializers = initializers
    self.valueInfo = valueInfo
  }
}

/// The name, element type and extents of a tensor in a graph.
public struct OnnxValueInfo: Sendable, Hashable {
  /// The tensor's name.
  public var name: String
  /// The element type; nil where the file does not say or the value is no tensor.
  public var elementType: OnnxElementType?
  /// The extents; nil where the file does not say, so that not even the rank is known.
  public var dimensions: [OnnxDimension]?

  /// A value of its three facts.
  public init(name: String, elementType: OnnxElementType?, dimensions: [OnnxDimension]?) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
  }
}

/// One extent of a tensor.
public enum OnnxDimension: Sendable, Hashable {
  /// A number known from the file.
  case fixed(Int)
  /// A name for a number known only when the model runs, e.g. `batch`; `?` where the file gives neither number nor name.
  case symbolic(String)
}

extension OnnxDimension: CustomStringConvertible {
  /// The number or the symbol.
  public var description: String {
    switch self {
    case .fixed(let extent): String(extent)
    case .symbolic(let name): name
    }
  }
}

extension OnnxValueInfo: CustomStringConvertible {
  /// For messages: `x: float [N, 1, 96, 96, 96]`.
  public var description: String {
    let type = elementType.map { "\($0)" } ?? "unknown type"
    let extents = dimensions.map { "[" + $0.map(\.description).joined(separator: ", ") + "]" } ?? "of unknown shape"
    return "\(name): \(type) \(extents)"
  }
}
