public import PellucidFaults
import PellucidFiles
public import PellucidOnnxFormat
import PellucidOnnxSchema
import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension OnnxModel {
  /// The oldest operator set that is read; those from 11 on are tested, 7 to 10 are read as far as their operators did not change.
  public static let oldestOpset = 7

  /// Reads a model file, and the files with external weights in the same folder that it names.
  ///
  /// - Parameter path: the `.onnx` file.
  /// - Throws: `.badData` if the file cannot be read, is no ONNX model or is no sound graph (see ``OnnxGraph``); `.unsupported` for
  ///   operator sets older than ``oldestOpset`` and for element types that Pellucid does not read.
  /// - Complexity: holds the weights twice for a moment, once as bytes and once as values.
  public init(contentsOf path: String) throws(PellucidError) {
    var bytes = try ModelFile.contents(of: path)
    guard !bytes.isEmpty else { throw .emptyModel(path) }
    guard bytes.count <= ModelFile.largest else { throw .modelTooLarge(path, bytes: bytes.count) }
    let (size, digest) = (bytes.count, SHA256.hexDigest(of: bytes.bytes))
    let proto = try Self.decoded(bytes, path)
    bytes = Data()
    try self.init(proto: consume proto, path: path, sha256: digest, bytes: size)
  }

  /// Reads a model from the bytes of a file.
  ///
  /// - Parameters:
  ///   - bytes: what stands in the file.
  ///   - path: the file's path, for messages and for finding files with external weights.
  package init(bytes: [UInt8], path: String) throws(PellucidError) {
    guard !bytes.isEmpty else { throw .emptyModel(path) }
    try self.init(
      proto: Self.decoded(Data(bytes), path), path: path, sha256: SHA256.hexDigest(of: unsafe bytes.span.bytes),
      bytes: bytes.count)
  }

  private static func decoded(_ bytes: Data, _ path: String) throws(PellucidError) -> OnnxModelProto {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    do { return try OnnxModelProto(serializedBytes: bytes, options: options) } catch {
      if let kind = ModelFile.otherKind(bytes) { throw .anotherKindOfFile(path, kind.what, remedy: kind.remedy) }
      throw .undecodable(path, bytes: bytes.count, cause: error)
    }
  }

  private init(
    proto: consuming OnnxModelProto, path: String, sha256: String, bytes: Int
  ) throws(PellucidError) {
    guard proto.hasGraph, !proto.graph.node.isEmpty else { throw .noNetwork(path) }
    var opsets: [String: Int] = [:]
    for set in proto.opsetImport { opsets[OnnxNode.plainDomain(set.domain)] = Int(set.version) }
    guard let opset = opsets[""] else { throw .noOpset(path) }
    guard opset >= Self.oldestOpset else { throw .opsetTooOld(path, opset, oldest: Self.oldestOpset) }

    let irVersion = Int(proto.irVersion)
    let producer = [proto.producerName, proto.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    let metadata = Dictionary(proto.metadataProps.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    var functions = FunctionInliner(proto.functions, file: path, nodes: proto.graph.node.count)
    var graph = proto.graph
    proto.clearGraph()
    graph.node = try functions.inlined(graph.node)
    var decoder = GraphDecoder(file: path, bytes: bytes)
    let decoded = try decoder.graph(emptying: &graph)
    self.init(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets,
      graph: try GraphCheck(decoded, file: path).sorted(), metadata: metadata, sha256: sha256,
      weightFiles: decoder.weightFiles)
  }
}
