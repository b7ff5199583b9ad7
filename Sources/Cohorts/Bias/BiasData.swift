internal import PellucidFaults
internal import PellucidFiles
internal import PellucidResults
internal import PellucidSubjects
internal import PellucidTables
internal import PellucidVolumes

/// Results of many subjects, and what is known of these: what a search for bias looks at.
struct BiasData {
  /// A subject's result by a method.
  struct Result {
    var stored: StoredResult
    /// A number a region, by name.
    var regions: [String: Double] = [:]
    /// The part of Σ|R| that lies in no region.
    var outsideRegions: Double?
    /// The part of Σ|R| in the air around the head.
    var outsideHead: Double?
  }

  /// A scan.
  struct Subject {
    var participant: String
    var session: String?
    /// Results by method.
    var results: [String: Result] = [:]

    var name: String { session.map { participant + "_" + $0 } ?? participant }
  }

  /// The scans, in the order in which they came.
  private(set) var subjects: [Subject] = []
  /// The methods, in the order in which they came.
  private(set) var methods: [String] = []
  /// What files of a method are called after.
  private(set) var labels: [String: String] = [:]
  /// The regions of a method, in the order of its tables.
  private(set) var regions: [String: [String]] = [:]
  /// What was decided.
  private(set) var notes: [Note] = []

  /// Reads the results in folders and the folders below.
  /// - Parameter measure: the column of region tables that is looked at.
  /// - Throws: `.badData` where there are no results, or a region table is damaged.
  init(_ folders: [String], by measure: GroupStudy.Measure) throws(PellucidError) {
    let found = try StoredFolders(folders)
    guard !found.results.isEmpty else { throw .noResults(folders) }
    let answers = Answers(found.predictions)
    var places: [String: Int] = [:]
    var (repeated, left): ([String], Set<String>) = ([], [])
    let names = Self.methodNames(of: found.results)
    for (stored, method) in zip(found.results, names) {
      var subject = Self.subject(of: stored)
      if let status = answers.status(of: subject), status != "ok" {
        left.insert("\(subject.name), \(status)")
        continue
      }
      if places[subject.name] == nil {
        places[subject.name] = subjects.count
        subjects.append(subject)
      }
      let place = places[subject.name] ?? 0
      subject = subjects[place]
      guard subject.results[method.name] == nil else {
        repeated.append("\(method.name) of \(subject.name)")
        continue
      }
      if labels[method.name] == nil {
        labels[method.name] = method.label
        methods.append(method.name)
      }
      var result = Result(stored: stored)
      try read(stored, method.name, measure, into: &result)
      result.outsideHead = answers.outsideHead(of: subject, stored.record.method) ?? Self.outsideHead(of: stored)
      subjects[place].results[method.name] = result
    }
    if let first = left.min() {
      notes.append(
        Note(what: "\(left.count) scans cannot be used (\(first))", how: "they are left out", weight: .told))
    }
    if let first = repeated.first {
      notes.append(
        Note(
          what: "\(repeated.count) results are there twice (\(first))", how: "the first of each counts",
          weight: .warning))
    }
  }

  // MARK: Names

  /// `sub-01`, `ses-2` of results that are called as BIDS has it; else what the scan is called.
  private static func subject(of stored: StoredResult) -> Subject {
    let parts = stored.name.split(separator: "_").map(String.init)
    if stored.name.contains("_desc-"), let first = parts.first, first.hasPrefix("sub-") {
      return Subject(participant: first, session: parts.dropFirst().first { $0.hasPrefix("ses-") })
    }
    return Subject(participant: ScanReference(stored.record.image).stem, session: nil)
  }

  /// What a result's method is called: by its name, or where several variants have that, by what files are called after.
  private static func methodNames(of results: [StoredResult]) -> [(name: String, label: String)] {
    let labels = results.map { stored -> String in
      let parts = stored.name.split(separator: "_")
      if let description = parts.first(where: { $0.hasPrefix("desc-") }) { return String(description.dropFirst(5)) }
      let stem = ScanReference(stored.record.image).stem + "_"
      return stored.name.hasPrefix(stem) ? String(stored.name.dropFirst(stem.count)) : stored.name
    }
    var variants: [String: Set<String>] = [:]
    for (stored, label) in zip(results, labels) { variants[stored.record.method, default: []].insert(label) }
    return zip(results, labels).map { stored, label in
      (variants[stored.record.method]?.count == 1 ? stored.record.method : label, label)
    }
  }

  // MARK: Reading

  private mutating func read(
    _ stored: StoredResult, _ method: String, _ measure: GroupStudy.Measure, into result: inout Result
  ) throws(PellucidError) {
    guard stored.path(of: "regions") != nil else { return }
    let table = try stored.regions()
    let (names, values) = (try table.texts("name"), try table.numbers(measure.rawValue))
    let (indices, shares) = (try table.wholes("index"), try table.numbers("abs_share"))
    var known = Set(regions[method] ?? [])
    for row in 0..<table.rowCount {
      guard let name = names[row] else { continue }
      if name == "outside", indices[row] == nil || indices[row] == 0 {
        result.outsideRegions = shares[row]
        continue
      }
      if known.insert(name).inserted { regions[method, default: []].append(name) }
      if let value = values[row] { result.regions[name] = value }
    }
  }

  /// The part outside of the head, where the scan is still what was explained and the map lies on its grid.
  private static func outsideHead(of stored: StoredResult) -> Double? {
    let path = ScanReference(stored.record.image).paths[0]
    guard case .file = FileKind.at(path), let digest = try? SHA256.hexDigest(ofFile: path),
      stored.record.scan.contains(where: { $0.sha256 == digest }), let scan = try? Volume(contentsOf: path, nan: .zero),
      stored.record.map.shape == scan.shape.extents,
      zip(stored.record.map.affine, scan.affine.elements).allSatisfy({ abs($0 - $1) < 1e-3 }),
      let map = try? stored.volume()
    else { return nil }
    return OutsideOfHead(of: scan).share(of: map)
  }
}

/// What tables of predictions say of each scan.
private struct Answers {
  private var statuses: [String: String] = [:]
  private var outside: [String: [String: Double]] = [:]

  init(_ tables: [Table]) {
    for table in tables {
      guard let ids = try? table.texts("participant_id") else { continue }
      let sessions = (try? table.texts("session_id")) ?? [String?](repeating: nil, count: table.rowCount)
      let status = (try? table.texts("status")) ?? [String?](repeating: nil, count: table.rowCount)
      for row in 0..<table.rowCount {
        guard let id = ids[row], let state = status[row] else { continue }
        statuses[Self.key(id, sessions[row])] = state
      }
      for name in table.names where name.hasPrefix("outside_head_") {
        guard let values = try? table.numbers(name) else { continue }
        for row in 0..<table.rowCount {
          guard let id = ids[row], let value = values[row] else { continue }
          outside[Self.key(id, sessions[row]), default: [:]][String(name.dropFirst("outside_head_".count))] = value
        }
      }
    }
  }

  private static func key(_ participant: String, _ session: String?) -> String { participant + "\t" + (session ?? "") }

  func status(of subject: BiasData.Subject) -> String? { statuses[Self.key(subject.participant, subject.session)] }

  func outsideHead(of subject: BiasData.Subject, _ method: String) -> Double? {
    outside[Self.key(subject.participant, subject.session)]?[method]
  }
}
