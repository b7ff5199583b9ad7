import FoundationEssentials
import PellucidFaults
import PellucidFiles
import PellucidVolumes
import Testing

@Suite struct `What is written reads back the same` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: ReadingCase.all, ["map.nii.gz", "map.nii"])
  func `Voxels, affine and codes survive`(_ reference: ReadingCase, name: String) throws {
    let volume = try Volume(contentsOf: Fixture.path(reference.file))
    let path = scratch.path + "/" + name
    try volume.write(to: path, description: "relevance", intentName: "grad-cam", displayRange: -1...2)
    let back = try Volume(contentsOf: path)
    #expect(back.shape == volume.shape)
    #expect(back.channels == volume.channels)
    #expect(back.voxels == volume.voxels)
    #expect(back.affine.greatestDistance(to: volume.affine, over: volume.shape) < 1e-4)
    #expect(back.space.qformCode == volume.space.qformCode)
    #expect(back.space.sformCode == volume.space.sformCode)
    #expect(back.space.units == volume.space.units)
    if let form = volume.space.qformAffine {
      #expect(try #require(back.space.qformAffine).greatestDistance(to: form, over: volume.shape) < 1e-4)
    }
    #expect(scratch.names == [name])
  }

  @Test func `Long texts are cut between characters, names and range are in the header`() throws {
    let path = scratch.path + "/a.nii"
    try counting(GridShape(i: 2, j: 2, k: 2)).write(
      to: path, description: String(repeating: "ä", count: 60), intentName: "integrated-gradients",
      displayRange: -0.5...4)
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    #expect(bytes.count == 352 + 32)
    #expect(String(decoding: bytes[148..<228].prefix { $0 != 0 }, as: UTF8.self) == String(repeating: "ä", count: 39))
    #expect(String(decoding: bytes[328..<344].prefix { $0 != 0 }, as: UTF8.self) == "integrated-grad")
    #expect(bytes[124..<132].elementsEqual([0, 0, 128, 64, 0, 0, 0, 191]))
  }

  @Test func `More than 32767 voxels along an axis make a NIfTI-2 file`() throws {
    let volume = counting(GridShape(i: 40_000, j: 1, k: 2))
    let path = scratch.path + "/long.nii.gz"
    try volume.write(to: path)
    #expect(try Volume(contentsOf: path).voxels == volume.voxels)
  }

  @Test func `An affine that a qform cannot hold gets an sform`() throws {
    var volume = counting(GridShape(i: 3, j: 4, k: 5))
    volume.affine = Affine(elements: [1, 0.3, 0, 4, 0, 1, 0, 5, 0, 0.2, 2, 6])
    for code in [0, 1] {
      volume.space = SpaceRecord(qformCode: code, sformCode: 0)
      let path = scratch.path + "/sheared.nii"
      try volume.write(to: path)
      #expect(try Volume(contentsOf: path).affine.worst(volume.affine) < 1e-6)
    }
  }

  @Test func `A volume joins a set of files and appears with it`() throws {
    let set = try FileSet(folder: scratch.path + "/out")
    let volume = counting(GridShape(i: 3, j: 4, k: 5), channels: 2)
    try volume.write(into: set, as: "r.nii.gz", description: "relevance")
    try set.add("{}", as: "r.json")
    try set.commit()
    #expect(try Volume(contentsOf: scratch.path + "/out/r.nii.gz").channels == 2)
  }

  @Test func `A missing folder is an output error that names the file`() throws {
    let error = #expect(throws: PellucidError.self) {
      try counting(GridShape(i: 2, j: 2, k: 2)).write(to: scratch.path + "/missing/a.nii.gz")
    }
    #expect(error?.kind == .output)
    #expect(error?.place.file == scratch.path + "/missing/a.nii.gz")
  }
}
