import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `A study of agreement` {
  @Test func `maps without relevance have no strongest regions, and that is told`() throws {
    let folder = try StudyFolder()
    try folder.write("empty.nii.gz") { _ in 0 }
    let study = AgreementStudy(
      [("linear", try folder.explainer(StudyFolder.slabs()))],
      scans: [ScanReference(folder.path("empty.nii.gz")), ScanReference(folder.path("s0.nii.gz"))],
      variants: try ["gradient-x-input", "saliency"].map(StudyFolder.variant))
    let results = try study.run { _ in SilentProgress() }
    let (empty, full) = (results.rows[0], results.rows[1])
    #expect(empty.overlap == nil && empty.spearman == nil && empty.image == folder.path("empty.nii.gz"))
    #expect(full.overlap != nil && full.spearman != nil)
    let told = results.notes.filter { $0.weight == .warning && $0.what.contains("is 0 everywhere") }
    #expect(told.count == 1 && told.first?.what.contains("gradient-x-input") == true)
  }
}
