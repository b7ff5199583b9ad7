import Foundation
import PellucidFaults
import PellucidVolumes
import Testing

/// `evaluate faithfulness`, run as a user runs it.
@Suite struct `Evaluate faithfulness` {
  private static let command = "evaluate faithfulness scan.nii.gz --model cnn.onnx --target AD"

  private func table(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test func `writes a table, curves, a chart and provenance, and measures anybody's map as our own`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let explained = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --target AD --method gradient-x-input --out maps", in: folder.url)
    try #require(explained.status == 0, "\(explained.error)")
    let answer = try Tool.run(
      "\(Self.command) --method gradient-x-input,saliency --map own=maps/{stem}_gradient-x-input.nii.gz --features patch:3 "
        + "--steps 6 --samples 5 --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(
      folder.listing("out") == [
        "faithfulness.json", "faithfulness.png", "faithfulness.tsv", "faithfulness_curves.tsv",
      ])
    #expect(answer.error.contains("passes of the network at most"))
    let rows = try table(folder, "out/faithfulness.tsv")
    #expect(rows.count == 2 * 3 * 12)
    #expect(rows.filter { $0["image"] == "mean" }.allSatisfy { $0["n"] == "1" || $0["value"] == "n/a" })
    func value(_ method: String, _ metric: String) -> String? {
      rows.first { $0["method"] == method && $0["metric"] == metric }?["value"]
    }
    // A written map is read back as the same map.
    for metric in ["deletion", "lerf", "insertion", "srg", "sensitivity-n", "infidelity", "sparseness", "monotonicity"]
    {
      let (own, written) = (Double(value("gradient-x-input", metric) ?? ""), Double(value("own", metric) ?? ""))
      #expect(abs(try #require(own) - (try #require(written))) < 1e-5, "\(metric)")
    }
    #expect(value("own", "max-sensitivity") == "n/a")
    #expect(value("saliency", "completeness") == "n/a")
    let curves = try table(folder, "out/faithfulness_curves.tsv")
    #expect(curves.count == 2 * 3 * 3 * 7)
    #expect(curves.first?["fraction"] == "0")
    let area = curves.filter { $0["image"] == "mean" && $0["method"] == "saliency" && $0["metric"] == "deletion" }
      .compactMap { Double($0["score"] ?? "") }
    let wanted = zip(area, area.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / 6
    #expect(abs(wanted - (Double(value("saliency", "deletion") ?? "") ?? .nan)) < 1e-7)
  }

  @Test func `regions and supervoxels, several scans, road`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for features in ["regions", "supervoxels:9"] {
      let answer = try Tool.run(
        "evaluate faithfulness scan.nii.gz scan_LIA.nii.gz --model cnn.onnx --target AD --method lrp --metric deletion,monotonicity "
          + "--features \(features) --atlas quarters.nii.gz --fill road --steps 3 --out \(features)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      let rows = try table(folder, "\(features)/faithfulness.tsv")
      #expect(
        rows.map { $0["image"] } == [
          "scan.nii.gz", "scan.nii.gz", "scan_LIA.nii.gz", "scan_LIA.nii.gz", "mean", "mean",
        ])
      #expect(rows.allSatisfy { $0["features"] == features && $0["fill"] == "road" })
      #expect(rows.suffix(2).allSatisfy { $0["n"] == "2" })
    }
  }

  @Test(arguments: [
    ("--method lrp --metric deletoin", 64, "did you mean deletion?"),
    ("--method lrp --features patches:3", 64, "--features patches:3 is not voxels, patch:N"),
    ("--method lrp --features regions", 64, "needs an atlas"),
    ("--method lrp --metric monotonicity --features voxels --max-passes 50", 64, "--features patch:"),
    ("--metric deletion", 64, "there is no map to measure"),
    ("--map scan.nii.gz", 64, "is not NAME=FILE"),
    ("--map a=far.nii.gz --metric sparseness", 65, "covers 0 % of the scan"),
    ("--map a=nan.nii.gz --metric sparseness", 65, "NaN"),
    ("--map a=quarters.nii.gz --map a=scan.nii.gz", 64, "two maps are called a"),
    ("--method lrp --steps 0", 64, "--steps 0 is not a whole number"),
    ("--method lrp --fill raod", 64, "road"),
  ]) func `what cannot be is told in one line`(_ options: String, _ status: Int32, _ words: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    var far = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    far.affine[0, 3] += 5000
    try far.write(to: folder.url.appending(path: "far.nii.gz").path)
    var broken = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    broken.voxels[7] = .nan
    try broken.write(to: folder.url.appending(path: "nan.nii.gz").path)
    let answer = try Tool.run("\(Self.command) \(options) --out out", in: folder.url)
    #expect(answer.status == status, "\(answer.error)")
    #expect(answer.lines.last?.contains(words) == true, "\(answer.error)")
    #expect(answer.lines.filter { $0.hasPrefix("pellucid: ") && !$0.contains("note:") }.count == 1, "\(answer.error)")
    #expect(!folder.names.contains("out"), "nothing is left")
  }

  @Test func `a constant map and more steps than features are told`() throws {
    let folder = try TemporaryFolder.withFixtures()
    var flat = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    flat.voxels = flat.voxels.map { _ in 2 }
    try flat.write(to: folder.url.appending(path: "flat.nii.gz").path)
    let answer = try Tool.run(
      "\(Self.command) --map flat=flat.nii.gz --features patch:6 --steps 500 --metric deletion,monotonicity --out out",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.error.contains("the map flat is 2.0 everywhere"))
    #expect(answer.error.contains("500 steps are more than the"))
    let rows = try table(folder, "out/faithfulness.tsv")
    #expect(rows.first { $0["metric"] == "monotonicity" }?["value"] == "n/a")
  }
}
