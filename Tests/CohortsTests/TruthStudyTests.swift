import Foundation
import PellucidAtlases
import PellucidAttribution
import PellucidCohorts
import PellucidEvaluation
import PellucidFaults
import PellucidFiles
import PellucidTables
import PellucidVolumes
import Synchronization
import Testing

@Suite struct `A study of known truth` {
  let folder: StudyFolder

  init() throws { folder = try StudyFolder() }

  private func run(
    _ names: [String]?, atlas: Atlas? = nil, regions: Bool = false,
    _ begun: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> TruthStudy.Results {
    var rows = "subject\timage\ttruth\tregions\n"
    for subject in 0..<2 {
      rows += "s\(subject)\ts\(subject).nii.gz\ts\(subject)_truth.nii.gz\t\(regions ? "A;B" : "n/a")\n"
    }
    let cohort = try TruthCohort(contentsOf: try folder.write("cohort.tsv", text: rows))
    let study = TruthStudy(
      try folder.explainer(atlas), cohort: cohort, variants: try names?.map(StudyFolder.variant))
    return try study.run { _, _, subject, method in
      begun("\(subject) \(method)")
      return SilentProgress()
    }
  }

  /// Of a linear network the map is weight times voxel, whose part in the mask is worked out here in double precision.
  @Test func `scores the maps of every method and chance`() throws {
    let results = try run(["gradient-x-input", "saliency"])
    #expect(results.rows.map(\.subject) == ["s0", "s0", "s0", "s1", "s1", "s1"])
    #expect(results.rows.prefix(3).map(\.method) == [TruthStudy.chance, "gradient-x-input", "saliency"])
    #expect(Set(results.records.keys) == ["gradient-x-input", "saliency"])
    for subject in 0..<2 {
      let voxels = (0..<StudyFolder.shape.count).map(StudyFolder.voxel)
      func mass(_ size: (VoxelIndex) -> Double) -> Double {
        voxels.filter { $0.i < 2 }.reduce(0) { $0 + size($1) } / voxels.reduce(0) { $0 + size($1) }
      }
      func value(_ voxel: VoxelIndex) -> Double { Double(StudyFolder.value(voxel, subject: subject)) }
      let rows = results.rows.filter { $0.subject == "s\(subject)" }
      let wanted = [
        mass { value($0) == 0 ? 0 : 1 }, mass { abs(value($0)) * Double(StudyFolder.weight($0)) },
        mass { Double(StudyFolder.weight($0)) },
      ]
      for (row, wanted) in zip(rows, wanted) {
        let found = try #require(row.scores[.relevanceMass])
        #expect(abs(found - wanted) < 1e-6, "\(row.method) of \(row.subject)")
        #expect(row.target == "AD" && row.changedVoxels == 60 && row.changedShare == 0.5)
        #expect(row.scores.region == nil, "no atlas, no regions")
      }
      let z = voxels.reduce((0.25, -0.5)) { sum, voxel in
        let (weight, x) = (Double(StudyFolder.weight(voxel)), value(voxel))
        return (sum.0 + (0.1 - weight / 2) * x, sum.1 + weight * x)
      }
      #expect(abs(rows[0].answer - 1 / (1 + exp(z.0 - z.1))) < 1e-5, "the probability of AD")
    }
  }

  /// Weights grow with i, so saliency puts the two changed slabs last: places 4 and 3 of 4.
  @Test func `ranks the changed regions of an atlas`() throws {
    let results = try run(["saliency"], atlas: try StudyFolder.slabs(), regions: true)
    let row = try #require(results.rows.last)
    #expect(row.scores.region?.places.map(\.name) == ["B", "A"])
    #expect(row.scores[.regionPlace] == 3.5 && row.scores[.regionTop] == 0 && row.scores[.regionArea] == 0)
    let chance = try #require(results.rows.first)
    #expect(chance.scores[.regionPlace] == 2.5 && chance.scores[.regionArea] == 0.5)
  }

  @Test func `reads all masks before the first map, and each once`() throws {
    try folder.write("s1_truth.nii.gz") { _ in 0 }
    let begun = Mutex<[String]>([])
    let error = fault { _ = try run(["saliency"]) { title in begun.withLock { $0.append(title) } } }
    #expect(error?.kind == .badData && error?.place.file == folder.path("s1_truth.nii.gz"))
    #expect(begun.withLock { $0.isEmpty })
    try folder.write("s1_truth.nii.gz") { $0.i < 2 ? 1 : 0 }
    let paths = ["s0_truth.nii.gz", "s1_truth.nii.gz"].map(folder.path)
    let results = try run(["saliency"]) { _ in
      for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }
    #expect(results.rows.count == 4)
  }

  /// What s0 was before has the signs changed, and its answer is worked out here; what s1 was before is itself.
  @Test func `says before the first map whether the answer moved`() throws {
    try folder.write("before.nii.gz") { -StudyFolder.value($0, subject: 0) }
    let cohort = try TruthCohort(
      contentsOf: try folder.write(
        "cohort.tsv",
        text:
          "subject\timage\ttruth\toriginal\na\ts0.nii.gz\ts0_truth.nii.gz\tbefore.nii.gz\nb\ts1.nii.gz\ts1_truth.nii.gz\ts1.nii.gz\n"
      ))
    let study = TruthStudy(try folder.explainer(), cohort: cohort, variants: [try StudyFolder.variant("saliency")])
    let begun = Mutex<[String]>([])
    var moves: [(subject: String, move: ScoreMove)] = []
    let results = try study.run(
      told: {
        moves = $0
        begun.withLock { $0.append("told") }
      },
      progress: { _, _, _, method in
        begun.withLock { $0.append(method) }
        return SilentProgress()
      })
    #expect(begun.withLock { $0 } == ["told", "saliency", "saliency"])
    #expect(moves.map(\.subject) == ["a", "b"] && moves.map(\.move.hasMoved) == [true, false])
    let answers = results.rows.filter { $0.method == "saliency" }
    let z = (0..<StudyFolder.shape.count).map(StudyFolder.voxel).reduce((0.25, -0.5)) { sum, voxel in
      let (weight, x) = (Double(StudyFolder.weight(voxel)), -Double(StudyFolder.value(voxel, subject: 0)))
      return (sum.0 + (0.1 - weight / 2) * x, sum.1 + weight * x)
    }
    #expect(abs(moves[0].move.before - 1 / (1 + exp(z.0 - z.1))) < 1e-5)
    #expect(answers[0].answerBefore == moves[0].move.before && answers[1].answerBefore == answers[1].answer)
    #expect(moves[0].move.after == answers[0].answer && moves[0].move.target == "AD")
  }

  @Test func `a folder names the scan before the change by its file or by a record of the same bytes`() throws {
    #expect(try TruthCohort(contentsOf: folder.path("")).subjects.allSatisfy { $0.original == nil })
    try folder.write("s0_original.nii.gz") { StudyFolder.value($0, subject: 1) }
    let path = folder.path("elsewhere/before.nii.gz")
    try FileManager.default.createDirectory(atPath: folder.path("elsewhere"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: folder.path("s1.nii.gz"), toPath: path)
    for (digest, wanted) in [(try SHA256.hexDigest(ofFile: path), path), ("0000", nil)] {
      try folder.write("s1_planted.json", text: #"{"image": "\#(path)", "image_sha256": "\#(digest)"}"#)
      let subjects = try TruthCohort(contentsOf: folder.path("")).subjects.sorted { $0.name < $1.name }
      #expect(subjects.map(\.original?.text) == [folder.path("s0_original.nii.gz"), wanted])
    }
  }

  @Test func `leaves out methods that do not fit, unless they were named`() throws {
    let all = try run(nil)
    let left = Set(all.leftOut.map(\.method))
    #expect(left.isSuperset(of: ["region-occlusion", "region-interaction", "expected-gradients", "cam"]))
    #expect(!left.contains("saliency") && !left.contains("occlusion"))
    #expect(Set(all.rows.map(\.method)).isDisjoint(with: left))
    #expect(fault { _ = try run(["saliency", "region-occlusion"]) }?.kind == .usage)
  }

  @Test func `writes tables that are joined again`() throws {
    var paths: [String] = []
    for name in ["saliency", "gradient-x-input"] {
      let cohort = try TruthCohort(contentsOf: folder.path(""))
      let study = TruthStudy(try folder.explainer(), cohort: cohort, variants: [try StudyFolder.variant(name)])
      let results = try study.run { _, _, _, _ in SilentProgress() }
      try TruthReport(study, results).write(to: folder.path(name), threads: 1, seconds: 1)
      paths.append(folder.path(name + "/" + TruthReport.Names.subjects))
    }
    let joined = try TruthSummary(joining: paths)
    #expect(joined.methods == [TruthStudy.chance, "saliency", "gradient-x-input"] && joined.subjects == 2)
    let column = try Table(contentsOf: paths[0]).numbers(TruthMetric.relevanceMass.name)
    let (one, other) = (try #require(column[1]), try #require(column[3]))
    let spread = joined.spread(.relevanceMass, of: "saliency")
    #expect(spread.count == 2 && abs((spread.mean ?? 0) - (one + other) / 2) < 1e-12)
    // Means over other subjects cannot be compared.
    let text = try #require(folder.text("saliency/" + TruthReport.Names.subjects))
    var lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    lines.remove(at: 2)
    let cut = try folder.write("cut.tsv", text: lines.joined(separator: "\n") + "\n")
    #expect(fault { _ = try TruthSummary(joining: [cut]) }?.what == "saliency was not measured on s0")
  }
}
