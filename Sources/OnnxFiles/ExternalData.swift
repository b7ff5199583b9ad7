import PellucidFaults
import PellucidFiles
import PellucidOnnxFormat
import PellucidOnnxSchema

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files in which a model keeps weights outside its own file.
///
/// A model may come from anywhere, so it may only name files in its own folder or below: absolute paths, `..` and symbolic links
/// that lead out are refused. Source: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md.
struct ExternalData {
  let modelFile: String
  private var opened: [String: Data] = [:]
  private var openedBytes = 0
  /// The files that were opened, with their digests.
  private(set) var files: [OnnxModel.WeightFile] = []

  init(modelFile: String) { self.modelFile = modelFile }

  /// The bytes of a tensor in another file.
  ///
  /// - Parameters:
  ///   - tensor: a tensor whose data location is external.
  ///   - count: the bytes that its dimensions and type want.
  mutating func bytes(of tensor: OnnxTensorProto, count: Int) throws(PellucidError) -> Data {
    let facts = Dictionary(tensor.externalData.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let location = facts["location"], !location.isEmpty else {
      throw .externalWithoutFile(modelFile, tensor.name)
    }
    let offset = try number(facts["offset"], tensor) ?? 0
    let length = try number(facts["length"], tensor) ?? count
    guard length == count else { throw .wrongSize(modelFile, tensor.name, tensor.dims, found: length, unit: "bytes") }
    let file = try contents(of: location, tensor)
    guard offset <= file.count, length <= file.count - offset else {
      throw .externalTooShort(modelFile, tensor.name, location, wants: offset, length, has: file.count)
    }
    return file[(file.startIndex + offset)..<(file.startIndex + offset + length)]
  }

  private func number(_ text: String?, _ tensor: OnnxTensorProto) throws(PellucidError) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), number >= 0 else { throw .externalNumber(modelFile, tensor.name, text) }
    return number
  }

  private mutating func contents(of location: String, _ tensor: OnnxTensorProto) throws(PellucidError) -> Data {
    if let known = opened[location] { return known }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.hasPrefix("/"), !parts.contains(".."), !location.contains("\0") else {
      throw .externalOutside(modelFile, tensor.name, location)
    }
    let folder = URL(filePath: modelFile).resolvingSymlinksInPath().deletingLastPathComponent()
    let beside = URL(filePath: modelFile).deletingLastPathComponent().resolvingSymlinksInPath()
    let path = URL(filePath: modelFile).deletingLastPathComponent().appending(path: location).resolvingSymlinksInPath()
    guard [folder, beside].contains(where: { path.pathComponents.starts(with: $0.pathComponents) }) else {
      throw .externalOutside(modelFile, tensor.name, location)
    }
    let data: Data
    do { data = try ModelFile.contents(of: path.path) } catch {
      throw .externalMissing(modelFile, tensor.name, location, cause: error)
    }
    opened[location] = data
    let slash = modelFile.lastIndex(of: "/").map { modelFile[...$0] } ?? ""
    files.append(.init(path: slash + location, sha256: SHA256.hexDigest(of: data.bytes)))
    openedBytes += data.count
    return data
  }

  /// Bytes of the files that were opened since this was asked last.
  mutating func takeOpenedBytes() -> Int {
    defer { openedBytes = 0 }
    return openedBytes
  }
}
