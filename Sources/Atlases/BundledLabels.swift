internal import PellucidFaults

/// Tables of label names that need no file: those of programs that everybody's label images come from.
public enum BundledLabels: String, Hashable, Sendable, CaseIterable {
  /// FreeSurfer's numbers, which FastSurfer and SynthSeg use too.
  case freesurfer
  /// The numbers of SPM12's and CAT12's Neuromorphometrics images.
  case neuromorphometrics

  /// The table's regions, by number.
  public var regions: [Region] {
    switch self {
    case .freesurfer: FreeSurferNames.regions
    case .neuromorphometrics: NeuromorphometricsNames.regions
    }
  }

  /// How people call it.
  var noun: String {
    switch self {
    case .freesurfer: "FreeSurfer's"
    case .neuromorphometrics: "the Neuromorphometrics"
    }
  }

  /// The table, of the regions that an image holds.
  func table(for image: LabelVolume) -> LabelTable {
    let present = Set(image.voxelCounts.map(\.label))
    return LabelTable(regions: regions.filter { present.contains($0.index) }, source: rawValue)
  }

  /// Numbers that only this numbering gives to the two sides of one structure, all of which a whole brain has.
  private var tellTale: Set<Int32> {
    switch self {
    // White matter, ventricles, thalamus, hippocampus and amygdala of both sides, brain stem.
    case .freesurfer: [2, 41, 4, 43, 10, 49, 17, 53, 18, 54, 16]
    case .neuromorphometrics: [44, 45, 51, 52, 59, 60, 47, 48, 31, 32, 35]
    }
  }

  /// The table whose numbers an image unmistakably has: it knows all of its labels, and those that tell are all there.
  package init?(recognizing image: LabelVolume) {
    let present = Set(image.voxelCounts.map(\.label).filter { $0 != 0 })
    let found = Self.allCases.first { table in
      present.isSuperset(of: table.tellTale) && present.isSubset(of: table.regions.map(\.index))
    }
    guard let found else { return nil }
    self = found
  }

  /// What a reader of the names should know.
  func note(recognized: Bool) -> Note {
    Note(
      what: "the label image has no table of names, and \(noun) numbers",
      how: "regions are called as there (`labels` \(rawValue))", weight: recognized ? .told : .record)
  }
}
