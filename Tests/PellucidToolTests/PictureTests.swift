import Foundation
import PellucidFigures
import Testing

/// What `montage`, `chart` and `clusters` make, as a user calls them.
@Suite struct `Pictures and clusters` {
  /// A picture that says what it should: its texts in an SVG file, its title and description in a PNG file, whose pixels are not all alike.
  private func expectPicture(
    _ arguments: String, _ name: String, says words: [String] = [], in folder: TemporaryFolder
  ) throws {
    let answer = try Tool.run(arguments, in: folder.url)
    #expect(answer.status == 0, "\(arguments): \(answer.error)")
    #expect(answer.output.isEmpty)
    let bytes = [UInt8](try folder.bytes(name))
    if name.hasSuffix(".png") {
      let picture = try PNGPicture(decoding: bytes)
      let greys = Set(stride(from: 0, to: picture.rgb.count, by: 3).map { picture.rgb[$0] })
      #expect(greys.count > 8, "\(arguments)")
      for word in words { #expect(picture.texts.contains { $0.text.contains(word) }, "\(word): \(picture.texts)") }
    } else if name.hasSuffix(".svg") {
      let file = String(decoding: bytes, as: UTF8.self)
      #expect(file.hasSuffix("</svg>\n"))
      // A scale's label may go on with a power of ten.
      for word in words {
        #expect(file.contains(">\(word)<") || file.contains(">\(word)  (× 10"), "\(arguments): \(word)")
      }
    } else {
      #expect(bytes.starts(with: "%PDF".utf8) && bytes.suffix(6).elementsEqual("%%EOF\n".utf8))
    }
  }

  static let montages: [(options: String, words: [String])] = [
    (
      "--overlay one=gm.nii.gz --overlay two=scan.nii.gz --plane axial --slices 2",
      ["one", "two", "relevance (a.u.)", "L", "R"]
    ),
    ("--overlay gm.nii.gz --overlay scan.nii.gz --scale own --slices 3", ["gm", "scan", "relevance (a.u.)", "P", "A"]),
    ("--difference gm.nii.gz scan.nii.gz --slices 2", ["gm − scan (a.u.)"]),
    (
      "--overlay gm.nii.gz --glass --convention radiological --background white",
      ["axial", "coronal", "sagittal", "relevance (a.u.)"]
    ),
    ("--overlay gm.nii.gz --limits -1,2 --sign signed --zoom grid --plane coronal --slices 2", ["−1.0", "0", "2.0"]),
    (
      "--overlay gm.nii.gz --at x=0,z=5,z=10 --zoom -20,20,-20,20,-20,20",
      ["x = 0 mm", "z = +5 mm", "z = +10 mm"]
    ),
    ("--contours quarters.nii.gz:Back_L,4 --plane axial --slices 2", ["Back_L", "Front_R"]),
    ("--contours quarters.nii.gz --slices 1", ["L", "R"]),
    ("--overlay gm.nii.gz --slices even:3 --plane axial", ["relevance (a.u.)"]),
    (
      "--overlay gm.nii.gz --interpolation nearest --label weight --subtitle below --width 85 --dpi 100 --slices 1",
      ["weight", "below"]
    ),
  ]

  @Test(arguments: montages) func `montage draws`(options: String, words: [String]) throws {
    let folder = try TemporaryFolder.withFixtures()
    try expectPicture("montage scan.nii.gz \(options) --out picture.png", "picture.png", in: folder)
    try expectPicture("montage scan.nii.gz \(options) --out picture.svg", "picture.svg", says: words, in: folder)
  }

  @Test func `montage says that a map is empty, and draws it all the same`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("montage scan.nii.gz --difference gm.nii.gz gm.nii.gz --out p.svg", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error == "pellucid: note: gm − gm: every value is 0; the picture shows no relevance\n")
    #expect(
      String(decoding: try folder.bytes("p.svg"), as: UTF8.self).contains(">no relevance: every value is 0<"))
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
    try expectPicture(
      "chart p_lrp_regions.tsv --out bars.svg", "bars.svg", says: ["Back_L", "Front_R", "mean relevance (a.u.)"],
      in: folder)
    try expectPicture("chart p_lrp_regions.tsv p_occlusion_regions.tsv --out h.pdf", "h.pdf", in: folder)
    try expectPicture("chart LRP=p_lrp_regions.tsv --kind heatmap --scale shared --out h.png", "h.png", in: folder)
    try expectPicture("chart p_lrp_regions.tsv --kind scatter --top 3 --out s.png", "s.png", in: folder)
    let axes = ["volume of the region, cm³", "share of all |R|, %"]
    try expectPicture(
      "chart p_lrp_regions.tsv --kind scatter --out s.svg", "s.svg", says: axes + ["Back_L"], in: folder)
    try expectPicture("chart p_lrp_regions.tsv --kind scatter --log --out l.svg", "l.svg", says: axes, in: folder)
    try expectPicture(
      "chart p_lrp_regions.tsv p_occlusion_regions.tsv --out h.svg", "h.svg",
      says: ["lrp", "occlusion", "Front_L"], in: folder)
    // In as many lines as it takes, none cut.
    let written = String(decoding: try folder.bytes("h.svg"), as: UTF8.self).split(separator: "\n")
      .compactMap { $0.hasPrefix("<text") ? $0.dropLast("</text>".count).split(separator: ">").last : nil }
    #expect(written.joined(separator: " ").contains("mean relevance, part of the column's largest"))
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

