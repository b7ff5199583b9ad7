import PellucidFiles
import TestSupport
import Testing

@Suite struct `Names that are no text` {
  static let names: [[UInt8]] = [
    Array("plain.nii.gz".utf8), Array("Müller–陈.nii".utf8), Array("caf".utf8) + [0xe9] + Array(".nii".utf8),
    [0xff, 0xfe, 0x2f, 0x80], [0xf4, 0x8f, 0xbe, 0x80], [0xf4, 0x8f, 0xbe], [0xed, 0xa0, 0x80], [0xc0, 0xaf],
    Array(0x80...0xff), [0xc3], [],
  ]

  @Test(arguments: names) func `come back as they were`(bytes: [UInt8]) {
    #expect(PathBytes.bytes(PathBytes.text(bytes)) == bytes)
    #expect(PathBytes.cString(PathBytes.text(bytes)).map { UInt8(bitPattern: $0) } == bytes + [0])
  }

  @Test func `are shown as text that any program takes`() {
    #expect(PathBytes.shown(PathBytes.text(Array("caf".utf8) + [0xe9])) == "caf\u{fffd}")
    #expect(PathBytes.shown("Müller–陈 😀") == "Müller–陈 😀")
    #expect(PathBytes.text(Array("Müller–陈 😀".utf8)) == "Müller–陈 😀")
  }

  @Test func `name files that are written, listed and read`() throws {
    let scratch = try TemporaryFolder()
    let name = PathBytes.text(Array("caf".utf8) + [0xe9] + Array(".txt".utf8))
    try AtomicFile.write([1, 2, 3], to: scratch.path + "/" + name)
    #expect(FileContents.names(inFolder: scratch.path) == [name])
    #expect(FileContents.bytes(of: scratch.path + "/" + name) == [1, 2, 3])
    #expect(FileKind.at(scratch.path + "/" + name) == .file(bytes: 3))
    var why = ""
    let mapped = MappedFile(scratch.path + "/" + name, why: &why)
    let bytes = mapped.map { unsafe Array($0.bytes) }
    #expect(bytes == [1, 2, 3])
    #expect(FileContents.bytes(of: scratch.path + "/caf?.txt") == nil)
  }
}
