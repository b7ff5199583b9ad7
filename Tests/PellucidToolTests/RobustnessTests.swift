import Foundation
import PellucidVolumes
import Testing

/// `evaluate robustness`, `agreement` and `criteria`, run as a user runs them.
@Suite struct `Evaluate robustness, agreement and criteria` {
  private func rows(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try #require(folder.text(name)).split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test func `robustness disturbs, attacks, and finds the smallest change that flips the answer`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "evaluate robustness scan.nii.gz --model cnn.onnx --method saliency --samples 2 --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let rows = try rows(folder, "out/robustness.tsv")
    let names = Set(rows.compactMap { $0["disturbance"] })
    for name in ["noise", "rician", "blur", "bias-field", "gamma", "shift", "rotation", "ghosting", "downsampling"] {
      #expect(names.contains(name))
    }
    #expect(rows.filter { $0["disturbance"] == "noise" }.allSatisfy { $0["n"] == "2" && $0["sd"] != "n/a" })
    let before = try decoded(Data(Tool.run("predict scan.nii.gz --model cnn.onnx", in: folder.url).output.utf8))
    let predicted = try #require(before["predicted"] as? String)
    for attack in ["fgsm", "pgd-linf", "pgd-l2"] {
      let flip = try #require(rows.first { $0["disturbance"] == attack + "-flip" })
      if flip["strength"] != "n/a" {
        #expect(flip["predicted"] != predicted)
        let image = try Volume(contentsOf: folder.url.appending(path: "out/scan_\(attack).nii.gz").path)
        #expect(image.voxels.contains { $0 != 0 })
      }
      #expect(rows.count { $0["disturbance"] == attack } == 3)
    }
    // ‖δ‖∞ of pgd need not be larger than of a single step.
    let strength = { (name: String) in
      rows.first { $0["disturbance"] == name + "-flip" }.flatMap { Double($0["strength"] ?? "") }
    }
    if let one = strength("fgsm"), let ten = strength("pgd-linf") { #expect(ten <= 1.05 * one) }
    for name in ["lipschitz", "ris", "ros"] {
      let ratio = try #require(rows.first { $0["disturbance"] == name }?["map_l2"].flatMap { Double($0) })
      #expect(ratio > 0 && ratio.isFinite)
    }
  }

  @Test func `agreement compares every two maps, over voxels and regions`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "evaluate agreement scan.nii.gz --model cnn.onnx --target AD --method lrp,smoothgrad:samples=3 --seeds 2 --atlas quarters.nii.gz --out out",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let rows = try rows(folder, "out/agreement.tsv")
    #expect(rows.count == 6)
    #expect(rows.filter { $0["image"] == "mean" }.count == 3)
    let seeds = try #require(
      rows.first { $0["a"]?.hasSuffix("seed=0") == true && $0["b"]?.hasSuffix("seed=1") == true })
    for column in ["spearman", "top_k_overlap", "icc"] { #expect(Double(seeds[column] ?? "") != nil, "\(column)") }
    let alone = try Tool.run(
      "evaluate agreement scan.nii.gz --model cnn.onnx --method lrp --out alone", in: folder.url)
    #expect(alone.status == 64)
    #expect(alone.error.contains("a single map"))
  }

  @Test func `criteria join what runs have measured`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for command in [
      "explain scan.nii.gz --model cnn.onnx --target AD --method lrp,lrp:composite=epsilon --out results",
      "evaluate faithfulness scan.nii.gz --model cnn.onnx --target AD --method lrp,lrp:composite=epsilon --metric srg --features patch:4 --steps 4 --out faithful",
      "evaluate randomization scan.nii.gz --model cnn.onnx --target AD --method lrp --out sanity",
      "evaluate criteria results faithful sanity --out table",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    // Settings of one method are told apart, in results by their files' names.
    let table = try rows(folder, "table/criteria.tsv")
    #expect(table.map { $0["method"] } == ["lrp", "lrp:composite=epsilon"])
    #expect(Double(table[1]["detail_mm"] ?? "") != nil && table[0]["detail_mm"] != table[1]["detail_mm"])
    let row = table[0]
    // One pass there and one back.
    #expect(row["effort_passes"] == "2")
    for column in ["detail_mm", "class_discrimination", "effort_seconds", "fidelity_srg"] {
      #expect(Double(row[column] ?? "") != nil, "\(column)")
    }
    #expect(row["intuitiveness"] == "n/a" && row["usefulness"] == "n/a" && row["plausibility"] == "n/a")
    #expect(row["randomization"]?.isEmpty == false)
    let none = try Tool.run("evaluate criteria missing --out none", in: folder.url)
    #expect(none.status == 65)
    // Plausibility comes of the table that evaluate truth writes, over all of its scans; seconds of the runs that made the maps.
    let scan = try Volume(contentsOf: folder.path("scan.nii.gz"))
    var truth = scan
    for place in truth.voxels.indices { truth.voxels[place] = scan.voxels[place] > 900 ? 1 : 0 }
    try truth.write(to: folder.path("truth.nii.gz"))
    try scan.write(to: folder.path("other.nii.gz"))
    try folder.write("truth.tsv", "image\ttruth\nscan.nii.gz\ttruth.nii.gz\nother.nii.gz\ttruth.nii.gz\n")
    for command in [
      "evaluate truth truth.tsv --model cnn.onnx --target AD --method lrp,saliency --out quality",
      "evaluate criteria results faithful sanity quality --method lrp:composite=epsilon,lrp --out chosen",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    let chosen = try rows(folder, "chosen/criteria.tsv")
    #expect(chosen.map { $0["method"] } == ["lrp:composite=epsilon", "lrp"])
    #expect(chosen.map { $0["plausibility_n"] } == ["n/a", "2"])
    #expect(chosen[1]["effort_seconds"] == row["effort_seconds"])
    let masses = try rows(folder, "quality/truth_subjects.tsv").filter { $0["method"] == "lrp" }
      .compactMap { Double($0["relevance_mass"] ?? "") }
    let plausibility = try #require(Double(chosen[1]["plausibility"] ?? ""))
    #expect(masses.count == 2 && abs(plausibility - masses.reduce(0, +) / 2) <= 1e-3 * plausibility)
    let strange = try Tool.run("evaluate criteria results --method saliency --out none", in: folder.url)
    #expect(strange.status == 64 && strange.error.contains("no run has the method saliency"), "\(strange.error)")
  }

  @Test func `clusters as a label image`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("clusters scan.nii.gz --threshold 90% --mask mask.nii.gz --out table.tsv", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let (scan, mask) = (
      try Volume(contentsOf: folder.path("scan.nii.gz")), try Volume(contentsOf: folder.path("mask.nii.gz"))
    )
    #expect(mask.affine == scan.affine)
    let table = try rows(folder, "table.tsv").filter { $0["size_mm3"] != "n/a" }
    #expect(Set(mask.voxels) == Set((0...table.count).map { Float($0) }))
    let voxel = abs(scan.affine.determinant)
    for (number, row) in table.enumerated() {
      let size = Double(mask.voxels.count { $0 == Float(number + 1) }) * voxel
      #expect(abs(size - (Double(row["size_mm3"] ?? "") ?? .nan)) < 1e-3 * size)
    }
  }
}
