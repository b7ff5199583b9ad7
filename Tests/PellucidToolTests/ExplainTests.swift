import Foundation
import PellucidFaults
import PellucidVolumes
import Testing

/// The main job, run as a user runs it.
@Suite struct `Explain` {
  @Test func `writes a volume, a picture, provenance and a table for every method`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method grad-cam,lrp --atlas quarters.nii.gz --out results/deep",
      in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.isEmpty)
    #expect(
      folder.listing("results/deep") == [
        "scan_grad-cam.json", "scan_grad-cam.nii.gz", "scan_grad-cam.png", "scan_grad-cam_regions.tsv", "scan_lrp.json",
        "scan_lrp.nii.gz", "scan_lrp.png", "scan_lrp_regions.tsv",
      ])
    #expect(answer.output.contains("scan.nii.gz: "))
    #expect(answer.output.contains("results/deep/scan_lrp.nii.gz"))
    #expect(try folder.bytes("results/deep/scan_lrp.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let table = try String(contentsOf: folder.url.appending(path: "results/deep/scan_lrp_regions.tsv"), encoding: .utf8)
    let rows = table.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(rows.count == 10)
    #expect(rows[0].starts(with: ["index", "name", "hemisphere", "voxels", "volume_mm3", "coverage", "sum", "mean"]))
    #expect(rows[1].starts(with: ["1", "Back_L", "L"]))
    #expect(rows[9][1] == "outside")
    #expect(rows.allSatisfy { $0.count == rows[0].count })
  }

  @Test func `says in its provenance how the map was made`() throws {
    let folder = try TemporaryFolder.withFixtures()
    _ = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method occlusion --patch 4 --target AD --out out", in: folder.url)
    let json = try folder.json("out/scan_occlusion.json")
    #expect(json["image"] as? String == "scan.nii.gz")
    #expect(json["method"] as? String == "occlusion")
    #expect((json["options"] as? [String: String])?["patch"] == "4")
    #expect((json["target"] as? [String: Any])?["name"] as? String == "AD")
    #expect(json["score"] as? String == "probability")
    #expect(((json["model"] as? [String: Any])?["sha256"] as? String)?.count == 64)
    let card = try #require((json["card"] as? [String: Any])?["input"] as? [String: Any])
    #expect(card["orientation"] as? String == "RAS")
    let version = try Tool.run("--version", in: folder.url).output
    #expect(version.hasPrefix("pellucid \(json["pellucid"] as? String ?? "?") "))
    let predicted = try decoded(
      Data(try Tool.run("predict scan.nii.gz --model cnn.onnx", in: folder.url).output.utf8))
    let scores = try #require(json["scores"] as? [Double])
    #expect(scores.count == 2 && scores == predicted["scores"] as? [Double])
  }

  @Test(arguments: ["saliency", "lrp", "occlusion"])
  func `brings the map back on the scan's own grid, whatever its orientation`(method: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz scan_LIA.nii.gz --model cnn.onnx --method \(method) --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let upright = try volume(folder, "out/scan_\(method).nii.gz")
    let turned = try volume(folder, "out/scan_LIA_\(method).nii.gz")
    let scan = try volume(folder, "scan_LIA.nii.gz")
    #expect(turned.shape == scan.shape)
    #expect(turned.affine == scan.affine)
    let again = try turned.reoriented(to: "RAS")
    #expect(again.shape == upright.shape)
    // Only axes were turned: nothing is interpolated, and the network sees the same numbers.
    #expect(again.voxels == upright.voxels)
  }

  @Test func `takes channels from a 4D image or from files joined with +`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let command = "--model channels.onnx --method gradient-x-input --target 1 --out out"
    #expect(try Tool.run("explain two.nii.gz \(command)", in: folder.url).status == 0)
    #expect(try Tool.run("explain scan.nii.gz+gm.nii.gz \(command)", in: folder.url).status == 0)
    let whole = try volume(folder, "out/two_gradient-x-input.nii.gz")
    let joined = try volume(folder, "out/scan_gradient-x-input.nii.gz")
    #expect(whole.channels == 2)
    #expect(whole.voxels == joined.voxels)
    #expect(try Tool.run("explain two.nii.gz \(command) --channels sum", in: folder.url).status == 0)
    let sum = try volume(folder, "out/two_gradient-x-input.nii.gz")
    #expect(sum.channels == 1)
    let count = sum.voxels.count
    for index in stride(from: 0, to: count, by: 17) {
      let parts = whole.voxels[index] + whole.voxels[count + index]
      #expect(abs(sum.voxels[index] - parts) <= 1e-5 * max(1, abs(parts)))
    }
  }

  @Test func `takes voxels that are not finite as zero when asked to`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain bad_nan.nii.gz --nan zero --model cnn.onnx --method saliency --out out", in: folder.url)
    #expect(answer.status == 0)
    let notes = try #require(try folder.json("out/bad_nan_saliency.json")["notes"] as? [[String: String]])
    #expect(!notes.isEmpty)
  }

  @Test func `leaves the map on the model's grid when asked to`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan_LIA.nii.gz --model cnn.onnx --method saliency --space model --out out", in: folder.url)
    #expect(answer.status == 0)
    let map = try volume(folder, "out/scan_LIA_saliency.nii.gz")
    #expect(map.shape == GridShape(i: 12, j: 14, k: 10))
    #expect(map.affine.elements.prefix(3).allSatisfy { $0 >= 0 })
  }

  @Test func `reads an Analyze pair by either name`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for name in ["pair.hdr", "pair.img"] {
      let answer = try Tool.run("explain \(name) --model bare.onnx --method saliency --out out", in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
    }
    #expect(folder.listing("out") == ["pair_saliency.json", "pair_saliency.nii.gz", "pair_saliency.png"])
  }

  @Test func `gives the same bytes again, with any number of threads`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for (out, threads) in [("one", "1"), ("two", "2"), ("again", "2")] {
      let answer = try Tool.run(
        "explain scan.nii.gz --model cnn.onnx --method lrp --threads \(threads) --out \(out)", in: folder.url)
      #expect(answer.status == 0)
    }
    #expect(try folder.bytes("two/scan_lrp.nii.gz") == folder.bytes("again/scan_lrp.nii.gz"))
    let (one, two) = (try volume(folder, "one/scan_lrp.nii.gz"), try volume(folder, "two/scan_lrp.nii.gz"))
    let largest = one.voxels.map(abs).max() ?? 0
    #expect(zip(one.voxels, two.voxels).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    #expect(try folder.json("one/scan_lrp.json")["threads"] as? Int == 1)
  }

  @Test func `passes values of further inputs on`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let command = "explain scan.nii.gz --model aged.onnx --method saliency --target AD"
    #expect(try Tool.run("\(command) --out card", in: folder.url).status == 0)
    #expect(try Tool.run("\(command) --input age=20 --out given", in: folder.url).status == 0)
    let scores = try ["card", "given"].map { try folder.json("\($0)/scan_saliency.json")["scores"] as? [Double] }
    #expect(scores[0] != scores[1])
  }

  @Test func `names the regions by relevance, with the numbers that order them`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method saliency,region-occlusion --atlas quarters.nii.gz --out out",
      in: folder.url)
    let lines = answer.output.split(separator: "\n").filter { $0.contains("regions  ") }
    #expect(lines.count == 2)
    #expect(lines.first?.contains("(mean ") == true && lines.first?.contains("% of |R|)") == true)
    #expect(lines.last?.contains("(score drop ") == true)
  }

  private func volume(_ folder: TemporaryFolder, _ name: String) throws -> Volume {
    try Volume(contentsOf: folder.url.appending(path: name).path)
  }
}
