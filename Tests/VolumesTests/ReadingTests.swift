import FoundationEssentials
import PellucidFaults
import PellucidVolumes
import Testing

/// An image and what nibabel makes of it.
struct ReadingCase: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let shape: [Int]
  let channels: Int
  let affine: [Double]
  let values: [Double]
  let codes: String
  let sform, qform: Int
  var testDescription: String { file }

  private struct All: Decodable { let cases: [ReadingCase] }
  static let all: [ReadingCase] = (try? Fixture.json("cases.json", All.self).cases) ?? []
}

@Suite struct `Images are read as nibabel reads them` {
  @Test func `There are cases`() { #expect(ReadingCase.all.count > 40) }

  @Test(arguments: ReadingCase.all)
  func `Values, shape and affine agree`(_ reference: ReadingCase) throws {
    let volume = try Volume(contentsOf: Fixture.path(reference.file))
    #expect(volume.shape.extents == reference.shape)
    #expect(volume.channels == reference.channels)
    #expect(volume.voxels == reference.values.map { Float($0) })
    #expect(volume.affine.worst(Affine(elements: reference.affine)) < 2e-6)
    #expect(volume.axisCodes.description == reference.codes)
    #expect(volume.space.sformCode == reference.sform)
    #expect(volume.space.qformCode == reference.qform)
  }

  @Test(arguments: [
    ("pair.hdr", "pair.img"), ("pair_zipped.hdr.gz", "pair_zipped.img.gz"), ("analyze.hdr", "analyze.img"),
  ])
  func `Either half of a pair names the image`(_ names: (String, String)) throws {
    let (a, b) = (try Volume(contentsOf: Fixture.path(names.0)), try Volume(contentsOf: Fixture.path(names.1)))
    #expect(a.voxels == b.voxels)
    #expect(a.affine == b.affine)
  }

  @Test func `A disagreement of qform and sform is noted and both are kept`() throws {
    let volume = try Volume(contentsOf: Fixture.path("qform_and_sform.nii"))
    #expect(volume.notes.contains { $0.what.contains("qform and sform disagree") })
    #expect(volume.space.qformAffine != nil)
  }

  @Test func `NaN and infinite voxels are refused by name or taken as 0`() throws {
    let scratch = try Scratch()
    var bytes = try Fixture.bytes("type_f4_little.nii")
    bytes = Spoilt.putFloat(.nan, at: 352 + 4 * 6)(bytes)
    bytes = Spoilt.putFloat(.infinity, at: 352 + 4 * 20)(bytes)
    let path = try scratch.file("nan.nii", bytes)
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
    #expect(error?.place.part == "voxel (2, 1, 0)")
    #expect(error?.line.contains("the first of 2") == true)
    let volume = try Volume(contentsOf: path, nan: .zero)
    #expect(volume.voxels[6] == 0)
    #expect(volume.voxels[20] == 0)
    #expect(volume.notes.contains { $0.what.hasPrefix("2 voxels") })
  }

  @Test(arguments: [false, true], [false, true])
  func `128-bit floats of both kinds are read`(isX87: Bool, isBig: Bool) throws {
    let scratch = try Scratch()
    let values: [Double] = [0, 1, -2.5, 3.141592653589793, 1e30, -1e-30]
    var header = Array(try Fixture.bytes("type_u1_little.nii").prefix(352))
    let extents: [UInt8] = [3, 0, 6, 0, 1, 0, 1, 0]
    header.replaceSubrange(40..<48, with: extents)
    header.replaceSubrange(70..<74, with: [0, 6, 128, 0])
    var voxels: [UInt8] = []
    for value in values {
      let exponent = value == 0 ? 0 : UInt64(Int(value.exponent) + 16383)
      let sign: UInt64 = value < 0 ? 1 : 0
      let (low, high): (UInt64, UInt64) =
        isX87
        ? (value == 0 ? 0 : 1 << 63 | value.significandBitPattern << 11, sign << 15 | exponent)
        : (value.significandBitPattern << 60, sign << 63 | exponent << 48 | value.significandBitPattern >> 4)
      var word = (0..<8).map { UInt8(truncatingIfNeeded: low >> (8 * $0)) }
      word += (0..<8).map { UInt8(truncatingIfNeeded: high >> (8 * $0)) }
      voxels += isBig ? word.reversed() : word
    }
    if isBig { header = Self.swapped(header) }
    let volume = try Volume(contentsOf: scratch.file("wide.nii", header + voxels))
    #expect(volume.voxels == values.map { Float($0) })
  }

  /// The fields that matter of a NIfTI-1 header, in the other byte order.
  private static func swapped(_ header: [UInt8]) -> [UInt8] {
    var out = header
    for start in [0] + Array(stride(from: 76, to: 124, by: 4)) + Array(stride(from: 256, to: 328, by: 4)) {
      out.replaceSubrange(start..<(start + 4), with: header[start..<(start + 4)].reversed())
    }
    for start in Array(stride(from: 40, to: 76, by: 2)) + [252, 254] {
      out.replaceSubrange(start..<(start + 2), with: header[start..<(start + 2)].reversed())
    }
    return out
  }
}
