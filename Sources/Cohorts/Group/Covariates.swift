internal import PellucidFaults
internal import PellucidFiles
internal import PellucidStatistics
internal import PellucidTables

/// Covariates of a cohort's participants as columns of a linear model.
///
/// A column of words is made of ones and zeros, a column for each word but the first; what is missing takes its subject out.
struct Covariates {
  /// Names of the model's columns.
  private(set) var names: [String] = []
  /// A value a visit; nil where it is missing.
  private(set) var columns: [[Double?]] = []
  /// What was decided.
  private(set) var notes: [Note] = []

  /// No covariates.
  init() {}

  /// Reads `participants.tsv`, and where visits differ `sub-X/sub-X_sessions.tsv`.
  /// - Throws: `.badData` for a missing table, and a cell that is a word among numbers, naming participant and column; `.usage` for a
  ///   name that is no column.
  init(_ wanted: [String], of visits: [GroupData.Visit], in folder: DerivativesFolder) throws(PellucidError) {
    guard !wanted.isEmpty else { return }
    let path = folder.path(of: DerivativesFolder.Names.participants)
    let table = try Table(contentsOf: path, form: .foreign)
    guard let key = table.names.first(where: { ["participant_id", "subject"].contains($0.lowercased()) }) else {
      throw .columnMissing(path, "participant_id", has: table.names)
    }
    var rows: [String: Int] = [:]
    for (row, id) in try table.texts(key).enumerated() {
      if let id { rows[BIDSName.label(id, without: "sub-")] = row }
    }
    for name in wanted {
      guard let column = table.names.first(where: { $0.lowercased() == name.lowercased() }) else {
        throw .noCovariate(name, path, has: table.names.filter { $0 != key })
      }
      let cells = try table.texts(column)
      var words: [String?] = []
      for visit in visits {
        let row = rows[BIDSName.label(visit.participant, without: "sub-")]
        var word = row.flatMap { cells[$0] }
        if word == nil { word = try Self.ofSession(visit, column, folder) }
        words.append(word)
      }
      try add(column, words, visits, path)
    }
  }

  private static func ofSession(
    _ visit: GroupData.Visit, _ column: String, _ folder: DerivativesFolder
  ) throws(PellucidError) -> String? {
    let path = folder.path(of: "\(visit.participant)/\(visit.participant)_sessions.tsv")
    guard let session = visit.session, FileKind.exists(path) else { return nil }
    let table = try Table(contentsOf: path, form: .foreign)
    guard table.place(of: column) != nil, let row = try table.texts("session_id").firstIndex(of: session) else {
      return nil
    }
    return try table.texts(column)[row]
  }

  private mutating func add(
    _ name: String, _ words: [String?], _ visits: [GroupData.Visit], _ path: String
  ) throws(PellucidError) {
    let cells = words.map { word in
      word.flatMap { ["na", "nan", "n/a"].contains($0.lowercased()) ? nil : $0 }
    }
    let numbers = cells.map { $0.flatMap { Double($0) } }
    if numbers.contains(where: { $0 != nil }) {
      if let place = cells.indices.first(where: { cells[$0] != nil && numbers[$0] == nil }) {
        throw .wordAmongNumbers(path, visits[place].participant, column: name, cell: cells[place] ?? "")
      }
      names.append(name)
      columns.append(numbers)
      return
    }
    let levels = Set(cells.compactMap { $0 }).sorted()
    guard let base = levels.first else { throw .emptyCovariate(path, name) }
    for level in levels.dropFirst() {
      names.append("\(name)=\(level)")
      columns.append(cells.map { $0.map { $0 == level ? 1 : 0 } })
    }
    if levels.count == 1 {
      names.append(name)
      columns.append(cells.map { $0.map { _ in 0 } })
    }
    notes.append(
      Note(
        what: "the covariate \(name) holds words",
        how: "\(levels.dropFirst().joined(separator: ", ")) \(levels.count > 2 ? "are" : "is") compared with \(base)",
        weight: .record))
  }

  /// Whether a visit has all of them.
  func areKnown(_ visit: Int) -> Bool { columns.allSatisfy { $0[visit] != nil } }

  /// The columns for some visits, which have all of them.
  func columns(of visits: [Int]) -> [[Double]] { columns.map { column in visits.map { column[$0] ?? 0 } } }

  /// Refuses columns that say nothing, or what others say.
  /// - Parameter isA: who is of the first group; its column is the last.
  func check(_ visits: [Int], isA: [Bool]?, in folder: DerivativesFolder) throws(PellucidError) {
    guard !columns.isEmpty else { return }
    let path = folder.path(of: DerivativesFolder.Names.participants)
    let own = columns(of: visits)
    for (name, column) in zip(names, own) where Set(column).count < 2 { throw .constantCovariate(path, name) }
    let constant = [Double](repeating: 1, count: visits.count)
    let centred = own.map { column in column.map { $0 - (Sample(column).mean ?? 0) } }
    let all = [constant] + centred + (isA.map { [$0.map { $0 ? 1 : 0 }] } ?? [])
    guard all.count < visits.count else {
      throw .tooManyCovariates(path, columns: all.count, subjects: visits.count)
    }
    if let place = LinearModel.dependentColumn(all) {
      throw .collinear(path, place <= names.count ? names[place - 1] : "the group", among: names)
    }
  }
}
