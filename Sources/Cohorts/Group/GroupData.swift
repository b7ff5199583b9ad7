internal import PellucidFaults
internal import PellucidFiles
internal import PellucidResults
internal import PellucidTables

/// What a cohort's folder holds for statistics: its tables, read.
struct GroupData {
  /// A scan.
  struct Visit {
    var participant: String
    var session: String?
    var group: String?
    var predicted: String?
    /// Whether its regions are those of its own segmentation.
    var hasOwnRegions = false
    /// The probability, or else the score, of each class.
    var answers: [String: Double] = [:]

    /// As results are named.
    var name: String { session.map { participant + "_" + $0 } ?? participant }
  }

  /// A number of a visit, method and region.
  struct Cell {
    var visit: Int
    var value: Double
    var positive: Double?
    var volume: Double?
  }

  /// The folder.
  let folder: DerivativesFolder
  /// The scans that can be used.
  private(set) var visits: [Visit] = []
  /// Scans that are left out, and why.
  private(set) var leftOut: [(name: String, why: String)] = []
  /// The methods, in the order of the table.
  private(set) var methods: [String] = []
  /// The regions of a method, in the order of the table.
  private(set) var regions: [String: [String]] = [:]
  /// What the regions' hemispheres are.
  private(set) var hemispheres: [String: String] = [:]
  private var cells: [String: [String: [Cell]]] = [:]
  private var places: [String: Int] = [:]

  /// Reads a folder's tables.
  /// - Parameter measure: the column of `regions.tsv` that is compared.
  /// - Throws: `.badData` where a table is missing or lacks a column.
  init(_ folder: DerivativesFolder, by measure: GroupStudy.Measure) throws(PellucidError) {
    self.folder = folder
    let path = folder.path(of: DerivativesFolder.Names.regions)
    guard FileKind.exists(path) else { throw .noRegionTable(folder.path) }
    try readPredictions()
    try readRegions(try Table(contentsOf: path), path, measure)
    try checkModels()
  }

  /// The values of a method's region.
  func values(_ method: String, _ region: String) -> [Cell] { cells[method]?[region] ?? [] }

  private static func key(_ participant: String, _ session: String?) -> String { participant + "\t" + (session ?? "") }

  // MARK: Reading

  /// Who is there, and what the network answered; without that table, who is in `regions.tsv`.
  private mutating func readPredictions() throws(PellucidError) {
    let path = folder.path(of: DerivativesFolder.Names.predictions)
    guard FileKind.exists(path) else { return }
    let table = try Table(contentsOf: path)
    func texts(_ name: String) throws(PellucidError) -> [String?] {
      table.place(of: name) == nil ? [String?](repeating: nil, count: table.rowCount) : try table.texts(name)
    }
    let (ids, sessions, groups) = (try texts("participant_id"), try texts("session_id"), try texts("group"))
    let (status, reasons, predicted) = (try texts("status"), try texts("reason"), try texts("predicted"))
    let own = try texts("regions_from")
    var answers: [(name: String, values: [Double?])] = []
    for prefix in ["score_", "probability_"] {
      for name in table.names where name.hasPrefix(prefix) {
        answers.append((String(name.dropFirst(prefix.count)), try table.numbers(name)))
      }
    }
    for row in 0..<table.rowCount {
      guard let id = ids[row] else { continue }
      var visit = Visit(
        participant: id, session: sessions[row], group: groups[row], predicted: predicted[row],
        hasOwnRegions: own[row] == "own")
      guard status[row] == nil || status[row] == "ok" else {
        leftOut.append((visit.name, [status[row], reasons[row]].compactMap { $0 }.joined(separator: ": ")))
        places[Self.key(id, sessions[row])] = -1
        continue
      }
      for (name, values) in answers { if let value = values[row] { visit.answers[name] = value } }
      add(visit)
    }
  }

  private mutating func add(_ visit: Visit) {
    places[Self.key(visit.participant, visit.session)] = visits.count
    visits.append(visit)
  }

  private mutating func readRegions(
    _ table: Table, _ path: String, _ measure: GroupStudy.Measure
  ) throws(PellucidError) {
    for name in ["participant_id", "method", "region", measure.rawValue] where table.place(of: name) == nil {
      throw .columnMissing(path, name, has: table.names)
    }
    func texts(_ name: String) throws(PellucidError) -> [String?] {
      table.place(of: name) == nil ? [String?](repeating: nil, count: table.rowCount) : try table.texts(name)
    }
    func numbers(_ name: String) throws(PellucidError) -> [Double?] {
      table.place(of: name) == nil ? [Double?](repeating: nil, count: table.rowCount) : try table.numbers(name)
    }
    let (ids, sessions, groups) = (try texts("participant_id"), try texts("session_id"), try texts("group"))
    let (methods, regions, hemispheres) = (try texts("method"), try texts("region"), try texts("hemisphere"))
    let (values, positive) = (try numbers(measure.rawValue), try numbers("positive_sum"))
    let volumes = try numbers("volume_mm3")
    for row in 0..<table.rowCount {
      // What lies outside of all regions is none of them.
      guard let id = ids[row], let method = methods[row], let region = regions[row], region != "outside" else {
        continue
      }
      let key = Self.key(id, sessions[row])
      if places[key] == nil { add(Visit(participant: id, session: sessions[row], group: groups[row])) }
      guard let place = places[key], place >= 0 else { continue }
      if visits[place].group == nil { visits[place].group = groups[row] }
      if cells[method] == nil { self.methods.append(method) }
      if cells[method]?[region] == nil { self.regions[method, default: []].append(region) }
      self.hemispheres[region] = hemispheres[row]
      if let value = values[row] {
        cells[method, default: [:]][region, default: []].append(
          Cell(visit: place, value: value, positive: positive[row], volume: volumes[row]))
      } else if cells[method]?[region] == nil {
        cells[method, default: [:]][region] = []
      }
    }
    guard !self.methods.isEmpty else { throw .noRegionTable(folder.path) }
  }

  /// Results of other models than the first's say nothing together with them.
  private func checkModels() throws(PellucidError) {
    var first: (name: String, models: Set<String>)?
    for visit in visits {
      guard let name = BIDSName(participant: visit.participant, session: visit.session),
        let record = SubjectRecord(at: folder.path(of: name.folder) + "/" + SubjectRecord.fileName(of: name))
      else { continue }
      let models = record.modelDigests
      guard record.hasAllModels else { continue }
      if let first, first.models != models { throw .otherModel(folder.path, visit.name, than: first.name) }
      first = first ?? (visit.name, models)
    }
  }
}

extension SubjectRecord {
  /// The SHA-256 of the models that were asked.
  var modelDigests: Set<String> {
    guard case .array(let models)? = request["models"] else { return [] }
    var digests: Set<String> = []
    for model in models { if case .string(let digest)? = model["sha256"] { digests.insert(digest) } }
    return digests
  }

  /// Whether it was explained by all models of the study, not by that of its fold.
  fileprivate var hasAllModels: Bool { request["fold"] == nil }
}
