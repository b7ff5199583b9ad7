import Foundation
import PellucidVolumes
import TestSupport
import Testing

/// Methods with options of their own and several targets, in one run.
@Suite struct `Explain, several at once` {
  @Test func `gives every setting of a method files of its own`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      [
        "explain", "scan.nii.gz", "--model", "cnn.onnx", "--method", "lrp, lrp:composite=epsilon,occlusion:patch=4,4,5",
        "--out", "o",
      ],
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      folder.listing("o").filter { $0.hasSuffix(".json") } == [
        "scan_lrp.json", "scan_lrp_composite-epsilon.json", "scan_occlusion.json",
      ])
    let options = try ["scan_lrp", "scan_lrp_composite-epsilon", "scan_occlusion"].map {
      try #require(try folder.json("o/\($0).json")["options"] as? [String: String])
    }
    #expect(options[0]["composite"] == "epsilon-plus" && options[1]["composite"] == "epsilon")
    #expect(options[2]["patch"] == "4,4,5" && options[2]["stride"] == "2")
    #expect(try folder.bytes("o/scan_lrp.nii.gz") != folder.bytes("o/scan_lrp_composite-epsilon.nii.gz"))
    #expect(answer.output.contains("  lrp:composite=epsilon for "))
  }

  @Test(arguments: ["--target AD --target CN", "--target top:2"])
  func `explains several targets beside each other`(targets: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method gradient-x-input,occlusion --patch 4 \(targets) --grid --out o",
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      Set(folder.listing("o").filter { $0.hasSuffix(".nii.gz") }) == [
        "scan_gradient-x-input_AD.nii.gz", "scan_gradient-x-input_CN.nii.gz", "scan_occlusion_AD.nii.gz",
        "scan_occlusion_CN.nii.gz",
      ])
    #expect(folder.listing("o").contains("scan_methods.png"))
    // Of two classes under a softmax, what speaks for one speaks against the other.
    let (a, b) = (try map(folder, "AD"), try map(folder, "CN"))
    let largest = a.voxels.map(abs).max() ?? 0
    #expect(largest > 0 && zip(a.voxels, b.voxels).allSatisfy { abs($0 + $1) <= 1e-4 * largest })
    // Each is what the target alone gives.
    #expect(
      try Tool.run(
        "explain scan.nii.gz --model cnn.onnx --method occlusion --patch 4 --target CN --out one", in: folder.url
      )
      .status == 0)
    #expect(try folder.bytes("one/scan_occlusion.nii.gz") == folder.bytes("o/scan_occlusion_CN.nii.gz"))
  }

  @Test func `says which result of another question is replaced`() throws {
    let folder = try TemporaryFolder.withFixtures()
    func run(_ target: String) throws -> Tool.Answer {
      try Tool.run("explain scan.nii.gz --model cnn.onnx --method saliency --target \(target) --out o", in: folder.url)
    }
    #expect(try !run("AD").error.contains(" explained "))
    #expect(try !run("AD").error.contains(" explained "))
    let answer = try run("CN")
    #expect(answer.status == 0)
    let told =
      "pellucid: warning: scan.nii.gz: o/scan_saliency.* explained AD; it now explains CN; to have both, give --target for each in "
      + "one run, or another --out"
    #expect(answer.lines.contains(told), "\(answer.error)")
  }

  @Test func `calls files after classes in any script`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("cnn.yaml", "output: {classes: [健常, 'Démence légère']}\n")
    let answer = try Tool.run(
      ["explain", "scan.nii.gz", "--model", "cnn.onnx", "--method", "saliency", "--target", "top:2", "--out", "o"],
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      folder.listing("o").filter { $0.hasSuffix(".json") } == [
        "scan_saliency_Démence-légère.json", "scan_saliency_健常.json",
      ])
  }

  @Test(arguments: ["AD-CN", "-1", "0.5*AD+0.25*CN"])
  func `calls no difference a probability`(target: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      [
        "explain", "scan.nii.gz", "--model", "cnn.onnx", "--method", "occlusion", "--patch", "6", "--target", target,
        "--out", "o",
      ],
      in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains(target == "AD-CN" ? "(difference of probabilities " : "(weighted probabilities "))
  }

  @Test(arguments: [
    ("--target AD --method lrp --method saliency", 0), ("--space scan --space model --method saliency", 64),
    ("--method saliency --score logit --score logit", 64), ("--method saliency --grid --grid", 0),
  ])
  func `refuses what is given twice and holds one value`(words: String, status: Int32) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("explain scan.nii.gz --model cnn.onnx \(words) --out o", in: folder.url)
    #expect(answer.status == status, "\(answer.error)")
    if status == 64 { #expect(answer.error.contains(" is given twice; give it once"), "\(answer.error)") }
  }

  @Test func `refuses more classes than there are`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method saliency --target top:3 --out o", in: folder.url)
    #expect(answer.status == 64 && answer.lines.count == 1)
    #expect(answer.error.contains("the network tells 2 classes apart; write top:2"))
    #expect(folder.listing("o").isEmpty)
  }

  private func map(_ folder: TemporaryFolder, _ target: String) throws -> Volume {
    try Volume(contentsOf: folder.url.appending(path: "o/scan_occlusion_\(target).nii.gz").path)
  }
}
