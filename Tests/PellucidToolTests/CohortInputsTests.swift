import Foundation
import PellucidVolumes
import Testing

/// A study whose subjects have two scans each, or an age that the network reads.
@Suite struct `Cohort with further inputs` {
  private static let networks = Tool.repository.appending(path: "Tests/NetworksTests/Fixtures")

  private static func folder(_ shape: GridShape) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var table = "participant_id\timage\tpet\tage\n"
    for number in 1...3 {
      for kind in ["t1", "pet"] {
        let voxels = (0..<shape.count).map { Float(($0 * (kind == "t1" ? 7 : 11) * number) % 23) / 10 }
        try Volume(shape: shape, voxels: voxels, affine: .identity).write(
          to: folder.url.appending(path: "\(kind)-0\(number).nii.gz").path)
      }
      table += "0\(number)\tt1-0\(number).nii.gz\tpet-0\(number).nii.gz\t\(Double(number) / 4)\n"
    }
    try folder.write("study.tsv", table)
    return folder
  }

  @Test(arguments: ["{pet}", "pet-{participant_id}.nii.gz"])
  func `takes each subject's second image by column or pattern`(pattern: String) throws {
    let folder = try Self.folder(GridShape(i: 6, j: 7, k: 8))
    let model = Self.networks.appending(path: "wide/siamese_script13.onnx").path
    let command = ["--model", model, "--method", "saliency", "--target", "1", "--score", "logit"]
    let study = try Tool.run(
      ["cohort", "study.tsv", "--input", "later=\(pattern)", "--out", "a"] + command, in: folder.url)
    try #require(study.status == 0, "\(study.error)")
    let alone = try Tool.run(
      ["explain", "t1-02.nii.gz", "--input", "later=pet-02.nii.gz", "--out", "one"] + command, in: folder.url)
    try #require(alone.status == 0, "\(alone.error)")
    let map = try Volume(
      contentsOf: folder.url.appending(path: "a/sub-02/anat/sub-02_desc-saliency_relevance.nii.gz").path)
    #expect(map.channels == 2)
    #expect(
      map.voxels == (try Volume(contentsOf: folder.url.appending(path: "one/t1-02_saliency.nii.gz").path)).voxels)

    // Nothing is computed again, until one second image changes.
    let again = try Tool.run(
      ["cohort", "study.tsv", "--input", "later=\(pattern)", "--out", "a"] + command, in: folder.url)
    #expect(again.output.hasPrefix("3 scans: 0 explained now, 3 were there"), "\(again.output)")
    let other = try Volume(contentsOf: folder.url.appending(path: "pet-01.nii.gz").path)
    try other.write(to: folder.url.appending(path: "pet-03.nii.gz").path)
    let changed = try Tool.run(
      ["cohort", "study.tsv", "--input", "later=\(pattern)", "--out", "a"] + command, in: folder.url)
    #expect(changed.output.hasPrefix("3 scans: 1 explained now, 2 were there"), "\(changed.output)")

    // A subject without one is told of, and stops nobody.
    try FileManager.default.removeItem(at: folder.url.appending(path: "pet-01.nii.gz"))
    let lacking = try Tool.run(
      ["cohort", "study.tsv", "--input", "later=\(pattern)", "--out", "b"] + command, in: folder.url)
    #expect(lacking.status == 65 && lacking.output.hasPrefix("3 scans: 2 explained now"), "\(lacking)")
    #expect(lacking.error.contains("sub-01") && lacking.error.contains("pet-"), "\(lacking.error)")
  }

  @Test func `takes each subject's age`() throws {
    let model = Self.networks.appending(path: "zoo/features_with_age_and_sex_script17.onnx").path
    let folder = try Self.folder(GridShape(i: 12, j: 14, k: 12))
    let command = ["--model", model, "--input", "sex=1", "--method", "saliency", "--target", "1"]
    let study = try Tool.run(
      ["cohort", "study.tsv", "--input", "age={age}", "--out", "a"] + command, in: folder.url)
    try #require(study.status == 0, "\(study.error)")
    let alone = try Tool.run(
      ["explain", "t1-03.nii.gz", "--input", "age=0.75", "--out", "one"] + command, in: folder.url)
    try #require(alone.status == 0, "\(alone.error)")
    let map = try Volume(
      contentsOf: folder.url.appending(path: "a/sub-03/anat/sub-03_desc-saliency_relevance.nii.gz").path)
    #expect(
      map.voxels == (try Volume(contentsOf: folder.url.appending(path: "one/t1-03_saliency.nii.gz").path)).voxels)
    let wrong = try Tool.run(
      ["cohort", "study.tsv", "--input", "age={years}", "--out", "c"] + command, in: folder.url)
    #expect(wrong.status != 0 && wrong.error.contains("years"), "\(wrong.error)")
  }
}
