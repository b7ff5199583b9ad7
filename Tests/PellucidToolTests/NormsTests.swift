import Foundation
import PellucidVolumes
import Testing

/// Norms of a cohort, and a patient held against them.
@Suite struct `Norms` {
  /// Five references whose contrast grows with their age, explained, with norms; and a patient.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let scan = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    func write(_ name: String, _ seed: Int) throws {
      var own = scan
      for place in own.voxels.indices { own.voxels[place] *= 1 + 0.01 * Float((place * (2 * seed + 1)) % 17 - 8) }
      try own.write(to: folder.url.appending(path: name).path)
    }
    var table = "participant_id\timage\tgroup\tage\n"
    for number in 1...5 {
      try write("s\(number).nii.gz", number)
      table += "sub-0\(number)\ts\(number).nii.gz\tCN\t\([61, 74, 66, 70, 69][number - 1])\n"
    }
    try write("patient.nii.gz", 11)
    try folder.write("study.tsv", table)
    for command in [
      "cohort study.tsv --model cnn.onnx --method saliency --target AD --atlas quarters.nii.gz --out references",
      "cohort norms references --group CN --covariates age --out norms.json",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    return folder
  }

  private static let command =
    "explain patient.nii.gz --model cnn.onnx --method saliency --target AD --atlas quarters.nii.gz --norms norms.json"

  private static func rows(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test func `give z and percentile of a regression, in table, picture, record and page`() throws {
    let folder = try Self.folder()
    let answer = try Tool.run(Self.command + " --covariate age=72 --out patient --report", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.error.contains("norms of 5 references (CN); percentiles go in steps of 20"))
    #expect(answer.output.contains("norms    furthest: ") && answer.output.contains("patient_saliency_norms.png"))

    let ages = [61.0, 74, 66, 70, 69]
    let mean = ages.reduce(0, +) / 5
    let spread = ages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let references = try Self.rows(folder, "references/regions.tsv")
    for row in try Self.rows(folder, "patient/patient_saliency_regions.tsv") where row["name"] != "outside" {
      let values = references.filter { $0["region"] == row["name"] }.compactMap { $0["sum"].flatMap(Double.init) }
      try #require(values.count == 5)
      let middle = values.reduce(0, +) / 5
      let slope = zip(ages, values).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - middle) } / spread
      let rest = zip(ages, values).map { $1 - middle - slope * ($0 - mean) }
      let sd = (rest.reduce(0) { $0 + $1 * $1 } / 3).squareRoot()
      let own = try #require(row["sum"].flatMap(Double.init)) - middle - slope * (72 - mean)
      let z = try #require(row["norm_z"].flatMap(Double.init))
      #expect(abs(z - own / sd) < 1e-5 * max(1, abs(z)))
      #expect(row["norm_percentile"].flatMap(Double.init) == Double(100 * rest.count { $0 < own } / 5))
    }

    let record = try folder.json("patient/patient_saliency.json")
    let norms = (record["facts"] as? [String: Any])?["norms"] as? [String: Any]
    #expect(norms?["references"] as? Int == 5 && norms?["covariate_values"] as? [Double] == [72])
    #expect((record["files"] as? [String: Any])?.keys.contains("norms_picture") == true)
    let page = try String(contentsOf: folder.url.appending(path: "patient/patient_report.html"), encoding: .utf8)
    #expect(page.contains("\"references\": 5") && page.contains("norm_percentile"))
  }

  @Test(arguments: [
    ("--covariate age=72 --score probability", "norms.json: the norms are of the logit, not of the probability"),
    ("--covariate age=72 --target CN", "norms.json: the norms are of relevance for AD, not CN"),
    ("--covariate age=72 --method lrp", "norms.json: the norms have no method lrp; they have: saliency"),
    ("", "norms.json: the norms need the patient's age"),
    ("--covariate age=72 --covariate sex=1", "norms.json: the norms have no covariate sex"),
  ])
  func `of something else are refused in a line that names them, and leave nothing`(
    option: String, line: String
  ) throws {
    let folder = try Self.folder()
    var command = Self.command
    for name in ["--target AD", "--method saliency"] where option.contains(name.prefix { $0 != " " }) {
      command.replace(name, with: "")
    }
    let answer = try Tool.run("\(command) \(option) --out patient", in: folder.url)
    #expect(answer.status == 64 || answer.status == 65)
    #expect(answer.error.contains("pellucid: \(line)"), "\(answer.error)")
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "patient").path))
  }
}
