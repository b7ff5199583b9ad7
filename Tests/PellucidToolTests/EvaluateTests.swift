import Foundation
import PellucidFaults
import PellucidVolumes
import Testing

/// Methods measured against known truth, run as a user runs it.
@Suite struct `Evaluate` {
  /// The fixtures with a truth mask for both copies of the scan, the second on a grid of its own, and a table of them.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let scan = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    var voxels = [Float](repeating: 0, count: scan.shape.count)
    for k in 3..<6 { for j in 5..<9 { for i in 2..<6 { voxels[i + scan.shape.i * (j + scan.shape.j * k)] = 1 } } }
    let truth = Volume(shape: scan.shape, voxels: voxels, affine: scan.affine)
    try truth.write(to: folder.url.appending(path: "scan_truth.nii.gz").path)
    // The same mask with half the voxel size, so that the two meet in the world.
    var fine = scan.affine
    for row in 0..<3 {
      for column in 0..<3 { fine[row, column] /= 2 }
      fine[row, 3] -= (0..<3).reduce(0) { $0 + scan.affine[row, $1] } / 4
    }
    let shape = GridShape(i: 2 * scan.shape.i, j: 2 * scan.shape.j, k: 2 * scan.shape.k)
    try truth.resampled(onto: shape, affine: fine, interpolation: .nearest)
      .write(to: folder.url.appending(path: "fine.nii.gz").path)
    try folder.write(
      "cohort.tsv",
      """
      image\tage\ttruth\tregions\tlabels
      scan.nii.gz\t71\tscan_truth.nii.gz\tBack_L;4\tquarters.nii.gz
      scan_LIA.nii.gz\t80\tfine.nii.gz\tFront_R; Back_L\tn/a

      """)
    return folder
  }

  private static let command = "--model cnn.onnx --target AD --atlas quarters.nii.gz"

  private func table(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  /// A feature channel is no class of the card's output.
  @Test func `truth says what the network answers to the target that is explained`() throws {
    let folder = try Self.folder()
    let target = "--model cnn.onnx --target unit:/features/features.4/Conv:1 --method saliency --out out"
    for command in ["evaluate truth cohort.tsv \(target)", "explain scan.nii.gz \(target)"] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    let row = try #require(try table(folder, "out/truth_subjects.tsv").first)
    let provenance = try JSONSerialization.jsonObject(with: folder.bytes("out/scan_saliency.json")) as? [String: Any]
    let score = try #require(provenance?["score_value"] as? Double)
    #expect(abs((Double(row["answer"] ?? "") ?? .nan) - score) < 1e-5 * abs(score), "\(row) for \(score)")
  }

  @Test func `truth writes tables, a chart and provenance, all of them or none`() throws {
    let folder = try Self.folder()
    let answer = try Tool.run(
      "evaluate truth cohort.tsv \(Self.command) --method saliency,lrp,lrp:composite=epsilon --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.error.isEmpty)
    #expect(
      folder.listing("out") == ["truth.json", "truth_subjects.tsv", "truth_summary.png", "truth_summary.tsv"])
    #expect(answer.output.hasPrefix("method"))
    #expect(answer.output.contains("lrp:composite=epsilon"))
    let rows = try table(folder, "out/truth_subjects.tsv")
    #expect(rows.map { $0["subject"] } == Array(repeating: "scan", count: 4) + Array(repeating: "scan_LIA", count: 4))
    #expect(rows.prefix(4).map { $0["method"] } == ["chance", "saliency", "lrp", "lrp:composite=epsilon"])
    #expect(rows.allSatisfy { $0["changed_voxels"] == "48" && $0["target"] == "AD" })
    // The second scan is the first with its axes turned, and its mask marks the same places.
    for (one, other) in zip(rows.prefix(4), rows.suffix(4)) {
      for column in ["answer", "relevance_mass", "relevance_rank", "auc", "region_place", "region_top", "region_auc"] {
        let (a, b) = (Double(one[column] ?? "") ?? .nan, Double(other[column] ?? "") ?? .nan)
        #expect(abs(a - b) < 1e-6, "\(one["method"] ?? "") \(column): \(a), \(b)")
      }
    }
    #expect(rows[0]["region_place"] == "4.5")
    #expect(rows[0]["region_auc"] == "0.5")
    let summary = try table(folder, "out/truth_summary.tsv")
    #expect(summary.map { $0["method"] } == ["chance", "saliency", "lrp", "lrp:composite=epsilon"])
    #expect(summary.allSatisfy { $0["subjects"] == "2" && $0["auc_n"] == "2" })
    #expect(summary[2]["relevance_mass_mean"] != summary[3]["relevance_mass_mean"])
    let json = try folder.json("out/truth.json")
    let methods = try #require(json["methods"] as? [[String: Any]])
    #expect(methods.map { $0["method"] as? String } == ["saliency", "lrp", "lrp"])
    #expect((methods[2]["options"] as? [String: String])?["composite"] == "epsilon")
    #expect((json["subjects"] as? [[String: Any]])?.count == 2)
  }

  /// Cohorts as BIDS, spreadsheets and people write them.
  @Test(arguments: [
    "participant_id\tsession_id\timage\ttruth\tsex\nsub-1\t1\tscan.nii.gz\tscan_truth.nii.gz\tF\nsub-1\t2\tscan_LIA.nii.gz\tfine.nii.gz\tF\n",
    "\u{FEFF}subject,image,truth\r\n\"sub-1_1\",\"scan.nii.gz\",scan_truth.nii.gz\r\nsub-1_2,scan_LIA.nii.gz,fine.nii.gz\r\n",
  ])
  func `truth reads cohorts in every form`(text: String) throws {
    let folder = try Self.folder()
    try folder.write("people", text)
    let command = "\(Self.command) --method gradient-x-input --out"
    for (cohort, out) in [("cohort.tsv", "own"), ("people", "theirs")] {
      let answer = try Tool.run("evaluate truth \(cohort) \(command) \(out)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    let (own, theirs) = (try table(folder, "own/truth_subjects.tsv"), try table(folder, "theirs/truth_subjects.tsv"))
    #expect(theirs.map { $0["subject"] } == ["sub-1_1", "sub-1_1", "sub-1_2", "sub-1_2"])
    for column in ["method", "answer", "changed_voxels", "relevance_mass", "relevance_rank", "auc"] {
      #expect(own.map { $0[column] } == theirs.map { $0[column] }, "\(column)")
    }
  }

  @Test func `truth of a planted folder knows its regions under the atlas that planted them`() throws {
    let folder = try Self.folder()
    for (name, from) in [("p_planted.nii.gz", "scan.nii.gz"), ("p_truth.nii.gz", "scan_truth.nii.gz")] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: "planted"), withIntermediateDirectories: true)
      try folder.bytes(from).write(to: folder.url.appending(path: "planted/\(name)"))
    }
    for ending in ["nii.gz", "tsv"] {
      try folder.bytes("quarters.\(ending)").write(to: folder.url.appending(path: "other.\(ending)"))
    }
    try folder.write(
      "planted/p_planted.json",
      #"{"image": "gone.nii.gz", "image_sha256": "", "regions": ["Back_L"], "atlas": "quarters"}"#)
    for (atlas, isKnown) in [("quarters", true), ("other", false)] {
      let answer = try Tool.run(
        "evaluate truth planted --model cnn.onnx --target AD --method lrp --atlas \(atlas).nii.gz --out \(atlas)",
        in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      let row = try #require(try table(folder, "\(atlas)/truth_subjects.tsv").last)
      #expect((row["region_place"] != "n/a") == isKnown && row["changed_regions"]?.hasPrefix("Back_L:") == isKnown)
    }
  }

  @Test func `truth counts what the map of explain holds`() throws {
    let folder = try Self.folder()
    _ = try Tool.run("explain scan.nii.gz \(Self.command) --method gradient-x-input --out maps", in: folder.url)
    let answer = try Tool.run(
      "evaluate truth cohort.tsv \(Self.command) --method gradient-x-input --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let map = try Volume(contentsOf: folder.url.appending(path: "maps/scan_gradient-x-input.nii.gz").path)
    let truth = try Volume(contentsOf: folder.url.appending(path: "scan_truth.nii.gz").path)
    let sizes = map.voxels.map { Double(abs($0)) }
    let inside = zip(sizes, truth.voxels).reduce(0) { $0 + ($1.1 > 0.5 ? $1.0 : 0) }
    let row = try #require(try table(folder, "out/truth_subjects.tsv").first { $0["method"] == "gradient-x-input" })
    let mass = try #require(Double(row["relevance_mass"] ?? ""))
    #expect(abs(mass - inside / sizes.reduce(0, +)) < 1e-9)
  }

  @Test func `truth takes every method that fits unless some are named`() throws {
    let folder = try Self.folder()
    for name in ["scan_LIA.nii.gz", "gm.nii.gz", "two.nii.gz"] {
      try FileManager.default.removeItem(at: folder.url.appending(path: name))
    }
    let answer = try Tool.run(
      "evaluate truth . --model bare.onnx --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.error.contains("region-occlusion needs an atlas"))
    let rows = try table(folder, "out/truth_summary.tsv")
    for method in ["chance", "saliency", "cam", "lrp", "occlusion"] {
      #expect(rows.contains { $0["method"] == method }, "\(method)")
    }
    #expect(rows.allSatisfy { $0["region_place_n"] == "0" })
    let left = try #require(try folder.json("out/truth.json")["left_out"] as? [[String: String]])
    #expect(left.contains { $0["method"] == "region-occlusion" })
  }

  @Test func `summary joins runs as if they had been one`() throws {
    let folder = try Self.folder()
    for (out, methods) in [("one", "saliency"), ("other", "lrp"), ("both", "saliency,lrp")] {
      let answer = try Tool.run(
        "evaluate truth cohort.tsv \(Self.command) --method \(methods) --out \(out)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    let answer = try Tool.run(
      "evaluate summary one/truth_subjects.tsv other/truth_subjects.tsv --out joined", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(folder.listing("joined") == ["truth_summary.png", "truth_summary.tsv"])
    let (joined, both) = (
      try table(folder, "joined/truth_summary.tsv"), try table(folder, "both/truth_summary.tsv")
    )
    #expect(joined.map { $0["method"] } == ["chance", "saliency", "lrp"])
    #expect(joined.count == both.count)
    for (one, other) in zip(joined, both) {
      for (column, value) in one where column != "seconds_mean" {
        let (a, b) = (Double(value), Double(other[column] ?? ""))
        #expect(a.map { abs($0 - (b ?? .nan)) < 1e-7 } ?? (value == other[column]), "\(column): \(value)")
      }
    }
    // A table that tells chance differently is of other scans; one that lacks a scan cannot be averaged with the rest.
    let text = try String(contentsOf: folder.url.appending(path: "one/truth_subjects.tsv"), encoding: .utf8)
    let rows = text.split(separator: "\n").map(String.init)
    try folder.write(
      "lacking.tsv", (rows.prefix(3).joined(separator: "\n") + "\n").replacing("saliency", with: "other"))
    var cells = rows[1].split(separator: "\t").map(String.init)
    cells[6] = "0.987"
    try folder.write("foreign.tsv", rows[0] + "\n" + cells.joined(separator: "\t") + "\n")
    try folder.write("cut.tsv", rows[0] + "\n" + "scan\tlrp\n")
    try `Bad input`().expectErrors("summary", folder, status: 65) {
      $0("evaluate summary one/truth_subjects.tsv foreign.tsv --out out")
      $0("evaluate summary one/truth_subjects.tsv lacking.tsv --out out")
      $0("evaluate summary cut.tsv --out out")
      $0("evaluate summary cohort.tsv --out out")
      $0("evaluate summary scan.nii.gz --out out")
      $0("evaluate summary nowhere.tsv --out out")
    }
  }

  @Test func `truth says what is wrong with a cohort in one line`() throws {
    let folder = try Self.folder()
    let scan = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    func mask(_ name: String, _ value: Float, shift: Double = 0, channels: Int = 1) throws {
      var affine = scan.affine
      affine[0, 3] += shift
      let voxels = [Float](repeating: value, count: scan.shape.count * channels)
      try Volume(shape: scan.shape, channels: channels, voxels: voxels, affine: affine)
        .write(to: folder.url.appending(path: name).path)
    }
    try mask("empty.nii.gz", 0)
    try mask("full.nii.gz", 1)
    try mask("away.nii.gz", 1, shift: 5000)
    try mask("series.nii.gz", 1, channels: 2)
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "nothing"), withIntermediateDirectories: false)
    let tables = [
      ("missing_file", "image\ttruth\nscan.nii.gz\tscan_truth.nii.gz\nscan_LIA.nii.gz\tnowhere.nii.gz\n"),
      ("columns", "scan\tmask\nscan.nii.gz\tscan_truth.nii.gz\n"), ("commas", "image,truth\nscan.nii.gz,x.nii.gz\n"),
      ("no_subject", "image\ttruth\n"), ("half_a_line", "image\ttruth\nscan.nii.gz\n"),
      ("twice", "image\ttruth\nscan.nii.gz\tscan_truth.nii.gz\nscan.nii.gz\tfine.nii.gz\n"),
      ("region", "image\ttruth\tregions\nscan.nii.gz\tscan_truth.nii.gz\tBackL\n"),
      ("empty_mask", "image\ttruth\nscan.nii.gz\tempty.nii.gz\n"),
      ("full_mask", "image\ttruth\nscan.nii.gz\tfull.nii.gz\n"),
      ("mask_away", "image\ttruth\nscan.nii.gz\taway.nii.gz\n"),
      ("mask_series", "image\ttruth\nscan.nii.gz\tseries.nii.gz\n"),
      ("labels", "image\ttruth\tlabels\nscan.nii.gz\tscan_truth.nii.gz\tempty.nii.gz\n"),
    ]
    for (name, text) in tables { try folder.write("\(name).tsv", text) }
    try `Bad input`().expectErrors("cohorts", folder, status: 65) {
      for (name, _) in tables { $0("evaluate truth \(name).tsv \(Self.command) --method saliency --out out") }
      $0("evaluate truth nowhere.tsv \(Self.command) --method saliency --out out")
      $0("evaluate truth nothing \(Self.command) --method saliency --out out")
    }
    try `Bad input`().expectErrors("evaluate", folder, status: 64) {
      $0("evaluate trut cohort.tsv")
      $0("evaluate truth cohort.tsv \(Self.command) --method saliency")
      $0("evaluate truth cohort.tsv \(Self.command) --method salency --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --method lrp:composit=epsilon --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --method lrp:epsilon --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --method lrp:composite=epsilom --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --method saliency --patch 3 --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --method , --out out")
      $0("evaluate truth cohort.tsv --model cnn.onnx --method region-occlusion --out out")
      $0("evaluate truth cohort.tsv \(Self.command) --space model --out out")
    }
    #expect(!folder.listing().contains("out"))
  }
}
