/// A named constant of a node. (Lists of tensors or graphs, sparse tensors and types are kept as ``other(_:)``.)
public enum OnnxAttribute: Sendable, Equatable {
  case float(Float)
  case int(Int)
  case string(String)
  case floats([Float])
  case ints([Int])
  case strings([String])
  case tensor(OnnxTensor)
  case graph(OnnxGraph)
  /// A kind that Pellucid does not read, e.g. `a list of graphs`; an error only where an operator asks for it.
  case other(String)

  /// What the attribute holds, as words for messages: `an integer`, `a list of floats`.
  public var kind: String {
    switch self {
    case .float: "a float"
    case .int: "an integer"
    case .string: "a string"
    case .floats: "a list of floats"
    case .ints: "a list of integers"
    case .strings: "a list of strings"
    case .tensor: "a tensor"
    case .graph: "a graph"
    case .other(let kind): kind
    }
  }
}
