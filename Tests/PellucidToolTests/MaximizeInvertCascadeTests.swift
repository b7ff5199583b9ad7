import Foundation
import PellucidVolumes
import Testing

/// `maximize`, `invert` and `cascade`, run as a user runs them.
@Suite struct `Maximize, invert and cascade` {
  private func record(_ folder: TemporaryFolder, _ name: String) throws -> [String: Any] {
    try decoded(Data(try #require(folder.text(name)).utf8))
  }

  @Test func `maximize writes images, their course and a record, with and without a scan`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("maximize cnn.onnx --target AD --steps 8 --seeds 2 --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let own = try record(folder, "out/cnn_maximize_AD.json")
    #expect(own["schema"] as? String == "pellucid-view/1" && own["image"] == nil)
    let facts = try #require(own["facts"] as? [String: Any])
    let seeds = try #require(facts["seeds"] as? [[String: Any]])
    #expect(seeds.count == 2)
    for seed in seeds {
      let (before, after) = (seed["activation_before"] as? Double ?? .nan, seed["activation"] as? Double ?? .nan)
      #expect(after > before)
    }
    #expect(try Volume(contentsOf: folder.url.appending(path: "out/cnn_maximize_AD.nii.gz").path).channels == 2)
    let rows = try #require(folder.text("out/cnn_maximize_AD_course.tsv")).split(separator: "\n")
    #expect(rows.count == 1 + 2 * 9)
    let from = try Tool.run(
      "maximize cnn.onnx --target AD-CN --from scan.nii.gz --bound 0.25 --steps 4 --out from", in: folder.url)
    try #require(from.status == 0, "\(from.error)")
    let name = try #require(folder.listing("from").first { $0.hasSuffix("_change.nii.gz") })
    let change = try Volume(contentsOf: folder.url.appending(path: "from/\(name)").path)
    #expect(change.voxels.allSatisfy { abs($0) <= 0.2501 } && change.voxels.contains { $0 != 0 })
  }

  @Test func `invert tells the relative error, and of all layers the series`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("invert scan.nii.gz --model cnn.onnx --layer all --steps 8 --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let series = try record(folder, "out/scan_invert.json")
    let layers = try #require((series["facts"] as? [String: Any])?["series"] as? [[String: Any]])
    #expect(!layers.isEmpty)
    for layer in layers {
      let (before, after) = (
        layer["relative_error_before"] as? Double ?? .nan, layer["relative_error"] as? Double ?? .nan
      )
      #expect(after < before)
    }
    #expect(folder.listing("out").filter { $0.hasSuffix("_linear.nii.gz") }.count == layers.count)
  }

  @Test func `cascade follows the scan through the stages`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("cascade scan.nii.gz --model cnn.onnx --target AD --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(
      folder.listing("out") == ["scan_cascade.json", "scan_cascade.nii.gz", "scan_cascade.png", "scan_cascade.tsv"])
    let facts = try #require(try record(folder, "out/scan_cascade.json")["facts"] as? [String: Any])
    let names = try #require(facts["volumes"] as? [String])
    let volume = try Volume(contentsOf: folder.url.appending(path: "out/scan_cascade.nii.gz").path)
    #expect(volume.channels == names.count && names.prefix(2) == ["voxels", "path"])
    let rows = try #require(folder.text("out/scan_cascade.tsv")).split(separator: "\n").map {
      $0.split(separator: "\t")
    }
    let onPath = try #require(rows[0].firstIndex(of: "on_path"))
    let stages = Set(rows.dropFirst().map { $0[0] })
    #expect(rows.dropFirst().count { $0[onPath] == "yes" } == stages.count)
  }

  @Test(arguments: [
    ("maximize cnn.onnx --unit conv9:0 --out out", "the model has no layer conv9"),
    ("maximize cnn.onnx --target Alzheimer --out out", "no class Alzheimer"),
    ("maximize cnn.onnx --out out", "maximize needs --unit LAYER:CHANNEL or --target"),
    ("maximize cnn.onnx --target AD --blur 1 --out out", "--blur is about single voxels"),
    ("invert scan.nii.gz --model cnn.onnx --layer nothing --out out", "the model has no layer nothing"),
    ("cascade scan.nii.gz --model cnn.onnx --stages 0 --out out", "--stages 0 is not a whole number from 1 to 24"),
  ])
  func `say in one line what is wrong, and leave nothing behind`(command: String, message: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(command, in: folder.url)
    #expect(answer.status == 64, "\(answer.error)")
    #expect(answer.lines.count == 1 && answer.error.contains(message), "\(answer.error)")
    #expect(folder.listing("out").isEmpty)
  }
}
