public import Faults
internal import Files
internal import Volumes

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
    /// The subject's own label image; nil: the atlas is met in the world.
    public var labels: String?
    /// Names or labels of the truly changed regions.
    public var regions: [String]
    /// Where it is written, for messages: `line 3` of a table; nil in a folder.
    public var line: Int?
  }

  /// The table or folder.
  public let source: String
  /// At least one.
  public let subjects: [Subject]

  /// Reads a table, or pairs the files of a folder.
  ///
  /// A table is tab-separated, with a header: `image` and `truth`, and if wanted `labels`, `regions` (separated by `;`) and `subject`;
  /// other columns are left alone, empty cells and `n/a` are none, and paths are seen from the table's folder. In a folder, every
  /// `STEM_truth.nii.gz` belongs to the one image `STEM.nii.gz` or `STEM_….nii.gz`, and `STEM_labels.nii.gz` is the subject's own label
  /// image.
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
      for file in subject.scan.paths + [subject.truth] + [subject.labels].compactMap({ $0 }) {
        guard case .absent(let why) = FileKind.at(file) else { continue }
        throw .cohortFile(path, line: subject.line, file: file, why: why)
      }
    }
  }

  // MARK: Tables

  private static func rows(of path: String) throws(PellucidError) -> [Subject] {
    guard let data = FileContents.bytes(of: path), !data.contains(0) else {
      throw .cohortUnreadable(path, why: "it is no text")
    }
    let lines = PathBytes.text(data).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    )
    .enumerated().filter { !$0.element.allSatisfy(\.isWhitespace) }
    let header = (lines.first.map { cells(of: $0.element) } ?? []).map { $0.lowercased() }
    guard let image = header.firstIndex(of: "image"), let truth = header.firstIndex(of: "truth") else {
      throw .cohortColumns(path, has: header)
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? ""
    func absolute(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
    var subjects: [Subject] = []
    for (offset, line) in lines.dropFirst() {
      let values = cells(of: line).map { $0 == "n/a" ? "" : $0 }
      func cell(_ column: Int?) -> String? {
        guard let column, column < values.count, !values[column].isEmpty else { return nil }
        return values[column]
      }
      guard let scan = cell(image), let mask = cell(truth) else { throw .cohortCell(path, line: offset + 1) }
      // A name that holds a + is one file if there is such a file.
      let whole = ScanReference(absolute(scan))
      let reference =
        whole.paths.count == 1
        ? whole : ScanReference(scan.split(separator: "+").map { absolute(String($0)) }.joined(separator: "+"))
      subjects.append(
        Subject(
          name: cell(header.firstIndex(of: "subject")) ?? reference.stem, scan: reference, truth: absolute(mask),
          labels: cell(header.firstIndex(of: "labels")).map(absolute),
          regions: (cell(header.firstIndex(of: "regions")) ?? "").split(separator: ";")
            .map { String($0.trimmed) }.filter { !$0.isEmpty }, line: offset + 1))
    }
    guard !subjects.isEmpty else { throw .cohortEmpty(path, why: "no line follows the header") }
    return subjects
  }

  private static func cells(of line: Substring) -> [String] {
    line.drop { $0 == "\u{FEFF}" }.split(separator: "\t", omittingEmptySubsequences: false).map { String($0.trimmed) }
  }

  // MARK: Folders

  private static let endings = [".nii.gz", ".nii", ".img", ".hdr"]

  private static func pairs(in folder: String) throws(PellucidError) -> [Subject] {
    let names = FileContents.names(inFolder: folder) ?? []
    let images = names.compactMap { name -> (stem: String, name: String)? in
      // A pair of files is named by its header alone.
      guard !name.hasPrefix("."), let ending = endings.first(where: { name.lowercased().hasSuffix($0) }),
        !(ending == ".img" && names.contains(String(name.dropLast(4)) + ".hdr"))
      else { return nil }
      return (String(name.dropLast(ending.count)), name)
    }
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    var subjects: [Subject] = []
    for mask in images where mask.stem.hasSuffix("_truth") {
      let stem = String(mask.stem.dropLast("_truth".count))
      let scans = images.filter { image in
        image.stem == stem
          || image.stem.hasPrefix(stem + "_")
            && !["_truth", "_labels"].contains { image.stem.hasSuffix($0) }
      }
      guard scans.count == 1 else { throw .pairing(start + mask.name, stem: stem, scans: scans.map(\.name)) }
      let labels = images.first { $0.stem == stem + "_labels" }
      subjects.append(
        Subject(
          name: stem, scan: ScanReference(start + scans[0].name), truth: start + mask.name,
          labels: labels.map { start + $0.name }, regions: [], line: nil))
    }
    guard !subjects.isEmpty else { throw .cohortEmpty(folder, why: "no file is called STEM_truth.nii.gz") }
    return subjects
  }
}

extension StringProtocol {
  fileprivate var trimmed: SubSequence {
    var part = self[...]
    while let first = part.first, first.isWhitespace { part.removeFirst() }
    while let last = part.last, last.isWhitespace { part.removeLast() }
    return part
  }
}
