public import PellucidFaults
internal import PellucidFiles
internal import PellucidTables
public import PellucidVolumes

/// The people of a study, as a table names them: scans, groups, folds, atlases, and what else is known of them.
///
/// A line a participant, or a visit; tab-separated with a header (comma-separated where the header has no tab), as BIDS has it:
/// `participant_id` (or `subject`), `session_id`, `image` (several joined with `+`), `group`, `fold`, `atlas`, `labels`, `truth`,
/// `original` and `regions` (separated by `;`), of which any may be absent; every other column is a covariate. Empty cells and `n/a` are missing, names
/// of columns may be written in any case, and paths are seen from the table's folder.
public struct SubjectTable: Sendable {
  /// A line.
  public struct Subject: Sendable {
    /// Who it is: `participant_id`, else what the scan's file is called.
    public var participant: String
    /// Which visit; nil: there is one.
    public var session: String?
    /// The scan; nil where the table names none.
    public var scan: ScanReference?
    /// The group, such as `CN`.
    public var group: String?
    /// The part of a cross-validation that it was tested in.
    public var fold: String?
    /// An atlas's name, or the path of a label image.
    public var atlas: String?
    /// The path of its own label image.
    public var labels: String?
    /// The path of the mask of what was changed.
    public var truth: String?
    /// The scan before it was changed.
    public var original: ScanReference?
    /// Names or labels of regions.
    public var regions: [String]
    /// The line of the table, from 1.
    public var line: Int

    /// Participant and session, as results are named: `sub-01`, `sub-01_ses-2`.
    public var name: String { session.map { participant + "_" + $0 } ?? participant }
  }

  /// What is known of every subject beside its files.
  public struct Covariate: Sendable, Hashable {
    /// A value of each subject.
    public enum Values: Sendable, Hashable {
      /// Every cell that is there is a number.
      case numbers([Double?])
      /// Words, such as `F` and `M`.
      case categories([String?])
    }

    /// The column's name as it is written.
    public let name: String
    /// The values, in the order of subjects.
    public let values: Values

    /// A column as it is written: numbers where every cell that is there is one.
    package init(name: String, cells: [String?]) {
      self.name = name
      values = Values(cells)
    }
  }

  /// The table's path.
  public let source: String
  /// The names of its columns, in small letters.
  public let columns: [String]
  /// At least one.
  public let subjects: [Subject]
  /// The further columns, in their order.
  public let covariates: [Covariate]

  /// The columns that are no covariates.
  package static let known = [
    "participant_id", "subject", "session_id", "image", "group", "fold", "atlas", "labels", "truth", "original",
    "regions",
  ]

  /// Reads a table of subjects.
  ///
  /// - Parameter required: columns that must be there; that each line fills them is the caller's to check.
  /// - Throws: `.badData` for what is no table, lacks a column, names a column or a subject and session twice, or has a line that names
  ///   neither a participant nor an image.
  public init(contentsOf path: String, required: [String] = []) throws(PellucidError) {
    source = path
    let table: Table
    do {
      table = try Table(contentsOf: path, form: .foreign)
    } catch {
      throw .subjectsUnreadable(path, why: error.why, columns: required)
    }
    let columns = table.names.map { $0.lowercased() }
    self.columns = columns
    let unnamed = ["participant_id", "subject", "image"].allSatisfy { !columns.contains($0) }
    guard required.allSatisfy(columns.contains), !unnamed else {
      throw .subjectColumns(path, wanted: required.isEmpty ? ["participant_id"] : required, has: columns)
    }
    if let twice = Self.firstTwice(columns.filter { !$0.isEmpty }) { throw .columnTwice(path, twice) }
    guard table.rowCount > 0 else { throw .noSubjects(path) }
    subjects = try Self.subjects(of: table, columns, in: path)
    covariates = try Self.covariates(of: table, columns)
    var seen: [String: Int] = [:]
    for subject in subjects {
      if let before = seen.updateValue(subject.line, forKey: subject.participant + "\t" + (subject.session ?? "")) {
        throw .subjectTwice(path, subject.participant, session: subject.session, line: subject.line, before: before)
      }
    }
  }

