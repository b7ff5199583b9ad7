import FoundationEssentials
import PellucidFaults
import PellucidVolumes
import Testing

/// FreeSurfer's images, and Analyze images with SPM's `.mat`, and what nibabel makes of them (`Tests/References/make_geometries.py`).
struct GeometryCase: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let shape: [Int]
  let channels: Int
  let affine: [Double]
  let values: [Double]
  var testDescription: String { file }

  private struct All: Decodable { let cases: [GeometryCase] }
  static let all: [GeometryCase] = (try? Fixture.json("geometries/cases.json", All.self).cases) ?? []
}

@Suite struct `Geometries are read as nibabel reads them` {
  @Test func `There are cases`() { #expect(GeometryCase.all.count == 14) }

  @Test(arguments: GeometryCase.all)
  func `FreeSurfer's images and SPM's matrices`(_ reference: GeometryCase) throws {
    let volume = try Volume(contentsOf: Fixture.path("geometries/" + reference.file))
    #expect(volume.shape.extents == reference.shape)
    #expect(volume.channels == reference.channels)
    #expect(volume.voxels == reference.values.map { Float($0) })
    #expect(volume.affine.worst(Affine(elements: reference.affine)) < 2e-6)
  }

  @Test func `What of a matrix is used is told, also that its first axis was taken for the left`() throws {
    func told(_ name: String) throws -> [String] {
      try Volume(contentsOf: Fixture.path("geometries/\(name).img")).notes.filter { $0.weight > .record }.map(\.text)
    }
    let both = try told("mat_and_m")
    #expect(both.count == 1 && both[0].contains("that of mat in") && both[0].hasSuffix("used in the header's place"))
    let alone = try told("m_alone")
    #expect(alone.count == 1 && alone[0].contains("that of M in") && alone[0].contains("from right to left"))
    #expect(try told("several")[0].contains("the first of 2"))
    #expect(
      try told("empty") == [
        "an Analyze file does not say where left is; its first axis is taken to run from right to left, as SPM and nibabel do"
      ])
  }

  @Test func `A file beside an image that is no matrix of SPM's is not used, with a warning`() throws {
    let scratch = try Scratch()
    for part in ["hdr", "img"] { _ = try scratch.file("scan.\(part)", Fixture.bytes("analyze.\(part)")) }
    let alone = try Volume(contentsOf: scratch.path + "/scan.hdr").affine
    for text in ["1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "MATLAB 5.0 MAT-file of something"] {
      _ = try scratch.file("scan.mat", Array(text.utf8))
      let volume = try Volume(contentsOf: scratch.path + "/scan.hdr")
      #expect(volume.affine == alone)
      #expect(volume.notes.contains { $0.weight == .warning && $0.text.contains("scan.mat, beside the image") })
    }
  }

  @Test func `Damaged matrices and headers of FreeSurfer never crash`() throws {
    let scratch = try Scratch()
    var random = SystemRandomNumberGenerator()
    for part in ["hdr", "img"] { _ = try scratch.file("scan.\(part)", Fixture.bytes("geometries/level7.\(part)")) }
    for name in ["level5.mat", "level7.mat", "mat_and_m.mat", "no_geometry.mgh", "i2.mgh"] {
      let good = try Fixture.bytes("geometries/" + name)
      let isMatrix = name.hasSuffix("mat")
      for _ in 0..<200 {
        var bytes = Array(good.prefix(Int.random(in: 0...good.count, using: &random)))
        for place in bytes.indices where Int.random(in: 0..<40, using: &random) == 0 {
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        _ = try scratch.file(isMatrix ? "scan.mat" : "scan.mgh", bytes)
        _ = try? Volume(contentsOf: scratch.path + (isMatrix ? "/scan.img" : "/scan.mgh"))
      }
    }
  }
}

@Suite struct `Where headers contradict themselves` {
  /// A header with both forms: the fixture's, with some bytes changed.
  private func volume(_ spoil: ([UInt8]) -> [UInt8]) throws -> Volume {
    let scratch = try Scratch()
    defer { withExtendedLifetime(scratch) {} }
    return try Volume(contentsOf: scratch.file("scan.nii", spoil(try Fixture.bytes("qform_and_sform.nii"))))
  }

  @Test func `A singular, boundless or NaN sform beside a valid qform gives way to it, with a warning`() throws {
    let qform = try #require(try volume { $0 }.space.qformAffine)
    let spoilt: [@Sendable ([UInt8]) -> [UInt8]] = [
      { bytes in (280..<296).reduce(into: bytes) { $0[$1] = 0 } },
      Spoilt.putFloat(.nan, at: 284), Spoilt.putFloat(1e30, at: 292),
    ]
    for spoil in spoilt {
      let volume = try volume(spoil)
      #expect(volume.affine == qform)
      #expect(volume.space.sformCode == 0 && volume.space.qformCode > 0)
      #expect(volume.notes.contains { $0.weight == .warning && $0.how == "the qform is used" })
    }
    // Of a qform without voxel sizes nothing can be made.
    let error = #expect(throws: PellucidError.self) { _ = try volume { Spoilt.putFloat(0, at: 80)(spoilt[0]($0)) } }
    #expect(error?.line.contains("do not span space") == true)
  }

