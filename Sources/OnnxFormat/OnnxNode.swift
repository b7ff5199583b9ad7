/// One use of an operator in a graph.
public struct OnnxNode: Sendable, Equatable {
  /// The node's name, unique in its graph.
  ///
  /// A node that the file leaves unnamed (or names like another) is called after its operator
  /// and its place in the file, counted from 0: `Conv_12`, as PyTorch's exporter does.
  public var name: String
  /// The operator (`op_type`), like `Conv`.
  public var operation: String
  /// The operator set that the operator belongs to; empty for ONNX's own (`ai.onnx` is made empty).
  public var domain: String
  /// The names of the tensors that go in; an empty name stands for an optional input left out.
  public var inputs: [String]
  /// The names of the tensors that come out; an empty name stands for an optional output left out.
  public var outputs: [String]
  /// The attributes by name.
  public var attributes: [String: OnnxAttribute]

  /// A node of its facts.
  public init(
    name: String, operation: String, domain: String = "", inputs: [String], outputs: [String],
    attributes: [String: OnnxAttribute] = [:]
  ) {
    self.name = name
    self.operation = operation
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}
