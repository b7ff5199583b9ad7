internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidResults
internal import PellucidSubjects
internal import PellucidTables

/// The tables of all scans, made from what stands in the folder: who writes them last, whichever part it explained, writes all.
struct CohortTables {
  private let study: CohortStudy
  private let folder: DerivativesFolder
  private var visits: [Cohort.Visit] { study.cohort.visits }

  init(_ study: CohortStudy) {
    self.study = study
    folder = study.folder
  }

  /// Writes the tables, all of them or none.
  func write() throws(PellucidError) {
    guard let lock = try folder.lock("tables", waiting: true) else { return }
    defer { withExtendedLifetime(lock) {} }
    var records: [SubjectRecord?] = []
    var isOfOtherModels: [Bool] = []
    for visit in visits {
      let record = SubjectRecord(at: folder.path(of: visit.name.folder) + "/" + SubjectRecord.fileName(of: visit.name))
      // Where another part has still to explain it anew, what a former model said is nobody's answer.
      let models = Set(study.explainers(of: visit).map(\.modelRecord.sha256))
      let isOld = record.map { $0.status != .failed && $0.modelDigests != models } ?? false
      records.append(isOld ? nil : record)
      isOfOtherModels.append(isOld)
    }
    let files = try FileSet(folder: folder.path)
    try files.add(participants.tsv, as: DerivativesFolder.Names.participants)
    try files.add(predictions(records, isOfOtherModels).tsv, as: DerivativesFolder.Names.predictions)
    try files.add(as: DerivativesFolder.Names.regions) { path throws(PellucidError) in
      try writeRegions(records, to: path)
    }
    try files.commit()
    try writeSessions()
  }

  // MARK: Participants

  /// The places of each participant's visits, in the table's order.
  private var visitsByParticipant: [[Int]] {
    var order: [String] = []
    var places: [String: [Int]] = [:]
    for (place, visit) in visits.enumerated() {
      let id = visit.name.participantID
      if places[id] == nil { order.append(id) }
      places[id, default: []].append(place)
    }
    return order.map { places[$0] ?? [] }
  }

  /// What is known of each visit, as text: a column a covariate.
  private var known: [(name: String, cells: [String?])] {
    var columns: [(name: String, cells: [String?])] = []
    if visits.contains(where: { $0.participant != $0.name.participantID && $0.participant != $0.name.subject }) {
      columns.append(("source_id", visits.map(\.participant)))
    }
    if visits.contains(where: { $0.group != nil }) { columns.append(("group", visits.map(\.group))) }
    if visits.contains(where: { $0.fold != nil }) { columns.append(("fold", visits.map(\.fold))) }
    for covariate in study.cohort.covariates {
      switch covariate.values {
      case .numbers(let numbers):
        columns.append((covariate.name, numbers.map { $0.map { NumberText.significant($0, digits: 15) } }))
      case .categories(let words): columns.append((covariate.name, words))
      }
    }
    return columns
  }

  private var participants: Table {
    let groups = visitsByParticipant
    var columns: [Table.Column] = [.text("participant_id", groups.map { visits[$0[0]].name.participantID })]
    for (name, cells) in known {
      // A value that differs between visits is none of the participant's.
      columns.append(
        .text(name, groups.map { places in Set(places.map { cells[$0] }).count == 1 ? cells[places[0]] : nil }))
    }
    return Table(columns)
  }

  /// A table of each participant's visits, where there are several.
  private func writeSessions() throws(PellucidError) {
    let known = known
    for places in visitsByParticipant where places.count > 1 {
      let name = visits[places[0]].name
      var columns: [Table.Column] = [.text("session_id", places.map { visits[$0].name.sessionID })]
      for (column, cells) in known { columns.append(.text(column, places.map { cells[$0] })) }
      let path = folder.path(of: "\(name.participantID)/\(name.participantID)_sessions.tsv")
      let text = Table(columns).tsv
      if FileContents.bytes(of: path, isInput: false) != Array(text.utf8) { try AtomicFile.write(text, to: path) }
    }
  }

  // MARK: Predictions

