import FoundationEssentials
import PellucidFaults
import PellucidVolumes
import Testing

/// A way to spoil a good file and the words that tell of it.
struct Spoilt: Sendable, CustomTestStringConvertible {
  let name: String
  var base = "type_i2_scaled.nii"
  let words: String
  var kind = PellucidError.Kind.badData
  let spoil: @Sendable ([UInt8]) -> [UInt8]
  var testDescription: String { name }

  static func put(_ value: Int16, at offset: Int) -> @Sendable ([UInt8]) -> [UInt8] {
    { bytes in
      var out = bytes
      out[offset] = UInt8(truncatingIfNeeded: value)
      out[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
      return out
    }
  }
  static func putFloat(_ value: Float, at offset: Int) -> @Sendable ([UInt8]) -> [UInt8] {
    { bytes in
      var out = bytes
      for n in 0..<4 { out[offset + n] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32(n))) }
      return out
    }
  }

  static let plain = "type_u1_little.nii"
  static let all: [Spoilt] = [
    .init(name: "empty", base: plain, words: "the file is empty") { _ in [] },
    .init(name: "ten bytes", base: plain, words: "holds only 10 bytes") { Array($0.prefix(10)) },
    .init(name: "text", base: plain, words: "is not a NIfTI or Analyze image") { _ in
      Array(String(repeating: "hello ", count: 99).utf8)
    },
    .init(name: "truncated", base: plain, words: "announces 24 bytes, the file holds 14") { $0.dropLast(10) },
    .init(name: "header only", base: plain, words: "the file holds 0") { Array($0.prefix(352)) },
    .init(name: "half a header", base: plain, words: "holds only 200 bytes") { Array($0.prefix(200)) },
    .init(name: "rank 0", base: plain, words: "rank is 0", spoil: put(0, at: 40)),
    .init(name: "rank 9", base: plain, words: "rank is 9", spoil: put(9, at: 40)),
    .init(name: "no extent", base: plain, words: "an axis of 0 voxels", spoil: put(0, at: 42)),
    .init(name: "negative extent", base: plain, words: "an axis of -5 voxels", spoil: put(-5, at: 46)),
    .init(name: "lying extent", base: plain, words: "the file holds 24", spoil: put(32000, at: 44)),
    .init(name: "5D", base: plain, words: "an image of 5 axes", kind: .unsupported) {
      put(3, at: 50)(put(1, at: 48)(put(5, at: 40)($0)))
    },
    .init(name: "RGB", base: plain, words: "RGB", kind: .unsupported, spoil: put(128, at: 70)),
    .init(name: "complex", base: plain, words: "complex", kind: .unsupported, spoil: put(32, at: 70)),
    .init(name: "no such datatype", base: plain, words: "77 is no type", spoil: put(77, at: 70)),
    .init(name: "offset in the header", base: plain, words: "inside the header", spoil: putFloat(100, at: 108)),
    .init(name: "offset beyond the file", base: plain, words: "start at byte 100000", spoil: putFloat(1e5, at: 108)),
    .init(name: "offset NaN", base: plain, words: "cannot start at byte nan", spoil: putFloat(.nan, at: 108)),
    .init(name: "NaN in the sform", base: plain, words: "NaN or infinite", spoil: putFloat(.nan, at: 284)),
    .init(name: "singular sform", base: plain, words: "do not span space") { bytes in
      var out = bytes
      for n in 280..<296 { out[n] = 0 }
      return out
    },
    .init(name: "intercept NaN", base: plain, words: "the intercept is nan") {
      putFloat(.nan, at: 116)(putFloat(1, at: 112)($0))
    },
    .init(name: "voxels elsewhere", base: plain, words: "separate .img") { bytes in
      var out = bytes
      out[345] = UInt8(ascii: "i")
      return out
    },
    .init(name: "no magic", base: plain, words: "no NIfTI magic") { bytes in
      var out = bytes
      for n in 344..<348 { out[n] = 0 }
      return out
    },
    .init(name: "cut gzip", base: "type_u1_big.nii.gz", words: "the gzip stream is cut off") { $0.dropLast(20) },
    .init(name: "damaged gzip", base: "type_u1_big.nii.gz", words: "compressed data") { bytes in
      var out = bytes
      for n in 40..<60 { out[n] ^= 0xa5 }
      return out
    },
    .init(name: "damaged checksum", base: "type_u1_big.nii.gz", words: "do not pass gzip's own checks") { bytes in
      var out = bytes
      out[out.count - 6] ^= 1
      return out
    },
    .init(name: "gzip of nothing sensible", base: "type_u1_big.nii.gz", words: "compressed data") {
      Array($0.prefix(4)) + [9, 9, 9, 9]
    },
  ]
}