  /// What the further columns say of each subject, by their names in small letters; what is missing is left out.
  public func cells() -> [[String: String]] {
    subjects.indices.map { row in
      var cells: [String: String] = [:]
      for covariate in covariates {
        switch covariate.values {
        case .numbers(let numbers): cells[covariate.name.lowercased()] = numbers[row].map { "\($0)" }
        case .categories(let words): cells[covariate.name.lowercased()] = words[row]
        }
      }
      return cells
    }
  }

  /// The covariate of a name.
  /// - Throws: `.usage` with near misses.
  public func covariate(_ name: String) throws(PellucidError) -> Covariate {
    guard let found = covariates.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw .noCovariate(name, source, has: covariates.map(\.name))
    }
    return found
  }

  private static func firstTwice(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  private static func subjects(
    of table: Table, _ columns: [String], in path: String
  ) throws(PellucidError) -> [Subject] {
    var cells: [String: [String?]] = [:]
    for (name, column) in zip(table.names, columns) where known.contains(column) {
      cells[column] = try table.texts(name)
    }
    let folder = Folder(ofTable: path)
    var subjects: [Subject] = []
    for row in 0..<table.rowCount {
      func cell(_ column: String) -> String? { cells[column]?[row] }
      let line = table.line(ofRow: row) ?? row + 2
      let scan = cell("image").map(folder.scan)
      guard let participant = cell("participant_id") ?? cell("subject") ?? scan?.stem else {
        throw .subjectUnnamed(path, line: line)
      }
      subjects.append(
        Subject(
          participant: participant, session: cell("session_id"), scan: scan, group: cell("group"), fold: cell("fold"),
          atlas: cell("atlas").map(folder.atlas), labels: cell("labels").map(folder.path),
          truth: cell("truth").map(folder.path), original: cell("original").map(folder.scan),
          regions: (cell("regions") ?? "").split(separator: ";").map(String.init).compactMap(\.trimmed), line: line))
    }
    return subjects
  }

  private static func covariates(of table: Table, _ columns: [String]) throws(PellucidError) -> [Covariate] {
    var covariates: [Covariate] = []
    for (name, column) in zip(table.names, columns) where !known.contains(column) && !name.isEmpty {
      let cells = try table.texts(name)
      covariates.append(Covariate(name: name, cells: cells))
    }
    return covariates
  }
}

extension SubjectTable.Covariate.Values {
  /// Numbers where every cell that is there is one; R's `NA` and pandas' `nan` among numbers are missing.
  init(_ cells: [String?]) {
    let numbers = cells.map { $0.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }
    let isNumeric = zip(cells, numbers).allSatisfy { cell, number in
      number != nil || cell == nil || ["na", "nan"].contains(cell?.lowercased())
    }
    self = isNumeric && numbers.contains { $0 != nil } ? .numbers(numbers) : .categories(cells)
  }
}

/// Where a table lies, from which its paths are seen.
private struct Folder {
  let prefix: String

  init(ofTable path: String) {
    prefix = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  func path(_ name: String) -> String { name.hasPrefix("/") ? name : prefix + name }

  /// A name that holds a + is one file if there is such a file.
  func scan(_ text: String) -> ScanReference {
    let whole = ScanReference(path(text))
    guard whole.paths.count > 1 else { return whole }
    return ScanReference(text.split(separator: "+").map { path(String($0)) }.joined(separator: "+"))
  }

  /// A label image's path; what is neither a path nor a file beside the table is an atlas's name.
  func atlas(_ text: String) -> String {
    if text.contains("/") { return path(text) }
    if case .file = FileKind.at(path(text)) { return path(text) }
    return text
  }
}

extension String {
  fileprivate var trimmed: String? {
    let start = drop(while: \.isWhitespace)
    return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) }
  }
}
