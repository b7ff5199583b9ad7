import Foundation
import PellucidVolumes
import Testing

/// A study explained, cut short, gone on with, and compared, run as a user runs it.
@Suite struct `Cohort` {
  /// Six subjects of two groups: the fixtures' scan with a little noise each.
  private static func folder(subjects: Int = 6) throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let scan = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    var table = "participant_id\timage\tgroup\tage\tsex\n"
    for number in 1...subjects {
      var own = scan
      for place in own.voxels.indices {
        own.voxels[place] *= 1 + 0.02 * Float((place * (2 * number + 1)) % 17 - 8) / Float(8) * Float(number)
      }
      try own.write(to: folder.url.appending(path: "s\(number).nii.gz").path)
      let (group, sex) = (number % 2 == 0 ? "AD" : "CN", number % 3 == 0 ? "F" : "M")
      table += "sub-0\(number)\ts\(number).nii.gz\t\(group)\t\(60 + (7 * number) % 11)\t\(sex)\n"
    }
    try folder.write("study.tsv", table)
    return folder
  }

  private static let command =
    "cohort study.tsv --model cnn.onnx --method saliency,grad-cam --target AD --atlas quarters.nii.gz"

  /// Every file below a folder with its bytes.
  private static func contents(_ folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    while let file = all?.nextObject() as? URL {
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      files[String(file.path.dropFirst(folder.path.count))] = try Data(contentsOf: file)
    }
    return files
  }

  private static func table(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test func `writes derivatives as BIDS names them, the same for one job and several`() throws {
    let folder = try Self.folder()
    let answer = try Tool.run(Self.command + " --out a", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.output.hasPrefix("6 scans: 6 explained now, 0 were there, 0 not as they should be"))
    let names = folder.listing("a/sub-01/anat")
    for ending in ["_relevance.nii.gz", "_relevance.json", "_relevance.png", "_regions.tsv"] {
      #expect(names.contains("sub-01_desc-gradCam\(ending)") && names.contains("sub-01_desc-saliency\(ending)"))
    }
    let description = try folder.json("a/dataset_description.json")
    #expect(description["DatasetType"] as? String == "derivative")
    #expect((description["GeneratedBy"] as? [[String: Any]])?.first?["Name"] as? String == "pellucid")
    #expect(
      try folder.json("a/sub-01/anat/sub-01_desc-gradCam_relevance.json")["schema"] as? String == "pellucid-result/1")

    // The maps are those of `explain`.
    let alone = try Tool.run(
      "explain s1.nii.gz --model cnn.onnx --method saliency --target AD --atlas quarters.nii.gz --out one",
      in: folder.url)
    try #require(alone.status == 0, "\(alone.error)")
    let map = try Volume(
      contentsOf: folder.url.appending(path: "a/sub-01/anat/sub-01_desc-saliency_relevance.nii.gz").path)
    #expect(map.voxels == (try Volume(contentsOf: folder.url.appending(path: "one/s1_saliency.nii.gz").path)).voxels)
    #expect(
      try folder.bytes("a/sub-01/anat/sub-01_desc-saliency_regions.tsv") == folder.bytes("one/s1_saliency_regions.tsv"))

    let regions = try Self.table(folder, "a/regions.tsv")
    #expect(regions.count == 6 * 2 * 9 && regions[0]["participant_id"] == "sub-01" && regions[0]["group"] == "CN")
    #expect(
      try Self.table(folder, "a/participants.tsv").map { $0["age"] ?? "" } == ["67", "63", "70", "66", "62", "69"])
    let predictions = try Self.table(folder, "a/predictions.tsv")
    #expect(predictions.allSatisfy { $0["status"] == "ok" } && predictions[0]["probability_AD"] != nil)

    let several = try Tool.run(Self.command + " --out b --jobs 3", in: folder.url)
    try #require(several.status == 0, "\(several.error)")
    #expect(try Self.contents(folder.url.appending(path: "a")) == Self.contents(folder.url.appending(path: "b")))
  }

  @Test func `has a page of its derivatives: one name a method, the participants' columns`() throws {
    let folder = try Self.folder()
    #expect(try Tool.run(Self.command + " --out study", in: folder.url).status == 0)
    let answer = try Tool.run("report study --out page.html", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let page = String(decoding: try folder.bytes("page.html"), as: UTF8.self)
    for method in ["gradCam", "saliency"] { #expect(page.ranges(of: "\"id\": \"\(method)\"").count == 6) }
    #expect(page.ranges(of: "\"id\":").count == 12)
    #expect(page.ranges(of: "\"group\": \"AD\"").count == 3 && page.ranges(of: "\"group\": \"CN\"").count == 3)
    #expect(page.ranges(of: "\"sex\": \"F\"").count == 2 && page.contains("\"age\": \"67\""))
  }

  @Test func `goes by content: nothing is done twice, and a changed scan or option again`() throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out out", in: folder.url).status == 0)
    let before = try Self.contents(folder.url.appending(path: "out"))
    func explained(_ more: String = "") throws -> String {
      let answer = try Tool.run(Self.command + " --out out" + more, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      return String(answer.output.prefix { $0 != "," })
    }
    #expect(try explained() == "6 scans: 0 explained now")
    #expect(try Self.contents(folder.url.appending(path: "out")) == before)
    // A file that was altered, or is gone, is not trusted.
    try Data("x".utf8).write(to: folder.url.appending(path: "out/sub-02/anat/sub-02_desc-saliency_relevance.nii.gz"))
    try FileManager.default.removeItem(
      at: folder.url.appending(path: "out/sub-03/anat/sub-03_desc-gradCam_regions.tsv"))
    #expect(try explained() == "6 scans: 2 explained now")
    #expect(try Self.contents(folder.url.appending(path: "out")) == before)
    // The same bytes under another name are the same scan; other bytes are not.
    let other = folder.url.appending(path: "s4.nii.gz")
    try FileManager.default.removeItem(at: other)
    try FileManager.default.copyItem(at: folder.url.appending(path: "s5.nii.gz"), to: other)
    #expect(try explained() == "6 scans: 1 explained now")
    #expect(try explained(" --score probability") == "6 scans: 6 explained now")
    #expect(try explained(" --score probability --force") == "6 scans: 6 explained now")
  }

  @Test(arguments: [0.02, 0.06, 0.1, 0.16, 0.25, 0.4])
  func `killed at any instant, the next run finishes with the same bytes`(after seconds: Double) throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out whole", in: folder.url).status == 0)
    let process = Process()
    process.executableURL = Tool.program
    process.arguments = (Self.command + " --out cut --jobs 2").split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder.url
    process.environment = ["PELLUCID_ATLASES": Tool.repository.appending(path: "atlases").path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    Thread.sleep(forTimeInterval: seconds)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let answer = try Tool.run(Self.command + " --out cut", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(
      try Self.contents(folder.url.appending(path: "whole")) == Self.contents(folder.url.appending(path: "cut")))
  }

  @Test func `parts of a cohort make the whole, in whichever order and twice`() throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out whole", in: folder.url).status == 0)
    for part in ["3/3", "1/3", "2/3", "1/3"] {
      let answer = try Tool.run(Self.command + " --out parts --shard \(part)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    #expect(
      try Self.contents(folder.url.appending(path: "whole")) == Self.contents(folder.url.appending(path: "parts")))
  }

  @Test func `what a former model said is no answer until the scan is explained anew`() throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out out", in: folder.url).status == 0)
    // Another file is another model; the card beside it stays the same.
    try (folder.bytes("cnn.onnx") + Data([0x32, 0x00])).write(to: folder.url.appending(path: "cnn.onnx"))
    let answer = try Tool.run(Self.command + " --out out --shard 1/3", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let predictions = try Self.table(folder, "out/predictions.tsv")
    let pending = predictions.filter { $0["status"] == "pending" }
    #expect(pending.count == 4 && predictions.count { $0["status"] == "ok" } == 2)
    #expect(pending.allSatisfy { $0["reason"]?.contains("of another model") == true })
    #expect(Set(try Self.table(folder, "out/regions.tsv").compactMap { $0["participant_id"] }).count == 2)
    for part in ["2/3", "3/3"] {
      try #require(try Tool.run(Self.command + " --out out --shard \(part)", in: folder.url).status == 0)
    }
    #expect(folder.text("out/predictions.tsv")?.contains("pending") == false)
  }

  @Test func `two runs on one folder at once do not spoil each other`() throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out whole", in: folder.url).status == 0)
    let place = folder.url
    let answers = try ThreadsAtOnce.map(3) { _ in try Tool.run(Self.command + " --out both --jobs 2", in: place) }
    #expect(answers.allSatisfy { $0.status == 0 }, "\(answers.map(\.error))")
    #expect(
      try Self.contents(folder.url.appending(path: "whole")) == Self.contents(folder.url.appending(path: "both")))
  }

  @Test func `a bad scan is reported and stops nobody`() throws {
    let folder = try Self.folder()
    let table = try String(contentsOf: folder.url.appending(path: "study.tsv"), encoding: .utf8)
      .replacing("s2.nii.gz", with: "bad_nan.nii.gz").replacing("s3.nii.gz", with: "nowhere.nii.gz")
    try folder.write("study.tsv", table)
    let answer = try Tool.run(Self.command + " --out out", in: folder.url)
    #expect(answer.status == 65)
    #expect(answer.output.hasPrefix("6 scans: 4 explained now, 0 were there, 2 not as they should be"))
    #expect(answer.lines.contains { $0.hasPrefix("pellucid: sub-02: bad_nan.nii.gz") })
    #expect(answer.lines.contains { $0.hasPrefix("pellucid: sub-03: nowhere.nii.gz") })
    #expect(answer.lines.last?.hasPrefix("pellucid: study.tsv: 2 of 6 scans cannot be used") == true)
    let rows = try Self.table(folder, "out/predictions.tsv")
    #expect(rows.map { $0["status"] ?? "" } == ["ok", "failed", "failed", "ok", "ok", "ok"])
    #expect(rows[1]["reason"]?.contains("NaN") == true && rows[1]["predicted"] == "n/a")
    #expect(try Self.table(folder, "out/regions.tsv").allSatisfy { $0["participant_id"] != "sub-02" })
    // Mended, it is explained by the next run, and it alone.
    try folder.write("study.tsv", table.replacing("bad_nan.nii.gz", with: "s2.nii.gz").replacing("nowhere", with: "s3"))
    let again = try Tool.run(Self.command + " --out out", in: folder.url)
    #expect(again.status == 0 && again.output.hasPrefix("6 scans: 2 explained now"), "\(again.error)")
  }

  @Test(arguments: [
    ("--target", "a classifier needs a target", "a cohort needs one --target for all scans"),
    ("--shard", "no part", "--shard 5/4 is no part of several"),
  ])
  func `usage errors leave nothing`(option: String, _: String, line: String) throws {
    let folder = try Self.folder()
    let words = option == "--target" ? Self.command.replacing("--target AD ", with: "") : Self.command + " --shard 5/4"
    let answer = try Tool.run(words + " --out out", in: folder.url)
    #expect(answer.status == 64)
    #expect(answer.error.contains(line), "\(answer.error)")
    #expect(option != "--target" || answer.error.contains("CN, AD"))
    #expect(folder.listing("out").isEmpty)
  }

  @Test func `several models give the mean, or by folds the model that did not see the scan`() throws {
    let folder = try Self.folder()
    let (model, card) = (folder.url.appending(path: "cnn.onnx"), folder.url.appending(path: "cnn.yaml"))
    try FileManager.default.copyItem(at: model, to: folder.url.appending(path: "other.onnx"))
    try FileManager.default.copyItem(at: card, to: folder.url.appending(path: "other.yaml"))
    let several = Self.command.replacing("cnn.onnx", with: "cnn.onnx,other.onnx")
    let answer = try Tool.run(several + " --out mean", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    try #require(try Tool.run(Self.command + " --out one", in: folder.url).status == 0)
    let name = "sub-01/anat/sub-01_desc-saliency"
    let mean = try Volume(contentsOf: folder.url.appending(path: "mean/\(name)_relevance.nii.gz").path)
    let one = try Volume(contentsOf: folder.url.appending(path: "one/\(name)_relevance.nii.gz").path)
    let deviation = try Volume(contentsOf: folder.url.appending(path: "mean/\(name)_deviation.nii.gz").path)
    #expect(mean.voxels == one.voxels && deviation.voxels.allSatisfy { $0 == 0 })
    #expect(folder.listing("mean/sub-01/anat").contains("sub-01_desc-saliency_models.tsv"))

    var lines = try String(contentsOf: folder.url.appending(path: "study.tsv"), encoding: .utf8).split(separator: "\n")
      .map(String.init)
    for place in lines.indices { lines[place] += place == 0 ? "\tfold" : "\t\(place % 2 + 1)" }
    try folder.write("study.tsv", lines.joined(separator: "\n") + "\n")
    let folds = try Tool.run(several + " --out folds", in: folder.url)
    try #require(folds.status == 0, "\(folds.error)")
    #expect(folds.error.contains("fold 1: cnn.onnx, fold 2: other.onnx"))
    let models = try Self.table(folder, "folds/predictions.tsv").map { $0["models"] ?? "" }
    #expect(models == ["other.onnx", "cnn.onnx", "other.onnx", "cnn.onnx", "other.onnx", "cnn.onnx"])
  }

  @Test func `scans of a BIDS folder are found, with their visits and what is known of them`() throws {
    let folder = try Self.folder()
    for (from, to) in [
      ("s1", "bids/sub-01/ses-a/anat/sub-01_ses-a_T1w"), ("s2", "bids/sub-01/ses-b/anat/sub-01_ses-b_T1w"),
      ("s3", "bids/sub-02/ses-a/anat/sub-02_ses-a_T1w"), ("s4", "bids/sub-02/ses-a/anat/sub-02_ses-a_run-2_T1w"),
    ] {
      let place = folder.url.appending(path: to + ".nii.gz")
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: folder.url.appending(path: from + ".nii.gz"), to: place)
    }
    try folder.write("bids/participants.tsv", "participant_id\tdiagnosis\tage\nsub-01\tAD\t71\nsub-02\tCN\t66\n")
    let command = Self.command.replacing("study.tsv", with: "bids")
    let unclear = try Tool.run(command + " --out out", in: folder.url)
    #expect(unclear.status == 65 && unclear.error.contains("sub-02_ses-a has several scans"), "\(unclear.error)")
    let images = "{participant_id}/{session_id}/anat/{participant_id}_{session_id}_T1w.nii.gz"
    let answer = try Tool.run(command + " --images \(images) --out out", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(folder.listing("out/sub-01/ses-b/anat").contains("sub-01_ses-b_desc-gradCam_relevance.nii.gz"))
    let rows = try Self.table(folder, "out/predictions.tsv")
    #expect(rows.map { $0["session_id"] ?? "" } == ["ses-a", "ses-b", "ses-a"])
    #expect(rows.map { $0["group"] ?? "" } == ["AD", "AD", "CN"])
    #expect(try Self.table(folder, "out/participants.tsv").map { $0["age"] ?? "" } == ["71", "66"])

    // Who is left without a scan is told; of several labels any will do, and an empty one is that of names without the entity.
    let few = try Tool.run(command + " --filter run=2 --out few", in: folder.url)
    #expect(
      few.output.hasPrefix("1 scans:") && few.error.contains("no scan of sub-01 is taken; --filter leaves them none"))
    let second = try Tool.run(command + " --filter run=,run=1 --out second", in: folder.url)
    #expect(second.output.hasPrefix("3 scans:") && !second.error.contains("no scan of"), "\(second.error)")
  }

  @Test func `groups are compared as by hand`() throws {
    let folder = try Self.folder()
    try #require(try Tool.run(Self.command + " --out out", in: folder.url).status == 0)
    let answer = try Tool.run("group out --compare AD,CN --by mean --out groups", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let rows = try Self.table(folder, "out/regions.tsv")
    let found = try Self.table(folder, "groups/group_regions.tsv")
    #expect(found.count == 2 * 8)
    for row in found {
      func values(_ group: String) -> [Double] {
        rows.filter { $0["region"] == row["region"] && $0["method"] == row["method"] && $0["group"] == group }
          .compactMap { Double($0["mean"] ?? "") }
      }
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      let (a, b) = (values("AD"), values("CN"))
      #expect(row["n_A"] == "3" && row["n_B"] == "3")
      #expect(abs((Double(row["mean_A"] ?? "") ?? .nan) - mean(a)) < 1e-8 * abs(mean(a)))
      #expect(abs((Double(row["gain"] ?? "") ?? .nan) - mean(a) / mean(b)) < 1e-7 * abs(mean(a) / mean(b)))
    }
    let names = folder.listing("groups")
    for name in ["group.json", "group_effects.png", "group_performance.tsv", "group_regions.tsv"] {
      #expect(names.contains(name))
    }
    // The difference map is what the means differ by.
    func map(_ name: String) throws -> [Float] {
      try Volume(contentsOf: folder.url.appending(path: "groups/group_saliency_\(name).nii.gz").path).voxels
    }
    let (a, b, difference) = (try map("mean_A"), try map("mean_B"), try map("difference"))
    let scale = a.reduce(0) { max($0, abs($1)) }
    #expect(zip(zip(a, b), difference).allSatisfy { abs($0.0 - $0.1 - $1) <= 1e-5 * scale })
  }

  @Test func `groups have bars with intervals and fingerprints, on the page of the cohort too`() throws {
    let folder = try Self.folder()
    for command in [
      Self.command + " --out out", "group out --compare AD,CN --bootstrap 500 --out groups",
      "group out --compare AD,CN --bootstrap 500 --out again", "evaluate bias out --out bias",
      "report out --study groups --study bias --out page.html",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(command): \(answer.error)")
    }
    let names = folder.listing("groups")
    for method in ["saliency", "gradCam"] {
      #expect(names.contains("group_\(method)_differences.png") && names.contains("group_\(method)_fingerprints.png"))
    }
    let found = try Self.table(folder, "groups/group_regions.tsv")
    for row in found {
      let numbers = ["boot_low", "difference", "boot_high"].map { Double(row[$0] ?? "") ?? .nan }
      #expect(numbers[0] <= numbers[1] && numbers[1] <= numbers[2], "\(row)")
    }
    #expect(folder.text("groups/group_regions.tsv") == folder.text("again/group_regions.tsv"))
    let page = String(decoding: try folder.bytes("page.html"), as: UTF8.self)
    #expect(page.contains("AD against CN") && page.contains("What maps know of the subjects"))
    let pictures = folder.listing("page_scans").filter { $0.hasPrefix("study") }
    #expect(pictures.contains("study1_group_saliency_fingerprints.png"))
    #expect(pictures.contains("study2_bias_covariates.png"))
    for picture in pictures { #expect(page.contains("page_scans/\(picture)"), "\(picture)") }
    let wrong = try Tool.run("report out --study out --out other.html", in: folder.url)
    #expect(wrong.status == 65 && wrong.error.contains("neither group.json nor bias.json"), "\(wrong.error)")
  }

  @Test(arguments: [
    ("--compare AD,XX", Int32(64), "there is no group XX"),
    ("--covariates weight", 64, "there is no covariate weight"),
    ("--compare AD", 64, "--compare AD names no two"),
    ("--covariates age,older", 65, "the covariate older follows from the other columns"),
    ("--covariates site", 65, "the covariate site is the same for all who are compared"),
    ("--covariates score", 65, "sub-03 has many in the column score, which holds numbers"),
  ])
  func `what groups cannot be compared by is told in a line`(options: String, status: Int32, line: String) throws {
    let folder = try Self.folder()
    var lines = try String(contentsOf: folder.url.appending(path: "study.tsv"), encoding: .utf8).split(separator: "\n")
      .map(String.init)
    lines[0] += "\tolder\tsite\tscore"
    for place in 1..<lines.count {
      let age = Int(lines[place].split(separator: "\t")[3]) ?? 0
      lines[place] += "\t\(age + 10)\tA\t\(place == 3 ? "many" : "\(place)")"
    }
    try folder.write("study.tsv", lines.joined(separator: "\n") + "\n")
    try #require(try Tool.run(Self.command + " --out out", in: folder.url).status == 0)
    let answer = try Tool.run("group out \(options) --out groups", in: folder.url)
    #expect(answer.status == status && answer.lines.count == 1, "\(answer.error)")
    #expect(answer.error.contains(line), "\(answer.error)")
    #expect(folder.listing("groups").isEmpty)
  }
}
