import Foundation
import Testing

/// What `montage`, `chart` and `clusters` make, as a user calls them.
@Suite struct `Pictures and clusters` {
  private func expectPicture(_ arguments: String, _ name: String, in folder: TemporaryFolder) throws {
    let answer = try Tool.run(arguments, in: folder.url)
    #expect(answer.status == 0, "\(arguments): \(answer.error)")
    #expect(answer.output.isEmpty)
    #expect(try folder.bytes(name).count > 1000, "\(arguments)")
  }

  @Test(arguments: [
    "--overlay one=gm.nii.gz --overlay two=scan.nii.gz --plane axial --slices 2",
    "--overlay gm.nii.gz --overlay scan.nii.gz --scale own --slices 3", "--difference gm.nii.gz scan.nii.gz --slices 2",
    "--overlay gm.nii.gz --glass --convention radiological --background white",
    "--overlay gm.nii.gz --limits -1,2 --sign signed --zoom grid --plane coronal --slices 2",
    "--overlay gm.nii.gz --at x=0,z=5,z=10 --zoom -20,20,-20,20,-20,20",
    "--contours quarters.nii.gz:Back_L,4 --plane axial --slices 2", "--contours quarters.nii.gz --slices 1",
    "--overlay gm.nii.gz --interpolation nearest --label relevance --subtitle below --width 85 --dpi 100 --slices 1",
  ])
  func `montage draws`(options: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    try expectPicture("montage scan.nii.gz \(options) --out picture.png", "picture.png", in: folder)
  }

  @Test func `montage says that a map is empty, and draws it all the same`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("montage scan.nii.gz --difference gm.nii.gz gm.nii.gz --out p.svg", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error == "pellucid: note: gm − gm: every value is 0; the picture shows no relevance\n")
    #expect(try folder.bytes("p.svg").count > 1000)
  }

  @Test func `contours of a region without voxels, and maps without a number, are refused`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("ghost.tsv", "index\tname\n1\tBack_L\n99\tGhost\n")
    let answer = try Tool.run(
      "montage scan.nii.gz --contours quarters.nii.gz:Ghost --labels ghost.tsv --out p.png", in: folder.url)
    #expect(answer.status == 65)
    #expect(answer.error.contains("pellucid: quarters.nii.gz: the region Ghost has no voxels, and so no contour: "))
    #expect(!folder.listing().contains("p.png"))
    // plain.nii's header with float32 as its type, then NaN for every voxel.
    var bytes = try folder.bytes("plain.nii").prefix(352)
    bytes.replaceSubrange(70..<74, with: [16, 0, 32, 0])
    for _ in 0..<(12 * 14 * 10) { bytes.append(contentsOf: [0, 0, 0xc0, 0x7f]) }
    try folder.write("nan.nii", Data(bytes))
    for line in ["montage scan.nii.gz --overlay nan.nii --out p.png", "clusters nan.nii --nan zero"] {
      let answer = try Tool.run(line, in: folder.url)
      #expect(answer.status == 65)
      #expect(answer.error.hasPrefix("pellucid: nan.nii: no voxel is finite: every one is NaN or infinite; "))
    }
  }

  @Test func `chart draws region tables`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for (scan, name) in [("gm", "p_lrp_regions"), ("scan_LIA", "p_occlusion_regions")] {
      let answer = try Tool.run("regions \(scan).nii.gz --atlas quarters.nii.gz --out \(name).tsv", in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
    }
    try expectPicture("chart p_lrp_regions.tsv --out bars.svg", "bars.svg", in: folder)
    try expectPicture("chart p_lrp_regions.tsv p_occlusion_regions.tsv --out h.pdf", "h.pdf", in: folder)
    try expectPicture("chart LRP=p_lrp_regions.tsv --kind heatmap --scale shared --out h.png", "h.png", in: folder)
    try expectPicture("chart p_lrp_regions.tsv --kind scatter --top 3 --out s.png", "s.png", in: folder)
    try expectPicture("chart p_lrp_regions.tsv --kind scatter --log --out l.svg", "l.svg", in: folder)
    #expect(try Tool.run("chart p_lrp_regions.tsv --log --out l.png", in: folder.url).status == 64)
    try expectPicture(
      "chart p_lrp_regions.tsv --kind scatter --column mean --background black --out s.png", "s.png", in: folder)
  }

  @Test func `clusters writes the same table to a file and to standard output`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let line = "clusters gm.nii.gz --atlas quarters.nii.gz --threshold 95% --two-sided --connectivity 26"
    let answer = try Tool.run(line, in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.error.hasPrefix("pellucid: note: the threshold is "))
    #expect(try Tool.run(line + " --out c.tsv", in: folder.url).output.isEmpty)
    #expect(try String(contentsOf: folder.url.appending(path: "c.tsv"), encoding: .utf8) == answer.output)
    try expectSnapshot(answer.output, named: "clusters")
    let none = try Tool.run("clusters gm.nii.gz --threshold 1e9", in: folder.url)
    #expect(none.status == 0 && none.output.split(separator: "\n").count == 1)
    #expect(none.error.contains("there are no such clusters; the largest |R| is "))
  }

  @Test func `explain draws all methods on the same slices where asked to, on one scale`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method saliency,gradient-x-input --grid --limits 0.5 --out out",
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(folder.listing("out").contains("scan_methods.png"))
    #expect(answer.output.contains("all methods\n    picture  out/scan_methods.png"))
    let plain = try Tool.run("explain scan.nii.gz --model cnn.onnx --method saliency --out plain", in: folder.url)
    #expect(plain.status == 0)
    #expect(folder.listing("plain") == ["scan_saliency.json", "scan_saliency.nii.gz", "scan_saliency.png"])
  }
}
