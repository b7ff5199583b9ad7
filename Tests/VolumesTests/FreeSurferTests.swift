import PellucidFaults
import PellucidVolumes
import Testing

/// FreeSurfer's images, byte by byte: what is read of them, and how damaged ones are refused.
@Suite struct `FreeSurfer's images` {
  /// An `.mgh` file of 5 × 6 × 7 voxels, each its number.
  private struct Bytes {
    var version: Int32 = 1
    var extents: [Int32] = [5, 6, 7, 1]
    var type: Int32 = 3
    var sizes: [Float] = [1, 2, 3]
    /// The axes' directions, one after another.
    var directions: [Float] = [-1, 0, 0, 0, 0, 1, 0, -1, 0]
    var frames = 1

    private static func big(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    var all: [UInt8] {
      let words: [Int32] = [version] + extents + [type, 0]
      let numbers: [Float] = sizes + directions + [0, 0, 0]
      var bytes: [UInt8] = []
      for word in words { bytes += Self.big(UInt32(bitPattern: word)) }
      bytes += [0, 1]
      for number in numbers { bytes += Self.big(number.bitPattern) }
      bytes += [UInt8](repeating: 0, count: 284 - bytes.count)
      for voxel in 0..<(210 * frames) { bytes += Self.big(Float(voxel).bitPattern) }
      return bytes
    }
  }

  @Test func `of several frames are read as so many volumes`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("frames.mgh", Bytes(extents: [5, 6, 7, 3], frames: 3).all)
    let volume = try Volume(contentsOf: path)
    #expect(volume.shape == GridShape(i: 5, j: 6, k: 7) && volume.channels == 3)
    #expect(volume.voxels == (0..<630).map(Float.init))
    // The grid's middle lies at the world's origin.
    #expect(volume.affine.elements == [-1, 0, 0, 2.5, 0, 0, -3, 10.5, 0, 2, 0, -6])
  }

  @Test(
    arguments: [
      ("cut short", Bytes(), 500, "announces 840 bytes, the file holds 216"),
      ("frames cut short", Bytes(extents: [5, 6, 7, 3], frames: 2), 4000, "announces 2520 bytes, the file holds 1680"),
      ("half a header", Bytes(), 100, "it holds only 100 bytes, a header has 284"),
      ("another version", Bytes(version: 9), 4000, "it does not begin with version 1"),
      ("an unknown type", Bytes(type: 7), 4000, "none of FreeSurfer's: 0 (uchar), 1 (int), 3 (float), 4 (short)"),
      ("directions in a plane", Bytes(directions: [1, 0, 0, 0, 1, 0, 1, 1, 0]), 4000, "do not span space"),
      ("voxels without size", Bytes(sizes: [1, 0, 1]), 4000, "do not span space"),
      ("sizes that are no number", Bytes(sizes: [1, .nan, 1]), 4000, "NaN or infinite"),
      ("no voxels", Bytes(extents: [5, 0, 7, 1]), 4000, "an axis of 0 voxels"),
      ("too many voxels", Bytes(extents: [1 << 30, 1 << 30, 1 << 30, 1]), 4000, "too large"),
    ])
  private func `are refused in one line`(name: String, bytes: Bytes, length: Int, words: String) throws {
    let scratch = try Scratch()
    let path = try scratch.file("scan.mgh", Array(bytes.all.prefix(length)))
    let error = try #require(throws: PellucidError.self) { try Volume(contentsOf: path) }
    #expect(error.kind == .badData && error.place.file == path && !error.remedy.isEmpty, "\(error)")
    #expect(error.line.contains(words) && !error.line.contains("\n"), "\(error.line)")
  }
}