  @Test func `scales name the unit that the provenance or the header says`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method saliency,occlusion --patch 6 --atlas quarters.nii.gz --grid --out out",
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    for (method, unit) in [("saliency", "logit"), ("occlusion", "probability")] {
      let stem = "out/scan_\(method)"
      try expectPicture(
        "chart \(stem)_regions.tsv --out c.svg", "c.svg", says: ["mean relevance (\(unit))"], in: folder)
      let montage = "montage scan.nii.gz --slices 1 --overlay"
      try expectPicture("\(montage) \(stem).nii.gz --out m.svg", "m.svg", says: ["relevance (\(unit))"], in: folder)
      // Without the provenance beside it, by the map's own header.
      try folder.write("copy_\(method).nii.gz", try folder.bytes("\(stem).nii.gz"))
      try expectPicture(
        "\(montage) copy_\(method).nii.gz --out m.svg", "m.svg", says: ["relevance (\(unit))"], in: folder)
    }
    try expectPicture(
      "montage scan.nii.gz --overlay out/scan_saliency.nii.gz --overlay out/scan_occlusion.nii.gz --scale own --out t.svg",
      "t.svg", says: ["relevance (logit)", "relevance (probability)"], in: folder)
    // On one scale, maps of two units have none.
    try expectPicture(
      "montage scan.nii.gz --overlay out/scan_saliency.nii.gz --overlay out/scan_occlusion.nii.gz --out t.svg",
      "t.svg", says: ["relevance (a.u.)"], in: folder)
  }

  @Test func `an overlay with NaN is told`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("montage scan.nii.gz --overlay bad_nan.nii.gz --slices 1 --out p.png", in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.error.contains("pellucid: note: bad_nan.nii.gz: "))
    #expect(answer.error.contains(" NaN or infinite; they are taken as 0\n"))
  }

  @Test func `contours find regions whose names hold commas and colons, and atlases whose paths do`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let atlas = try folder.bytes("quarters.nii.gz")
    try folder.write("at:las.nii.gz", atlas)
    try folder.write("names.tsv", "index\tname\n1\tGyrus, left, superior\n2\tB:C\n3\tB\n4\tGyrus\n")
    for (file, regions, legend) in [
      ("quarters.nii.gz", "Gyrus, left, superior", ["Gyrus, left, superior"]),
      ("quarters.nii.gz", "B:C", ["B:C"]), ("at:las.nii.gz", "B:C,Gyrus", ["B:C", "Gyrus"]),
      ("at:las.nii.gz", "Gyrus, left, superior,B", ["Gyrus, left, superior", "B"]),
      ("at:las.nii.gz", "B, Gyrus, left, superior", ["B", "Gyrus, left, superior"]),
      ("quarters.nii.gz", "4,B:C", ["Gyrus", "B:C"]),
    ] {
      let answer = try Tool.run(
        ["montage", "scan.nii.gz", "--contours", "\(file):\(regions)", "--labels", "names.tsv", "--out", "p.svg"],
        in: folder.url)
      #expect(answer.status == 0, "\(regions): \(answer.error)")
      let file = String(decoding: try folder.bytes("p.svg"), as: UTF8.self)
      for name in legend { #expect(file.contains(">\(name)<"), "\(regions)") }
    }
    let wrong = try Tool.run(
      [
        "montage", "scan.nii.gz", "--contours", "quarters.nii.gz:Gyrus, lefft", "--labels", "names.tsv", "--out",
        "p.svg",
      ],
      in: folder.url)
    #expect(wrong.status == 64 && wrong.error.contains(" lefft"))
  }

  @Test func `contours that do not lie on the scan are told, as explain tells it`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "regions gm.nii.gz --atlas quarters.nii.gz --anatomy bad_away.nii.gz --out t.tsv", in: folder.url)
    let told = answer.lines.filter { $0.hasPrefix("pellucid: warning: bad_away.nii.gz: ") }
    #expect(!told.isEmpty)
    let picture = try Tool.run(
      "montage bad_away.nii.gz --contours quarters.nii.gz --slices 1 --out p.png", in: folder.url)
    #expect(picture.lines.filter { $0.hasPrefix("pellucid: warning: ") } == told)
  }
}
