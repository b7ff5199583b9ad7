import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Label images` {
  @Test func `labels that nothing names are called after their number, with a note`() throws {
    let atlas = try Atlas(name: "x", image: strip([0, 7, 9]), labels: LabelTable(text: "7 Insula_L", source: "l.txt"))
    #expect(atlas.regions.map(\.name) == ["Insula_L", "region-9"])
    #expect(atlas.notes.count == 1)
    let bare = try Atlas(name: "x", image: strip([0, 7, 9]), labels: nil)
    #expect(bare.regions.map(\.name) == ["region-7", "region-9"])
    #expect(bare.notes.map(\.what) == ["the atlas has no label file"])
  }

  @Test func `an image with the third column's labels takes that column`() throws {
    let table = try LabelTable(text: "1 Precentral_L 2001\n2 Precentral_R 2002\n", source: "aal.nii.txt")
    let atlas = try Atlas(name: "x", image: strip([0, 2001, 2002]), labels: table)
    #expect(atlas.regions.map(\.index) == [2001, 2002])
    #expect(atlas.regions.map(\.name) == ["Precentral_L", "Precentral_R"])
    #expect(atlas.notes.count == 1)
    #expect(try Atlas(name: "x", image: strip([0, 1, 2]), labels: table).regions.map(\.index) == [1, 2])
  }

  @Test(arguments: [[0, 1.5, 2], [0, -1, 2], [0, .nan, 1], [0, 3e7, 1], [0, .infinity, 1]] as [[Float]])
  func `a value that is no label is refused, naming the voxel`(values: [Float]) throws {
    let error = try #require(fault { _ = try strip(values) })
    #expect(error.kind == .badData)
    #expect(error.place.part == "voxel (1, 0, 0)")
    #expect(error.line.contains("\(values[1])"))
  }

  @Test func `almost whole values are rounded with a note, zeros alone refused`() throws {
    let image = try strip([0, 1.0002, 2])
    #expect(image.labels == [0, 1, 2])
    #expect(image.notes.count == 1)
    #expect(fault { _ = try strip([0, 0, 0]) }?.what == "no voxel carries a label")
  }

  @Test func `a singular affine is refused`() throws {
    let shape = GridShape(i: 1, j: 1, k: 1)
    let flat = Affine(elements: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    #expect(
      fault { _ = try LabelVolume(Volume(shape: shape, voxels: [1], affine: flat)) }?.what == "the affine is singular")
  }

  @Test func `a region is found by name or label, a near miss suggested`() throws {
    let atlas = try Atlas(
      name: "x", image: strip([1, 2, 0]), labels: LabelTable(text: "1 Insula_L\n2 Insula_R", source: "l.txt"))
    #expect(try atlas.region(named: "insula_r").index == 2)
    #expect(try atlas.region(named: "1").name == "Insula_L")
    let error = try #require(fault { _ = try atlas.region(named: "Insla_L") })
    #expect(error.kind == .usage)
    #expect(error.line.contains("Insula_L"))
  }
}

@Suite struct `Atlas and image meet in world space` {
  @Test(arguments: try ReferenceCase.all())
  func `labels agree with nibabel's resample_from_to`(reference: ReferenceCase) throws {
    let volume = reference.relevance
    let labels = try reference.atlas().labels(on: volume.shape, affine: volume.affine)
    #expect(labels == reference.on_grid)
  }

  @Test func `a centre between two voxels takes the higher one`() throws {
    var affine = Affine.identity
    affine[0, 3] = 0.5
    #expect(try strip([1, 2, 3]).sampled(on: GridShape(i: 3, j: 1, k: 1), affine: affine) == [2, 3, 0])
    affine[0, 3] = -0.5
    #expect(try strip([1, 2, 3]).sampled(on: GridShape(i: 3, j: 1, k: 1), affine: affine) == [1, 2, 3])
  }

  @Test func `images apart in the world are refused with both boxes`() throws {
    var affine = Affine.identity
    affine[1, 3] = -200.25
    let error = try #require(
      fault { _ = try strip([1, 2, 3]).sampled(on: GridShape(i: 4, j: 5, k: 6), affine: affine) })
    #expect(error.kind == .badData)
    #expect(error.place.file == "strip.nii")
    #expect(error.why.contains("x 0 to 2, y 0 to 0, z 0 to 0 mm"))
    #expect(error.why.contains("x 0 to 3, y -200.3 to -196.3, z 0 to 5 mm"))
  }
}