@Suite struct `Bad images are refused in one line` {
  @Test(arguments: Spoilt.all)
  func `The line names the file and what is wrong`(_ spoilt: Spoilt) throws {
    let scratch = try Scratch()
    let zipped = spoilt.base.hasSuffix(".gz")
    let path = try scratch.file(zipped ? "scan.nii.gz" : "scan.nii", spoilt.spoil(try Fixture.bytes(spoilt.base)))
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
    #expect(error?.kind == spoilt.kind)
    #expect(error?.place.file == path)
    #expect(error?.line.contains(spoilt.words) == true, "\(error?.line ?? "")")
    #expect(error?.line.contains("\n") == false)
  }

  @Test func `A folder, a missing file and a missing half are told apart`() throws {
    let scratch = try Scratch()
    #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: scratch.path) }
    #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: scratch.path + "/missing.nii") }
    let lonely = try scratch.file("lonely.hdr", Fixture.bytes("analyze.hdr"))
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: lonely) }
    #expect(error?.line.contains("lonely.img") == true)
  }

  @Test func `Headers that lie behind gzip are not believed`() throws {
    let scratch = try Scratch()
    // 32000³ voxels are beyond any limit; 1000 × 1000 × 1000 are beyond what the few bytes can hold.
    for extent in [32000, 1000] as [Int16] {
      var bytes = try Fixture.bytes("type_u1_little.nii")
      for axis in 0..<3 { bytes = Spoilt.put(extent, at: 42 + 2 * axis)(bytes) }
      let path = try scratch.file("lie.nii.gz", stored(bytes))
      let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
      #expect(error?.place.part == "header field dim")
    }
  }

  @Test func `A header cut at any byte never crashes`() throws {
    let scratch = try Scratch()
    let bytes = try Fixture.bytes("nifti2_big.nii")
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let path = try scratch.file("cut.nii", Array(bytes.prefix(count)))
      #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
    }
  }

  @Test func `Random headers never crash`() throws {
    let scratch = try Scratch()
    var random = SystemRandomNumberGenerator()
    let good = try Fixture.bytes("type_f4_little.nii")
    for _ in 0..<400 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        bytes[Int.random(in: 4..<344, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? Volume(contentsOf: scratch.file("random.nii", bytes))
    }
  }

  @Test func `Harmless oddities are mended and noted`() throws {
    let scratch = try Scratch()
    let qform = try Fixture.bytes("qform.nii")
    for (bytes, words) in [
      (Spoilt.putFloat(0, at: 76)(qform), "qfac is 0"), (Spoilt.putFloat(-2, at: 80)(qform), "pixdim[1] is -2"),
      (Spoilt.put(7, at: 72)(qform), "bitpix is 7"), (Spoilt.putFloat(0, at: 108)(qform), "vox_offset is 0"),
      (Spoilt.put(99, at: 254)(qform), "sform_code is 99"),
    ] {
      let volume = try Volume(contentsOf: scratch.file("odd.nii", bytes))
      #expect(volume.notes.contains { $0.what.contains(words) }, "\(volume.notes.map(\.what).joined(separator: "; "))")
    }
  }

  /// A gzip stream that stores its bytes without compressing them.
  private func stored(_ bytes: [UInt8]) -> [UInt8] {
    let n = UInt16(bytes.count)
    let sizes = [UInt8(n & 255), UInt8(n >> 8), UInt8(~n & 255), UInt8(~n >> 8)]
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    crc = ~crc
    let tail = (0..<4).map { UInt8(truncatingIfNeeded: crc >> (8 * UInt32($0))) } + [sizes[0], sizes[1], 0, 0]
    return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1] + sizes + bytes + tail
  }
}
