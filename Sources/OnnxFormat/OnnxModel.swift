/// An ONNX file as plain values: what it says, checked for being a sound graph, without knowing what any operator computes.
public struct OnnxModel: Sendable {
  /// The file's path, as the caller gave it.
  public let path: String
  /// The version of the file format (`ir_version`).
  public let irVersion: Int
  /// What wrote the file, like `pytorch 2.6.0`; may be empty.
  public let producer: String
  /// The version of each operator set that the model imports; the empty domain is ONNX's own.
  public let opsets: [String: Int]
  /// The graph, with local functions replaced by their bodies.
  public let graph: OnnxGraph
  /// The file's own notes (`metadata_props`), by key.
  public let metadata: [String: String]
  /// The state of the file when it was read, so that a later look at it can tell whether it is still the same.
  let stamp: FileStamp?

  /// A model made of values instead of a file, as tests do.
  public init(
    path: String, irVersion: Int = 8, producer: String = "", opsets: [String: Int] = ["": 17], graph: OnnxGraph,
    metadata: [String: String] = [:]
  ) {
    self.init(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata, stamp: nil
    )
  }

  init(
    path: String, irVersion: Int, producer: String, opsets: [String: Int], graph: OnnxGraph, metadata: [String: String],
    stamp: FileStamp?
  ) {
    self.path = path
    self.irVersion = irVersion
    self.producer = producer
    self.opsets = opsets
    self.graph = graph
    self.metadata = metadata
    self.stamp = stamp
  }

  /// The version of ONNX's own operator set.
  public var opsetVersion: Int { opsets["", default: 0] }
}
