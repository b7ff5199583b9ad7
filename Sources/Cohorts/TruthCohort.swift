internal import FoundationEssentials
public import PellucidFaults
internal import PellucidFiles
internal import PellucidSubjects
public import PellucidVolumes

/// Scans of which it is known what was changed in them, as a table or a folder names them.
public struct TruthCohort: Sendable {
  /// A scan and its truth.
  public struct Subject: Sendable {
    /// What results are named after.
    public var name: String
    /// The scan.
    public var scan: ScanReference
    /// The mask: above 0.5 where something was changed.
    public var truth: String
    /// The scan before it was changed; nil: it is not known.
    public var original: ScanReference?
    /// The subject's own label image; nil: the atlas is met in the world.
    public var labels: String?
    /// Names or labels of the truly changed regions.
    public var regions: [String]
    /// The atlas that has these, where a record of `plant` names them; nil: whichever is used.
    public var regionsOf: String?
    /// Where it is written, for messages: `line 3` of a table; nil in a folder.
    public var line: Int?
  }

  /// The table or folder.
  public let source: String
  /// At least one.
  public let subjects: [Subject]

  /// Reads a table, or pairs the files of a folder.
  ///
  /// A table is a ``SubjectTable`` with the columns `image` and `truth`, and if wanted `original`, `labels`, `regions` and
  /// `participant_id` (or `subject`); covariates are left alone. In a folder, every `STEM_truth.nii.gz` belongs to the one image
  /// `STEM.nii.gz` or `STEM_….nii.gz`; `STEM_original.nii.gz` is the scan before it was changed, else that which `STEM_planted.json` names
  /// by path and SHA-256; `STEM_labels.nii.gz` is the subject's own label image.
  /// - Throws: `.badData` for a table without these columns, a file that is not there, a mask without its scan.
  public init(contentsOf path: String) throws(PellucidError) {
    source = path
    switch FileKind.at(path) {
    case .absent(let why): throw .cohortUnreadable(path, why: why)
    case .folder: subjects = try Self.pairs(in: path)
    case .file, .other: subjects = try Self.rows(of: path)
    }
    var seen: [String: Subject] = [:]
    for subject in subjects {
      if seen.updateValue(subject, forKey: subject.name) != nil {
        throw .subjectTwice(path, subject.name, line: subject.line)
      }
      for file in subject.files {
        guard case .absent(let why) = FileKind.at(file) else { continue }
        throw .cohortFile(path, line: subject.line, file: file, why: why)
      }
    }
  }

  // MARK: Tables

  private static func rows(of path: String) throws(PellucidError) -> [Subject] {
    var subjects: [Subject] = []
    for subject in try SubjectTable(contentsOf: path, required: ["image", "truth"]).subjects {
      guard let scan = subject.scan, let truth = subject.truth else { throw .cohortCell(path, line: subject.line) }
      subjects.append(
        Subject(
          name: subject.name, scan: scan, truth: truth, original: subject.original, labels: subject.labels,
          regions: subject.regions, line: subject.line))
    }
    return subjects
  }

  // MARK: Folders

  private static func pairs(in folder: String) throws(PellucidError) -> [Subject] {
    let names = FileContents.names(inFolder: folder) ?? []
    let images = ImageName.images(among: names).map { (stem: ImageName.stem(of: $0), name: $0) }
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    var subjects: [Subject] = []
    for mask in images where mask.stem.hasSuffix("_truth") {
      let stem = String(mask.stem.dropLast("_truth".count))
      let scans = images.filter { image in
        image.stem == stem
          || image.stem.hasPrefix(stem + "_")
            && !["_truth", "_labels", "_displacement", "_original"].contains { image.stem.hasSuffix($0) }
      }
      guard scans.count == 1 else { throw .pairing(start + mask.name, stem: stem, scans: scans.map(\.name)) }
      let labels = images.first { $0.stem == stem + "_labels" }
      let original = images.first { $0.stem == stem + "_original" }.map { start + $0.name }
      let planted = Self.planted(start + stem + "_planted.json")
      subjects.append(
        Subject(
          name: stem, scan: ScanReference(start + scans[0].name), truth: start + mask.name,
          original: (original ?? planted?.original).map(ScanReference.init), labels: labels.map { start + $0.name },
          regions: planted?.regions ?? [], regionsOf: planted?.atlas, line: nil))
    }
    guard !subjects.isEmpty else { throw .cohortEmpty(folder, why: "no file is called STEM_truth.nii.gz") }
    return subjects
  }

  /// What a record of `plant` says: the scan, if it is still there and still the same, and the regions that shrank.
  private static func planted(_ record: String) -> Planted? {
    guard let bytes = FileContents.bytes(of: record, isInput: false) else { return nil }
    return try? JSONDecoder().decode(Planted.self, from: Data(bytes))
  }

  private struct Planted: Decodable {
    var image, imageDigest: String
    var regions: [String]?
    var atlas: String?

    var original: String? { (try? SHA256.hexDigest(ofFile: image)) == imageDigest ? image : nil }

    enum CodingKeys: String, CodingKey {
      case image, regions, atlas
      case imageDigest = "image_sha256"
    }
  }
}

extension TruthCohort.Subject {
  /// Every file that is named.
  fileprivate var files: [String] { scan.paths + [truth] + (original?.paths ?? []) + [labels].compactMap { $0 } }
}
