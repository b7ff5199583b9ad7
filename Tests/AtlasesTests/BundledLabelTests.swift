import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import TestSupport
import Testing

@Suite struct `Bundled names of labels` {
  private func image(_ labels: [Int32]) throws -> LabelVolume {
    try LabelVolume(
      Volume(
        shape: GridShape(i: labels.count, j: 1, k: 1), voxels: labels.map { Float($0) }, affine: .identity,
        source: "labels"))
  }

  /// What SynthSeg writes without parcellation.
  private static let synthSeg: [Int32] = [
    0, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28, 41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54,
    58, 60,
  ]

  @Test func `have every number once`() {
    for table in BundledLabels.allCases {
      let numbers = table.regions.map(\.index)
      #expect(Set(numbers).count == numbers.count && numbers == numbers.sorted() && !numbers.contains(0))
      #expect(table.regions.allSatisfy { !$0.name.isEmpty && $0.hemisphere != .unknown })
    }
  }

  // FreeSurferColorLUT.txt's own lines.
  @Test(
    arguments: [
      (17, "Left-Hippocampus", Hemisphere.left, "Deep grey matter"), (54, "Right-Amygdala", .right, "Deep grey matter"),
      (1006, "ctx-lh-entorhinal", .left, "Temporal"), (2035, "ctx-rh-insula", .right, "Insula"),
      (1024, "ctx-lh-precentral", .left, "Frontal"), (3016, "wm-lh-parahippocampal", .left, "Cerebral white matter"),
      (4035, "wm-rh-insula", .right, "Cerebral white matter"), (11123, "ctx_lh_G_oc-temp_med-Parahip", .left, nil),
      (12175, "ctx_rh_S_temporal_transverse", .right, nil), (16, "Brain-Stem", .both, "Brain stem"),
      (255, "CC_Anterior", .both, "Cerebral white matter"),
    ] as [(Int32, String, Hemisphere, String?)])
  func `are FreeSurfer's`(index: Int32, name: String, side: Hemisphere, lobe: String?) throws {
    let region = try #require(BundledLabels.freesurfer.regions.first { $0.index == index })
    #expect(region.name == name && region.hemisphere == side && region.lobe == lobe)
  }

  @Test(
    arguments: [
      (48, "Left Hippocampus"), (47, "Right Hippocampus"), (75, "Left Basal Forebrain"), (30, "Left Accumbens Area"),
      (117, "Left Ent entorhinal area"), (206, "Right TTG transverse temporal gyrus"),
    ] as [(Int32, String)])
  func `are the Neuromorphometrics'`(index: Int32, name: String) {
    #expect(BundledLabels.neuromorphometrics.regions.first { $0.index == index }?.name == name)
  }

  @Test func `are found by numbers that leave no doubt`() throws {
    #expect(BundledLabels(recognizing: try image(Self.synthSeg)) == .freesurfer)
    #expect(
      BundledLabels(recognizing: try image(BundledLabels.neuromorphometrics.regions.map(\.index)))
        == .neuromorphometrics)
    // AAL's numbers, tissue classes, and FreeSurfer's with one that it does not have.
    #expect(BundledLabels(recognizing: try image(Array(0...116))) == nil)
    #expect(BundledLabels(recognizing: try image([0, 1, 2, 3])) == nil)
    #expect(BundledLabels(recognizing: try image(Self.synthSeg + [999])) == nil)
  }

  @Test func `name a subject's own labels, only those that are there`() throws {
    let folder = try TemporaryFolder()
    let labels: [Float] = [17, 53, 1006, 2006, 0, 16, 24, 99]
    try Volume(shape: GridShape(i: 2, j: 2, k: 2), voxels: labels, affine: .identity).write(
      to: folder.path + "/aseg.nii.gz")
    let atlas = try Atlas(contentsOf: folder.path + "/aseg.nii.gz", labels: "freesurfer")
    #expect(
      atlas.regions.map(\.name) == [
        "Brain-Stem", "Left-Hippocampus", "CSF", "Right-Hippocampus", "region-99", "ctx-lh-entorhinal",
        "ctx-rh-entorhinal",
      ])
    let plain = try Atlas(contentsOf: folder.path + "/aseg.nii.gz")
    #expect(plain.regions.allSatisfy { $0.name.hasPrefix("region-") })
  }
}
