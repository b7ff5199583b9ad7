import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Names in label files` {
  private func names(_ text: String) throws -> [String] {
    try LabelTable(text: text, source: "labels.txt").regions.map(\.name)
  }

  @Test(arguments: [
    ("1 Area 1\n2 Area 2\n3 Area 3\n", ["Area 1", "Area 2", "Area 3"]),
    ("0 Background\n1 Area 1\n2 Area 2\n", ["Area 1", "Area 2"]),
    ("1 Area hOc1\n2 Area 44\n3 Area 45\n", ["Area hOc1", "Area 44", "Area 45"]),
    ("1 Area 1 255 0 0\n2 Area 2 0 255 0\n", ["Area 1", "Area 2"]),
    ("1 Area 1 255 0 0 0\n2 Area 2 0 255 0 0\n", ["Area 1", "Area 2"]),
    ("1 Thalamus 255 0 0 0\n2 Area 2 0 255 0 0\n", ["Thalamus", "Area 2"]),
    ("1 Area 1 2001\n2 Area 2 2002\n", ["Area 1", "Area 2"]),
    ("1 V 4\n2 MT 5\n", ["V 4", "MT 5"]),
    ("1\tArea 1\n2\tArea 2\n", ["Area 1", "Area 2"]),
    ("1,Area 1\n2,Area 2\n", ["Area 1", "Area 2"]),
  ])
  func `keep the numbers that they end in`(text: String, expected: [String]) throws {
    #expect(try names(text) == expected)
  }

  @Test func `lose colours and labels behind their own numbers`() throws {
    let colours = try LabelTable(text: "1 Area 1 255 0 0\n2 Area 2 0 255 0\n", source: "l.txt")
    #expect(colours.regions.map(\.colour) == ["#ff0000", "#00ff00"] && colours.otherLabels.isEmpty)
    let labels = try LabelTable(text: "1 Area 1 2001\n2 Area 2 2002\n", source: "l.txt")
    #expect(labels.otherLabels == [1: 2001, 2: 2002])
  }

  @Test(arguments: [
    ("1 Insula # the left one\n2 Area #2\n", ["Insula", "Area #2"]),
    ("1\tInsula\t# left\n2\tPutamen #\n", ["Insula", "Putamen"]),
    ("index\tname\tcolor # my own\n1\tInsula\t#ff0080 # red\n", ["Insula"]),
    ("1,\"Insula # 1\"\n", ["Insula # 1"]), ("1 C#\n", ["C#"]),
  ])
  func `lose comments behind them`(text: String, expected: [String]) throws {
    #expect(try names(text) == expected)
  }

  @Test func `colours behind a comment's mark stay colours`() throws {
    let table = try LabelTable(text: "index name color\n1 Insula #ff0080 # red\n", source: "l.txt")
    #expect(table.regions.map(\.colour) == ["#ff0080"])
  }

  @Test(arguments: [
    (["Amygdala (L)", "Amygdala (R)"], "Amygdala"), (["Amygdala [L]", "Amygdala [R]"], "Amygdala"),
    (["Amygdala L.", "Amygdala R."], "Amygdala"), (["Amygdala, left", "Amygdala, right"], "Amygdala"),
    (["Left-Amygdala", "Right-Amygdala"], "Amygdala"), (["lh.cuneus", "rh.cuneus"], "cuneus"),
    (["(left) Amygdala", "(right) Amygdala"], "Amygdala"), (["L. Amygdala", "R. Amygdala"], "Amygdala"),
    (["Amygdala (left)", "Right Amygdala"], "Amygdala"), (["Amygdala - L", "Amygdala - R"], "Amygdala"),
    (["Gyrus, left, superior", "Gyrus, right, superior"], "Gyrus, superior"),
    (["Amygdala (L) basal", "Amygdala (R) basal"], "Amygdala basal"),
    (["Amygdala (left, CM)", "Amygdala (right, CM)"], "Amygdala (CM)"),
    (["Amygdala (CM, left)", "Amygdala (CM, right)"], "Amygdala (CM)"),
    (["Amygdala (CM) L", "Amygdala (CM) R"], "Amygdala (CM)"),
    (["Left hemisphere: cuneus", "Right hemisphere: cuneus"], "cuneus"),
    (["7Networks_LH_Vis_1", "7Networks_RH_Vis_1"], "7Networks_Vis_1"),
    (["{L}Amygdala", "{R}Amygdala"], "Amygdala"), (["Amygdala_left", "Amygdala_right"], "Amygdala"),
  ])
  func `of both sides become one without brackets or commas`(pair: [String], whole: String) throws {
    let table = try LabelTable(
      text: "index\tname\n1\t\(pair[0])\n2\t\(pair[1])\n3\tVermis (L3)\n", source: "l.tsv")
    let grouped = try Atlas(name: "x", image: strip([1, 2, 3]), labels: table).grouped(by: [.bilateral])
    #expect(grouped.regions.map(\.name) == [whole, "Vermis (L3)"])
    #expect(grouped.image.labels == [1, 1, 3])
  }
}

