import PellucidFaults
import PellucidSubjects
import PellucidVolumes
import TestSupport
import Testing

@Suite struct `Tables of subjects` {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String, required: [String] = []) throws -> SubjectTable {
    try SubjectTable(contentsOf: folder.write("people.tsv", text), required: required)
  }

  @Test func `say who, which scan, which group and what else is known`() throws {
    try folder.write("a+b.nii", "")
    try folder.write("mine.nii.gz", "")
    let table = try read(
      """
      participant_id\tsession_id\timage\tGroup\tfold\tatlas\tlabels\ttruth\tregions\tage\tSex\tscore
      sub-1\tses-1\tx/t1.nii+x/gm.nii\tAD\t0\taal\tl.nii\tt.nii\tA; 4;\t71.5\tF\tNA
      sub-1\tses-2\ta+b.nii\tn/a\t1\tmine.nii.gz\t\t/abs/t.nii\tn/a\t72\tF\t1
      sub-2\t\tc.nii\tCN\t\t\t\t\t\tn/a\tM\t-2e3

      """)
    let (one, two, three) = (table.subjects[0], table.subjects[1], table.subjects[2])
    #expect(table.subjects.map(\.name) == ["sub-1_ses-1", "sub-1_ses-2", "sub-2"])
    #expect(one.scan?.paths == [folder.path("x/t1.nii"), folder.path("x/gm.nii")])
    #expect(two.scan?.paths == [folder.path("a+b.nii")])
    #expect([one.group, two.group, three.group] == ["AD", nil, "CN"])
    #expect([one.fold, two.fold, three.fold] == ["0", "1", nil])
    #expect([one.atlas, two.atlas, three.atlas] == ["aal", folder.path("mine.nii.gz"), nil])
    #expect([one.labels, two.labels] == [folder.path("l.nii"), nil])
    #expect([one.truth, two.truth] == [folder.path("t.nii"), "/abs/t.nii"])
    #expect([one.regions, two.regions] == [["A", "4"], []])
    #expect(table.subjects.map(\.line) == [2, 3, 4])
    #expect(table.covariates.map(\.name) == ["age", "Sex", "score"])
    #expect(try table.covariate("AGE").values == .numbers([71.5, 72, nil]))
    #expect(try table.covariate("sex").values == .categories(["F", "F", "M"]))
    #expect(try table.covariate("score").values == .numbers([nil, 1, -2000]))
    #expect(fault { _ = try table.covariate("agee") }?.line.contains("did you mean age?") == true)
  }

  @Test func `take subject for participant_id, and the scan's name where there is neither`() throws {
    #expect(try read("subject\timage\nanna\ta.nii\n\tb.nii.gz\n").subjects.map(\.participant) == ["anna", "b"])
    #expect(try read("image,age\nx/a.nii,4\nx/b.nii.gz,5\n").subjects.map(\.participant) == ["a", "b"])
    #expect(try read("\u{FEFF}participant_id\tage\r\nsub-1\t4\t\r\n").subjects.map(\.scan) == [nil])
  }

  @Test(arguments: [
    ("image\tage\na.nii\t1\nb.nii\t1\nx/a.nii\t2\n", "line 4", "there is already a subject a: in line 2"),
    (
      "participant_id\tsession_id\ns\t1\ns\t2\ns\t1\n", "line 4", "there is already a subject s, session 1: in line 2"
    ), ("participant_id\tage\n\t71\n", "line 2", "names neither a participant nor an image"),
    ("age\tsex\n1\tF\n", "header", "the table has no column participant_id: its columns are age, sex"),
    ("participant_id\tage\tAge\ns\t1\t2\n", "header", "the column age is there twice"),
    ("participant_id\tage\n", nil, "no line follows the header"),
    ("participant_id\tage\ns\t1\t2\n", nil, "line 2 has 3 cells where the header has 2"), ("", nil, "it has no lines"),
    ("\0", nil, "it is not text; give a tab-separated table with the columns participant_id and image"),
  ])
  func `name the line that is wrong`(text: String, part: String?, words: String) throws {
    let error = try #require(fault { _ = try read(text) })
    #expect(error.kind == .badData && error.place.part == part)
    #expect(error.line.contains(words), "\(error.line)")
  }

  @Test func `lack what is required`() throws {
    let error = try #require(fault { _ = try read("image\ttruht\na.nii\tb.nii\n", required: ["image", "truth"]) })
    #expect(error.line.contains("header: the table has no columns image and truth: its columns are image, truht"))
  }
}
