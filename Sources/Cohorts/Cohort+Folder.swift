public import PellucidFaults
internal import PellucidFiles
internal import PellucidSubjects
internal import PellucidTables
internal import PellucidVolumes

extension Cohort {
  /// Where a data set's scans are, and which of them count.
  public struct Source: Sendable {
    /// Paths below the folder, such as `{participant_id}/{session_id}/t1_linear/*_T1w.nii.gz`; nil: as BIDS has scans,
    /// `sub-X/[ses-Y/]anat/*_SUFFIX.nii[.gz]`.
    public var pattern: String?
    /// Entities and their labels that a scan's name must have, such as `space` and `MNI152NLin2009cAsym`; the key `suffix` is the name's
    /// last word [T1w].
    ///
    /// Of several labels of one key any will do; an empty one is that of names without the entity.
    public var entities: [(key: String, label: String)] = []

    /// Scans as BIDS has them.
    public init() {}
  }

  /// Reads a study's table, or a folder of scans with its `participants.tsv`.
  /// - Throws: `.badData` for what is neither, where no scan fits, and where a visit has several.
  public init(at path: String, source: Source = Source()) throws(PellucidError) {
    switch FileKind.at(path) {
    case .folder: try self.init(folder: path, source)
    case .file, .other:
      if source.pattern != nil || !source.entities.isEmpty { throw .filtersOfTable(path) }
      try self.init(table: path)
    case .absent(let why): throw .studyUnreadable(path, why: why)
    }
  }

  private init(folder path: String, _ source: Source) throws(PellucidError) {
    let folder = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    var (visits, leftOut) = Self.visits(in: folder, source)
    guard !visits.isEmpty else { throw .noScans(path, pattern: source.pattern, entities: source.entities) }
    var seen: [String: Visit] = [:]
    for visit in visits {
      if let other = seen.updateValue(visit, forKey: visit.name.stem) {
        throw .severalScans(path, visit.name.stem, other.scan?.text ?? "", visit.scan?.text ?? "")
      }
    }
    let file = folder + "/" + DerivativesFolder.Names.participants
    var covariates: [SubjectTable.Covariate] = []
    var notes: [Note] = []
    if FileKind.exists(file) {
      let known = try ParticipantCells(file)
      notes = known.enter(in: &visits)
      covariates = known.covariates(of: visits)
      leftOut.formUnion(known.subjects)
    }
    leftOut.subtract(visits.map(\.name.subject))
    if !leftOut.isEmpty {
      let some = leftOut.sorted().prefix(5).map { "sub-" + $0 }.joined(separator: ", ")
      notes.append(
        Note(
          what: "no scan of \(some)\(leftOut.count > 5 ? " and \(leftOut.count - 5) more" : "") is taken",
          how: source.entities.isEmpty
            ? "participants.tsv knows them, but no file is named as asked for" : "`filter` leaves them none",
          weight: .told))
    }
    try self.init(source: path, visits: visits, covariates: covariates, notes: notes)
  }

  /// The visits with a scan that fits, and subjects of whom files fit but for their entities.
  private static func visits(in folder: String, _ source: Source) -> ([Visit], leftOut: Set<String>) {
    let suffix = source.entities.first { $0.key == "suffix" }?.label ?? "T1w"
    let patterns =
      source.pattern.map { [$0] }
      ?? ["sub-*/anat/*_\(suffix).nii*", "sub-*/ses-*/anat/*_\(suffix).nii*"].map {
        $0.replacing("sub-*", with: "{participant_id}").replacing("ses-*", with: "{session_id}")
      }
    var visits: [Visit] = []
    var leftOut: Set<String> = []
    for match in patterns.flatMap({ PathPattern($0).matches(in: folder) }) {
      let file = String(match.path.split(separator: "/").last ?? "")
      guard ImageName.ending(of: file) != nil else { continue }
      if source.pattern == nil, match.participant?.hasPrefix("sub-") != true { continue }
      let participant = match.participant ?? entity("sub", of: file).map { "sub-" + $0 } ?? ImageName.stem(of: file)
      let session = match.session ?? (source.pattern == nil ? nil : entity("ses", of: file).map { "ses-" + $0 })
      guard let name = BIDSName(participant: participant, session: session) else { continue }
      guard fits(file, source.entities.filter { $0.key != "suffix" }) else {
        leftOut.insert(name.subject)
        continue
      }
      visits.append(
        Visit(
          name: name, participant: participant, session: session, scan: ScanReference(folder + "/" + match.path)))
    }
    return (visits.sorted { $0.name.stem < $1.name.stem }, leftOut)
  }

  /// The label of an entity in a file's name; nil where it has none.
  private static func entity(_ key: String, of file: String) -> String? {
    let stem = ImageName.stem(of: file)
    for part in stem.split(separator: "_") where part.hasPrefix(key + "-") {
      return String(part.dropFirst(key.count + 1))
    }
    return nil
  }

  private static func fits(_ file: String, _ entities: [(key: String, label: String)]) -> Bool {
    Set(entities.map(\.key)).allSatisfy { key in
      entities.contains { $0.key == key && (entity(key, of: file) ?? "") == $0.label }
    }
  }
}

/// The cells of a data set's `participants.tsv`.
private struct ParticipantCells {
  private let columns: [(name: String, cells: [String?])]
  private var rows: [String: Int] = [:]

  /// Who is in it, without `sub-`.
  var subjects: Set<String> { Set(rows.keys) }

  init(_ path: String) throws(PellucidError) {
    let table = try Table(contentsOf: path, form: .foreign)
    guard let key = table.names.first(where: { $0.lowercased() == "participant_id" }) else {
      throw .columnMissing(path, "participant_id", has: table.names)
    }
    for (row, id) in try table.texts(key).enumerated() {
      if let id { rows[BIDSName.label(id, without: "sub-")] = row }
    }
    var columns: [(name: String, cells: [String?])] = []
    for name in table.names where name != key && !name.isEmpty { columns.append((name, try table.texts(name))) }
    self.columns = columns
  }

  private func cell(_ cells: [String?], _ visit: Cohort.Visit) -> String? {
    rows[visit.name.subject].flatMap { cells[$0] }
  }

  /// Fills in groups and folds; a column `diagnosis` or `dx` is the group where none is called so.
  func enter(in visits: inout [Cohort.Visit]) -> [Note] {
    let group = ["group", "diagnosis", "dx"].lazy.compactMap { name in
      columns.first { $0.name.lowercased() == name }
    }.first
    let fold = columns.first { $0.name.lowercased() == "fold" }
    for place in visits.indices {
      visits[place].group = group.flatMap { cell($0.cells, visits[place]) }
      visits[place].fold = fold.flatMap { cell($0.cells, visits[place]) }
    }
    guard let group, group.name.lowercased() != "group" else { return [] }
    return [Note(what: "there is no column group", how: "\(group.name) is taken as the group", weight: .told)]
  }

  func covariates(of visits: [Cohort.Visit]) -> [SubjectTable.Covariate] {
    columns.filter { !SubjectTable.known.contains($0.name.lowercased()) }.map { name, cells in
      SubjectTable.Covariate(name: name, cells: visits.map { cell(cells, $0) })
    }
  }
}