@Suite struct `Label images that are nearly right` {
  @Test func `labels off by less than the tolerance are taken, and how many is told`() throws {
    let values: [Float] = [0.04, 1.08, 1.93, 2]
    let error = try #require(fault { _ = try LabelVolume(Self.row(values)) })
    #expect(error.line.contains("`labels-tolerance` 0.1"))
    let image = try LabelVolume(Self.row(values), tolerance: 0.1)
    #expect(image.labels == [0, 1, 2, 2])
    #expect(image.notes.map(\.weight) == [.told])
    #expect(image.notes[0].what == "3 label values are not quite whole numbers (off by up to 0.08)")
    #expect(fault { _ = try LabelVolume(Self.row([0, 1.2]), tolerance: 0.1) }?.place.part == "voxel (1, 0, 0)")
    // An intensity image is told to be none.
    #expect(fault { _ = try LabelVolume(Self.row([0, 1.5])) }?.line.contains("intensity") == true)
  }

  @Test(arguments: [1, 2])
  func `NaN is background where it is taken as 0`(volumes: Int) throws {
    let path = FileManager.default.temporaryDirectory.path + "/pellucid-atlas-\(UInt64.random(in: .min ... .max)).nii"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let shape = GridShape(i: 3, j: 1, k: 1)
    let values: [Float] = volumes == 1 ? [.nan, 1, 2] : [.nan, 0.9, 0, 0, .nan, 0.8]
    try Volume(shape: shape, channels: volumes, voxels: values, affine: .identity).write(to: path)
    #expect(fault { _ = try Atlas(contentsOf: path) }?.line.contains("the value is NaN") == true)
    let atlas = try Atlas(contentsOf: path, policy: .init(nan: .zero))
    #expect(atlas.image.labels == [0, 1, 2])
    #expect(atlas.notes.count { $0.what.contains("NaN or infinite") } == volumes)
  }

  private static func row(_ values: [Float]) -> Volume {
    Volume(shape: GridShape(i: values.count, j: 1, k: 1), voxels: values, affine: .identity, source: "row.nii")
  }
}

@Suite struct `Extreme scans and atlases` {
  /// Voxels of all magnitudes that float32 holds, and of both signs.
  @Test(
    arguments: [
      [.leastNonzeroMagnitude, 4 * .leastNonzeroMagnitude], [-3e38, 3e38], [0, .leastNonzeroMagnitude],
      [3.4e38, 3.3e38], [-.leastNonzeroMagnitude, 3.4e38],
    ] as [[Float]])
  func `the check of alignment looks at all values`(_ ends: [Float]) throws {
    let shape = GridShape(i: 24, j: 24, k: 24)
    var scan = Volume(
      shape: shape, voxels: (0..<shape.count).map { ends[$0 / 7 % 2] }, affine: Self.centred(8),
      space: SpaceRecord(sformCode: 4))
    scan.voxels[0] = 0
    let atlas = try Atlas(
      name: "x",
      image: LabelVolume(
        Volume(shape: shape, voxels: scan.voxels.indices.map { Float($0 % 2) }, affine: Self.centred(8))),
      labels: nil)
    let check = AlignmentCheck(scan, atlas: atlas)
    #expect((0...1).contains(check.overlap ?? -1))
  }

  @Test(arguments: [1e-6, 1e6])
  func `and at voxels of all sizes`(_ size: Double) throws {
    let shape = GridShape(i: 9, j: 9, k: 9)
    let values = (0..<shape.count).map { Float($0 % 5) }
    let scan = Volume(shape: shape, voxels: values, affine: Self.centred(size), space: SpaceRecord(sformCode: 4))
    let atlas = try Atlas(
      name: "x", image: LabelVolume(Volume(shape: shape, voxels: values, affine: Self.centred(size))), labels: nil)
    #expect(AlignmentCheck(scan, atlas: atlas).overlap != nil)
  }

  private static func centred(_ size: Double) -> Affine {
    Affine(elements: [size, 0, 0, -12 * size, 0, size, 0, -12 * size, 0, 0, size, -12 * size])
  }
}
