import Foundation
import PellucidFaults
import PellucidFiles
import Testing

@Suite struct `SHA-256` {
  /// FIPS 180-4's examples (NIST, "SHA-256 examples"), and the empty message.
  @Test(arguments: [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func `agrees with the standard's examples`(text: String, times: Int, digest: String) {
    let message = Array(String(repeating: text, count: times).utf8)
    #expect(SHA256.hexDigest(of: unsafe message.span.bytes) == digest)
    #expect(SHA256.plainHexDigest(of: unsafe message.span.bytes) == digest)
  }

  /// Every length around the borders of a block, by both ways.
  @Test func `is the same with and without the processor's instructions`() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 167 + 13) }
    for count in 0...300 {
      let part = Array(bytes[..<count])
      #expect(
        SHA256.hexDigest(of: unsafe part.span.bytes) == SHA256.plainHexDigest(of: unsafe part.span.bytes), "\(count)")
    }
  }

  @Test func `of a file is that of its bytes, and of none an error that names it`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pellucid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let file = folder.appending(path: "bytes").path
    try Data(bytes).write(to: URL(filePath: file))
    #expect(try SHA256.hexDigest(ofFile: file) == SHA256.hexDigest(of: unsafe bytes.span.bytes))
    let error = #expect(throws: PellucidError.self) { try SHA256.hexDigest(ofFile: file + "-gone") }
    #expect(error?.kind == .badData && error?.place.file == file + "-gone")
  }
}
