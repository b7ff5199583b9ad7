import PellucidCohorts
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Cohorts of known truth` {
  let folder: StudyFolder

  init() throws { folder = try StudyFolder() }

  @Test func `a folder's masks find their scans`() throws {
    try folder.write("s1_labels.nii.gz") { _ in 1 }
    folder.remove("linear.onnx")
    let subjects = try TruthCohort(contentsOf: folder.path("")).subjects.sorted { $0.name < $1.name }
    #expect(subjects.map(\.name) == ["s0", "s1"])
    #expect(subjects.map(\.scan.text) == [folder.path("s0.nii.gz"), folder.path("s1.nii.gz")])
    #expect(subjects.map(\.truth) == [folder.path("s0_truth.nii.gz"), folder.path("s1_truth.nii.gz")])
    #expect(subjects.map(\.labels) == [nil, folder.path("s1_labels.nii.gz")])
  }

  @Test func `a record of plant says which regions shrank, and of which atlas`() throws {
    try folder.write(
      "s1_planted.json",
      text: #"{"image": "nowhere.nii.gz", "image_sha256": "", "regions": ["A", "B"], "atlas": "aal", "loss": 0.3}"#)
    let subjects = try TruthCohort(contentsOf: folder.path("")).subjects.sorted { $0.name < $1.name }
    #expect(subjects.map(\.regions) == [[], ["A", "B"]] && subjects.map(\.regionsOf) == [nil, "aal"])
    // The scan before is not there any more.
    #expect(subjects[1].original == nil)
  }

  @Test func `a table names them, with their regions`() throws {
    try folder.write(
      "cohort.tsv",
      text:
        "participant_id\timage\ttruth\tregions\none\ts0.nii.gz\ts0_truth.nii.gz\tA;B\ntwo\ts1.nii.gz\ts1_truth.nii.gz\tn/a\n"
    )
    let cohort = try TruthCohort(contentsOf: folder.path("cohort.tsv"))
    #expect(cohort.subjects.map(\.name) == ["one", "two"] && cohort.subjects.map(\.line) == [2, 3])
    #expect(cohort.subjects.map(\.regions) == [["A", "B"], []])
    #expect(cohort.subjects[0].scan.text == folder.path("s0.nii.gz"))
  }

  @Test(arguments: [
    ("image\ttruth\ns0.nii.gz\tn/a\n", "line 2"), ("image\ttruth\ns0.nii.gz\tnone.nii.gz\n", "line 2"),
    ("subject\timage\ttruth\na\ts0.nii.gz\ts0_truth.nii.gz\na\ts1.nii.gz\ts1_truth.nii.gz\n", "line 3"),
  ])
  func `a table that lacks something says where`(_ text: String, _ line: String) throws {
    let path = try folder.write("cohort.tsv", text: text)
    let error = fault { _ = try TruthCohort(contentsOf: path) }
    #expect(error?.kind == .badData && error?.place.file == path && error?.place.part == line, "\(error?.line ?? "")")
  }

  @Test func `a mask without a scan is named, and so is a folder without masks`() throws {
    folder.remove("s1.nii.gz")
    #expect(fault { _ = try TruthCohort(contentsOf: folder.path("")) }?.place.file == folder.path("s1_truth.nii.gz"))
    folder.remove("s1_truth.nii.gz")
    folder.remove("s0_truth.nii.gz")
    #expect(fault { _ = try TruthCohort(contentsOf: folder.path("")) }?.what == "the cohort has no subject")
  }
}
