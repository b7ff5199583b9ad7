import Foundation
import Testing

/// `pellucid lesion`, and the fills on the command line.
@Suite struct `Virtual lesions` {
  static let lesion = "lesion scan.nii.gz --model cnn.onnx --at 6,-12,6"

  @Test func `print a line of JSON with the answers before and after`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let answer = try Tool.run("\(Self.lesion) --radius 20 --target AD --fill 3", in: folder.url)
    #expect(answer.status == 0 && answer.error.isEmpty, "\(answer.error)")
    #expect(answer.output.split(separator: "\n").count == 1)
    let json = try decoded(Data(answer.output.utf8))
    let predicted = try decoded(
      Data(try Tool.run("predict scan.nii.gz --model cnn.onnx", in: folder.url).output.utf8))
    #expect(json["image"] as? String == "scan.nii.gz")
    #expect(json["at"] as? [Double] == [6, -12, 6])
    #expect(json["radius_mm"] as? Double == 20)
    #expect(json["voxels"] as? Int == 19)
    #expect(json["classes"] as? [String] == ["CN", "AD"])
    #expect(json["target"] as? String == "AD")
    #expect(json["score"] as? String == "probability")
    #expect(json["scores_before"] as? [Double] == predicted["scores"] as? [Double])
    #expect(json["probabilities_before"] as? [Double] == predicted["probabilities"] as? [Double])
    let after = try #require(json["probabilities_after"] as? [Double])
    let (was, isNow) = (try #require(json["score_before"] as? Double), try #require(json["score_after"] as? Double))
    #expect(abs(isNow - after[1]) < 1e-6)
    #expect(abs(try #require(json["score_drop"] as? Double) - (was - isNow)) < 1e-9)
    #expect(was != isNow)
    #expect(try #require(json["seconds"] as? Double) > 0)
    #expect(folder.listing() == before)
  }

  @Test func `take every fill, and the same seed gives the same answer`() throws {
    let folder = try TemporaryFolder.withFixtures()
    var drops: [String: Double] = [:]
    for fill in [
      "0", "mean", "blur", "blur --sigma 20", "noise --sigma 20", "noise --sigma 20 --seed 1", "mirror", "gm.nii.gz",
      "mean --feather 20", "scan_LIA.nii.gz",
    ] {
      for _ in 0..<2 {
        let answer = try Tool.run("\(Self.lesion) --radius 20 --fill \(fill)", in: folder.url)
        #expect(answer.status == 0, "\(fill): \(answer.error)")
        let drop = try #require(try decoded(Data(answer.output.utf8))["score_drop"] as? Double)
        #expect(drops[fill] == nil || drops[fill] == drop, "\(fill)")
        drops[fill] = drop
      }
    }
    // The scan itself as template changes nothing; every other fill is another question.
    #expect(abs(drops["scan_LIA.nii.gz"] ?? 1) < 1e-6)
    #expect(Set(drops.values).count == drops.count)
  }

  @Test func `are refused where they cannot be`() throws {
    try expectErrors("lesion", try BadInput.folder(), status: 64) {
      for more in [
        "--at 6,-12", "--at 6,a,6", "--at nan,0,0", "--at 300,0,0 --radius 20", "--at 6,-12,6", "--radius 20",
      ] {
        $0("lesion scan.nii.gz --model cnn.onnx " + more + (more == "--at 6,-12" ? " --radius 3" : ""))
      }
      for more in [
        "--radius 0", "--radius -4", "--radius wide", "--radius 9 --fill miror", "--radius 9 --fill abc",
        "--radius 9 --fill nan", "--radius 9 --fill blur --sigma 0", "--radius 9 --sigma 4", "--radius 9 --feather -1",
        "--radius 9 --fill noise --seed -1", "--radius 9 --target ADD", "--radius 9 --score logits",
      ] { $0("\(Self.lesion) \(more)") }
    }
    try expectErrors("fills", try BadInput.folder(), status: 65) {
      for file in ["missing.nii.gz", "bad_away.nii.gz", "two.nii.gz", "text.nii.gz", "folder.nii.gz", "bad_nan.nii.gz"]
      {
        $0("\(Self.lesion) --radius 9 --fill \(file)")
        $0(BadInput.explain("scan.nii.gz", method: "occlusion", more: "--fill \(file)"))
      }
    }
  }

  typealias BadInput = `Bad input`

  private func expectErrors(
    _ group: String, _ folder: TemporaryFolder, status: Int32, _ list: ((String) -> Void) -> Void
  ) throws {
    try BadInput().expectErrors(group, folder, status: status, list)
  }

  @Test func `and occlusions with a seeded fill give the same bytes`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let options = "--fill noise --sigma 20 --seed 3 --feather 15 --patch 4"
    for out in ["a", "b"] {
      let answer = try Tool.run(
        "explain scan.nii.gz --model cnn.onnx --method occlusion,region-occlusion --atlas quarters.nii.gz --out \(out) \(options)",
        in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
    }
    for name in ["occlusion.nii.gz", "region-occlusion.nii.gz", "region-occlusion_regions.tsv"] {
      #expect(try folder.bytes("a/scan_\(name)") == folder.bytes("b/scan_\(name)"))
    }
    let json = try folder.json("a/scan_region-occlusion.json")
    let facts = try #require(json["facts"] as? [String: Any])
    #expect(facts["fill"] as? String == "noise")
    #expect(facts["feather_mm"] as? Double == 15)
    #expect(facts["regions_outside"] as? [Int] != nil)
  }
}
