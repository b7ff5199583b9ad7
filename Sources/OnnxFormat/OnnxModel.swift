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
  /// The SHA-256 of the file's bytes as they were read, 64 lower-case hexadecimal digits; nil for a model made of values.
  ///
  /// Weights in files of their own are not part of it: ``weightFiles`` has theirs.
  public let sha256: String?
  /// The files beside the model that hold weights, in the order in which the graph names them.
  public let weightFiles: [WeightFile]

  /// A file beside the model that holds weights of it.
  public struct WeightFile: Hashable, Sendable {
    /// The file's path: the model's folder, and the place that the model names.
    public let path: String
    /// The SHA-256 of its bytes as they were read, 64 lower-case hexadecimal digits.
    public let sha256: String

    package init(path: String, sha256: String) {
      self.path = path
      self.sha256 = sha256
    }
  }

  /// A model made of values instead of a file, as tests do.
  public init(
    path: String, irVersion: Int = 8, producer: String = "", opsets: [String: Int] = ["": 17], graph: OnnxGraph,
    metadata: [String: String] = [:]
  ) {
    self.init(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata,
      sha256: nil, weightFiles: []
    )
  }

  package init(
    path: String, irVersion: Int, producer: String, opsets: [String: Int], graph: OnnxGraph, metadata: [String: String],
    sha256: String?, weightFiles: [WeightFile]
  ) {
    self.path = path
    self.irVersion = irVersion
    self.producer = producer
    self.opsets = opsets
    self.graph = graph
    self.metadata = metadata
    self.sha256 = sha256
    self.weightFiles = weightFiles
  }

  /// The version of ONNX's own operator set.
  public var opsetVersion: Int { opsets["", default: 0] }
}