  private func predictions(_ records: [SubjectRecord?], _ isOfOtherModels: [Bool]) -> Table {
    let classes = records.lazy.compactMap { $0 }.first { !$0.classes.isEmpty }?.classes ?? []
    let haveProbabilities = records.contains { $0?.probabilities != nil }
    func value(_ values: [Float]?, _ record: SubjectRecord?, _ name: String) -> Double? {
      guard let values, let place = record?.classes.firstIndex(of: name), place < values.count else { return nil }
      return Double(values[place])
    }
    var columns: [Table.Column] = [
      .text("participant_id", visits.map(\.name.participantID)), .text("session_id", visits.map(\.name.sessionID)),
      .text("group", visits.map(\.group)), .text("fold", visits.map(\.fold)),
      .text("status", records.map { $0?.status.rawValue ?? "pending" }),
      .text(
        "reason",
        zip(records, isOfOtherModels).map { record, isOld in
          isOld ? "its results are of another model; it is not explained anew yet" : record?.reason
        }),
      .text("predicted", records.map { $0?.predicted }),
    ]
    for name in classes {
      columns.append(.number("score_\(name)", records.map { value($0?.scores, $0, name) }))
    }
    for name in haveProbabilities ? classes : [] {
      columns.append(.number("probability_\(name)", records.map { value($0?.probabilities, $0, name) }))
    }
    columns += [
      .text("models", records.map { $0.flatMap { $0.models.isEmpty ? nil : $0.models.joined(separator: ",") } }),
      .text("regions_from", records.map { $0.map { $0.hasOwnRegions ? "own" : "atlas" } }),
      .number("alignment_overlap", records.map { $0?.alignment?.overlap }),
      .number("alignment_distance_mm", records.map { $0?.alignment?.distanceMm }),
    ]
    for method in methods(records) {
      let results = records.map { record in record?.results.first { $0.method == method } }
      columns.append(.number("outside_head_\(method)", results.map { $0?.outsideHead }))
      if results.contains(where: { $0?.completenessResidual != nil }) {
        columns.append(.number("completeness_residual_\(method)", results.map { $0?.completenessResidual }))
      }
    }
    return Table(columns)
  }

  /// The methods of which there are results, by name.
  private func methods(_ records: [SubjectRecord?]) -> [String] {
    Set(records.flatMap { $0?.results.map(\.method) ?? [] }).sorted()
  }

  // MARK: Regions

  /// The columns of the region tables that are taken over.
  private static let taken = [
    "index", "hemisphere", "voxels", "volume_mm3", "coverage", "sum", "mean", "sd", "abs_sum", "abs_share",
    "positive_sum", "negative_sum", "score_drop",
  ]

  /// Scan by scan, so that no more than one table is in memory.
  private func writeRegions(_ records: [SubjectRecord?], to path: String) throws(PellucidError) {
    let names = ["participant_id", "session_id", "group", "method", "target", "region"] + Self.taken
    try Folder.append(names.joined(separator: "\t") + "\n", to: path)
    for (visit, record) in zip(visits, records) {
      var text = ""
      for result in record?.results ?? [] {
        let start = folder.path(of: visit.name.folder) + "/" + result.start
        guard FileKind.exists(start + "_regions.tsv"),
          let bytes = FileContents.bytes(of: start + "_regions.tsv", isInput: false)
        else { continue }
        let table = try Table(text: String(decoding: bytes, as: UTF8.self), path: start + "_regions.tsv")
        let regions = try table.texts("name")
        func same(_ text: String?) -> [String?] { [String?](repeating: text, count: table.rowCount) }
        var columns: [Table.Column] = [
          .text("participant_id", same(visit.name.participantID)), .text("session_id", same(visit.name.sessionID)),
          .text("group", same(visit.group)), .text("method", same(result.method)), .text("target", same(result.target)),
          .text("region", regions),
        ]
        for name in Self.taken {
          columns.append(.text(name, table.place(of: name) == nil ? same(nil) : try table.texts(name)))
        }
        let lines = Table(columns).tsv
        text += lines[lines.index(after: lines.firstIndex(of: "\n") ?? lines.startIndex)...]
      }
      if !text.isEmpty { try Folder.append(text, to: path) }
    }
  }
}