  @Test func `Forms that differ by a flip are a warning, those that lie apart are told`() throws {
    // The fixture's qform runs to the left, its sform to the right.
    let flipped = try volume { $0 }
    #expect(
      flipped.notes.contains {
        $0.weight == .warning && $0.what.hasSuffix("differ by a flip: the axes run to LAS and to RAS")
      })
    // With the sform's row x the other way round, both run to the left, apart.
    let apart = try volume { bytes in (0..<4).reduce(into: bytes) { $0[283 + 4 * $1] ^= 0x80 } }
    #expect(apart.notes.map(\.weight) == [.told])
    #expect(apart.notes.first?.what.hasPrefix("qform and sform disagree by") == true)
  }

  @Test func `An extent of 0 beyond the third axis is 1`() throws {
    let bytes = try Fixture.bytes("type_u1_little.nii")
    let plain = try Volume(contentsOf: Fixture.path("type_u1_little.nii"))
    let scratch = try Scratch()
    defer { withExtendedLifetime(scratch) {} }
    let volume = try Volume(
      contentsOf: scratch.file("scan.nii", Spoilt.put(0, at: 48)(Spoilt.put(4, at: 40)(bytes))))
    #expect(volume.shape == plain.shape && volume.channels == 1 && volume.voxels == plain.voxels)
  }

  @Test(arguments: [(Float(1e-30), 280), (1e30, 280), (1e30, 292), (-3e38, 292), (.leastNonzeroMagnitude, 280)])
  func `Sizes and places beyond all images are refused`(_ value: Float, at offset: Int) throws {
    let scratch = try Scratch()
    let path = try scratch.file("far.nii", Spoilt.putFloat(value, at: offset)(Self.upright()))
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
    #expect(error?.place.part == "header field srow (sform)")
    #expect(error?.kind == .badData)
  }

  /// A header with an sform alone, along the world's axes.
  private static func upright() throws -> [UInt8] {
    var bytes = Spoilt.put(1, at: 254)(Spoilt.put(0, at: 252)(try Fixture.bytes("type_u1_little.nii")))
    for n in 280..<328 { bytes[n] = 0 }
    for offset in [280, 300, 320] { bytes = Spoilt.putFloat(2, at: offset)(bytes) }
    return bytes
  }
}

@Suite struct `Formats that are not read` {
  @Test(arguments: [
    ("scan.nrrd", "NRRD0004\ntype: short\n", "NRRD", "SimpleITK"),
    ("scan.mha", "ObjectType = Image\nNDims = 3\n", "MetaImage", "SimpleITK"),
    ("scan.nii", "NRRD0005\n", "NRRD", "SimpleITK"),
    ("slice.dcm", "anything", "DICOM", "dcm2niix"),
    ("IM0001", String(repeating: "\0", count: 128) + "DICM", "DICOM", "dcm2niix"),
    ("scan.mif", "mrtrix image\n", "MRtrix", "mrconvert"), ("scan.mnc", "CDF\u{1}", "MINC", "mnc2nii"),
    ("scan.HEAD", "type = x", "AFNI", "3dAFNItoNIFTI"), ("scan.zip", "PK\u{3}\u{4}", "archive", "unpack"),
  ])
  func `The error says what they are and how to convert them`(
    _ name: String, text: String, format: String, remedy: String
  ) throws {
    let scratch = try Scratch()
    defer { withExtendedLifetime(scratch) {} }
    let path = try scratch.file(name, Array(text.utf8))
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: path) }
    #expect(error?.kind == .unsupported)
    #expect(error?.what.contains(format) == true && error?.remedy.contains(remedy) == true, "\(error?.line ?? "")")
  }

  @Test func `A folder of DICOM files, or of their series, is recognised`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path + "/study/series", withIntermediateDirectories: true)
    _ = try scratch.file("study/series/IM1", Array((String(repeating: "\0", count: 128) + "DICM").utf8))
    for folder in ["/study/series", "/study"] {
      let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: scratch.path + folder) }
      #expect(error?.line.contains("a folder of DICOM files, not an image; convert it to NIfTI: dcm2niix") == true)
    }
    let error = #expect(throws: PellucidError.self) { _ = try Volume(contentsOf: scratch.path) }
    #expect(error?.kind == .badData)
  }
}

@Suite struct `Names of images` {
  @Test(arguments: [
    ("a/b/scan.nii.gz", "scan"), ("scan.NII", "scan"), ("scan.img.gz", "scan"), ("scan.mgz", "scan"),
    ("scan.mgh.gz", "scan"), ("scan.v2.nii", "scan.v2"), ("scan.gz", "scan"), ("scan", "scan"), (".nii.gz", ".nii"),
  ])
  func `Stems`(_ path: String, _ stem: String) { #expect(ImageName.stem(of: path) == stem) }

  @Test func `Of a pair the header stands for the image, and what is hidden or no image is left out`() {
    let names = ["a.hdr", "a.img", "b.img", "c.nii.gz", ".d.nii", "e.txt", "f.mgz", "g.HDR.gz", "g.IMG.gz"]
    #expect(ImageName.images(among: names) == ["a.hdr", "b.img", "c.nii.gz", "f.mgz", "g.HDR.gz"])
  }
}
