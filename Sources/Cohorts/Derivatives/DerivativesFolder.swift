internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidResults
internal import PellucidTables

/// A folder of derivatives as BIDS has it: `sub-01/ses-2/anat/sub-01_ses-2_desc-gradCam_relevance.nii.gz`, and tables of all scans.
///
/// Source: the Brain Imaging Data Structure, "BIDS Derivatives", https://bids-specification.readthedocs.io.
public struct DerivativesFolder: Sendable {
  /// The tables of all scans.
  public enum Names {
    /// A line a participant.
    public static let participants = "participants.tsv"
    /// A line a scan.
    public static let predictions = "predictions.tsv"
    /// A line a scan, method and region.
    public static let regions = "regions.tsv"
  }

  /// Its path.
  public let path: String
  /// What the maps' grid is called in names; nil: the scan's own.
  public let space: String?

  /// A folder, which may be missing.
  /// - Parameter space: what the maps' grid is called; letters and digits of it stay. nil: the scan's own.
  public init(_ path: String, space: String? = nil) {
    self.path = path
    self.space = space.map { BIDSName.label($0) }
  }

  /// The path of a file or folder in it.
  public func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  // MARK: Names

  /// What methods are called in names, no two alike.
  static func labels(of variants: [MethodVariant]) -> [String] {
    var taken: Set<String> = []
    return variants.map { variant in
      let plain = BIDSName.camelCase(variant.fileLabel)
      var label = plain
      var number = 2
      while !taken.insert(label.lowercased()).inserted {
        label = plain + "v\(number)"
        number += 1
      }
      return label
    }
  }

  // MARK: Locks

  private var locks: String { path(of: ".pellucid") }

  /// Takes the lock of a visit, or of the tables; nil: another run has it.
  func lock(_ name: String, waiting: Bool) throws(PellucidError) -> FileLock? {
    for _ in 0..<20 {
      try Folder.make(locks)
      // A run that has just ended may remove the folder before the lock's file is in it.
      do { return try FileLock(locks + "/" + name + ".lock", waiting: waiting) } catch { continue }
    }
    return try FileLock(locks + "/" + name + ".lock", waiting: waiting)
  }

  /// Removes the folder of locks where nobody holds one.
  func removeLocks() { Folder.removeIfEmpty(locks) }

  // MARK: What stands beside results

  /// Makes the folder, with what says that and what it is.
  /// - Throws: `.output` where it cannot be written.
  func prepare(variants: [MethodVariant], hasFolds: Bool) throws(PellucidError) {
    try Folder.make(path)
    guard let lock = try lock("tables", waiting: true) else { return }
    defer { withExtendedLifetime(lock) {} }
    let description: JSONValue = [
      "Name": "Relevance maps", "BIDSVersion": "1.10.0", "DatasetType": "derivative",
      "GeneratedBy": [["Name": "pellucid", "Version": .string(pellucidVersion)]],
    ]
    try put(description.text(pretty: true) + "\n", as: "dataset_description.json")
    try put(Self.readme(hasFolds: hasFolds), as: "README")
    try put(Self.ignored, as: ".bidsignore")
    try put(try descriptions(of: variants), as: "descriptions.tsv")
  }

  /// Writes a file unless it holds that already.
  private func put(_ text: String, as name: String) throws(PellucidError) {
    if FileContents.bytes(of: path(of: name), isInput: false) == Array(text.utf8) { return }
    try AtomicFile.write(text, to: path(of: name))
  }

  /// What each description in names means; what other runs have entered stays.
  private func descriptions(of variants: [MethodVariant]) throws(PellucidError) -> String {
    var known: [(id: String, text: String)] = []
    let file = path(of: "descriptions.tsv")
    if FileKind.exists(file), let bytes = FileContents.bytes(of: file, isInput: false),
      let table = try? Table(text: String(decoding: bytes, as: UTF8.self), path: file),
      let ids = try? table.texts("desc_id"), let texts = try? table.texts("description")
    {
      known = zip(ids, texts).map { ($0 ?? "", $1 ?? "") }
    }
    for (variant, label) in zip(variants, Self.labels(of: variants)) {
      known.removeAll { $0.id == "desc-" + label }
      known.append(("desc-" + label, "\(variant.name): \(variant.method.summary). \(variant.method.paper)"))
    }
    known.sort { $0.id < $1.id }
    return Table([.text("desc_id", known.map(\.id)), .text("description", known.map(\.text))]).tsv
  }

  /// What the standard does not know yet.
  private static let ignored = """
    *_relevance.*
    *_deviation.nii.gz
    *_regions.tsv
    *_matrix.*
    *_models.tsv
    *_prediction.json
    predictions.tsv
    regions.tsv
    .pellucid/

    """

  private static func readme(hasFolds: Bool) -> String {
    """
    Relevance maps of a network's decisions, made by Pellucid \(pellucidVersion)
    (pellucid cohort). They say which voxels made the network decide as it did;
    they do not say where a disease is.

    participants.tsv   a line a participant: group, fold and what else the table
                       of the study says (values that differ between visits:
                       sub-X/sub-X_sessions.tsv)
    predictions.tsv    a line a scan: status (ok; misregistered: explained, but it
                       does not lie where it says; failed; pending: not done yet)
                       and why, what the network answered (score_ and probability_
                       of each class), how the scan lies on the atlas, and for
                       each method the part of the relevance outside of the head
                       and what is missing from its completeness
    regions.tsv        a line a scan, method and region: volume in mm³, sum and
                       mean of the relevance, its part of the whole (abs_share)
    descriptions.tsv   what desc-… in names stands for

    For each scan, in sub-X[/ses-Y]/anat, with desc- the method and space- the
    grid (none: the scan's own):

    …_relevance.nii.gz  the map: float32, in units of the score
    …_relevance.json    how it was made: digests, model, options, scores
    …_relevance.png     the map on slices of the scan
    …_regions.tsv       all columns of the region table
    …_prediction.json   what was asked and answered; by it a later run knows
                        whether the results still hold
    \(hasFolds
      ? """
      …_deviation.nii.gz  the standard deviation between the models' maps
      …_models.tsv        each model's relevance by region, and how they agree

      """ : "")
    """
  }
}
