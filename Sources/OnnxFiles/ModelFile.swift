import PellucidFaults
import PellucidFiles

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The reading of whole files, with the errors of people rather than those of the operating system.
enum ModelFile {
  /// The largest file that protobuf, and so ONNX, allows; larger models keep their weights in files of their own.
  static let largest = Int(Int32.max)

  /// A file's bytes, mapped into memory.
  ///
  /// - Throws: `.badData` if there is no file of this name, it is a folder or a device, or it cannot be read.
  static func contents(of path: String) throws(PellucidError) -> Data {
    switch FileKind.at(path) {
    case .absent: throw .noSuchFile(path)
    case .folder, .other: throw .notAFile(path)
    case .file: break
    }
    var why = ""
    guard let file = MappedFile(path, why: &why) else { throw .unreadable(path, why: why) }
    let bytes = unsafe file.bytes
    guard let start = bytes.baseAddress else { return Data() }
    // The closure keeps the mapping as long as the data.
    return unsafe Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
      deallocator: .custom { _, _ in withExtendedLifetime(file) {} })
  }

  /// What a file that is no ONNX model is instead, with the way to mend it, as far as its first bytes tell.
  static func otherKind(_ bytes: Data) -> (what: String, remedy: String)? {
    let start = Array(bytes.prefix(512))
    func begins(_ text: String) -> Bool { start.starts(with: Array(text.utf8)) }
    let export = "export the network with torch.onnx.export or tf2onnx"
    if begins("version https://git-lfs") {
      return ("is a Git LFS pointer, not the model itself", "fetch it with git lfs pull")
    }
    if begins("PK\u{3}\u{4}") { return ("is a zip archive, perhaps a PyTorch checkpoint, not an ONNX model", export) }
    if start.starts(with: [0x80, 0x02]) { return ("is a Python pickle, not an ONNX model", export) }
    if start.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      return ("is an HDF5 file, perhaps a Keras model, not an ONNX model", export)
    }
    if start.starts(with: [0x1F, 0x8B]) { return ("is compressed with gzip", "unpack it first") }
    let isText = start.allSatisfy { (0x20...0x7E).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }
    return isText && !start.isEmpty ? ("is text, not an ONNX model", export) : nil
  }
}
