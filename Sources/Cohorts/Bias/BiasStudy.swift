public import PellucidFaults
internal import PellucidFiles
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidTables

/// Whether maps of a cohort know what they should not: age, sex, site, scanner.
///
/// Relevance outside of the head and of all regions, regions against covariates, covariates foretold from relevance alone, and clusters of maps that
/// are explained alike.
/// - Source: clusters: Lapuschkin et al. 2019, doi:10.1038/s41467-019-08987-4.
public struct BiasStudy {
  /// How it is done.
  public struct Options: Sendable {
    /// What of a region is looked at.
    public var measure = GroupStudy.Measure.absShare
    /// A table of the subjects; nil: `participants.tsv` of the first folder that has one.
    public var subjects: String?
    /// Its columns; none: all of its covariates.
    public var covariates: [String] = []
    /// Edges of the cells over which maps are averaged before they are clustered, mm.
    public var cell = 8.0
    /// How many clusters; nil: by the eigenvalues' gap.
    public var clusters: Int?
    /// How often covariates are shuffled for the p of what foretells them; 0: there is none.
    public var permutations = 0
    /// Of folds, shuffles and clusters.
    public var seed: UInt64 = 0

    /// The defaults.
    public init() {}
  }

  /// A method's region, or share, and a covariate.
  struct Correlated: Sendable {
    var method, covariate, region: String
    var count: Int
    var r, p, q: Double?
  }

  /// How well a covariate is foretold from a method's regions.
  struct Foretold: Sendable {
    var method, covariate: String
    var isNumber: Bool
    var count, classes, folds: Int
    var value, auc, p: Double?
    var chance: Double
  }

  /// The names under which the shares stand among regions.
  static let outsideHead = "(outside the head)"
  static let outsideRegions = "(outside all regions)"
  /// Folds of what is foretold.
  static let folds = 5

  let options: Options
  let folders: [String]
  let data: BiasData
  let covariates: BiasCovariates
  /// The table in which the subjects stand.
  let table: String
  private(set) var correlations: [Correlated] = []
  private(set) var foretold: [Foretold] = []
  /// Clusters by method; a method whose maps cannot be brought to one grid has none.
  private(set) var clusters: [String: MapClusters] = [:]
  /// What was decided on the way.
  public private(set) var notes: [Note] = []

  /// Looks for what maps know.
  ///
  /// - Parameter folders: of results, with folders below: what `cohort` or `explain` wrote.
  /// - Throws: `.badData` without results or a table of subjects; `.usage` for a covariate that is not there.
  public init(_ folders: [String], _ options: Options) throws(PellucidError) {
    (self.options, self.folders) = (options, folders)
    data = try BiasData(folders, by: options.measure)
    guard data.subjects.count >= 4 else { throw .fewSubjects(folders, data.subjects.count) }
    table = try Self.table(options, folders)
    covariates = try BiasCovariates(table, wanted: options.covariates, of: data.subjects)
    notes = data.notes + covariates.notes
    for method in data.methods {
      correlate(method)
      for covariate in covariates.covariates { foretell(covariate, method) }
      cluster(method)
    }
  }

  private static func table(_ options: Options, _ folders: [String]) throws(PellucidError) -> String {
    if let given = options.subjects { return given }
    for folder in folders {
      let path = DerivativesFolder(folder).path(of: DerivativesFolder.Names.participants)
      if FileKind.exists(path) { return path }
    }
    throw .noSubjectTable(folders)
  }

  /// What the methods found, in a line each.
  public var summary: [String] {
    data.methods.flatMap { method -> [String] in
      let own = correlations.filter { $0.method == method }
      let found = own.filter { ($0.q ?? 1) <= 0.05 }.sorted { ($0.q ?? 1) < ($1.q ?? 1) }
      let named = found.prefix(4).map { "\($0.region) with \($0.covariate)" }.joined(separator: ", ")
      var lines = [
        "\(method): \(found.count) of \(own.count) correlations with a covariate have q ≤ 0.05"
          + (found.isEmpty ? "" : ": " + named + (found.count > 4 ? ", …" : ""))
      ]
      for row in foretold where row.method == method {
        guard let value = row.value else { continue }
        let what = row.isNumber ? "R² of \(row.covariate) foretold" : "\(row.covariate) foretold, balanced accuracy"
        lines.append(
          "  \(what) \(Self.text(value)) (chance \(Self.text(row.chance))\(row.p.map { ", p \(Self.text($0))" } ?? ""))"
        )
      }
      if let own = clusters[method] {
        let sizes = (0..<own.clustering.count).map { cluster in own.clustering.clusters.count { $0 == cluster } }
        lines.append(
          "  \(own.clustering.count == 1 ? "one cluster" : "\(own.clustering.count) clusters") of maps: "
            + sizes.map(String.init).joined(separator: ", ") + " scans")
      }
      return lines
    }
  }

  private static func text(_ value: Double) -> String { NumberText.significant(value, digits: 2) }

  // MARK: Regions against covariates

  /// A method's numbers of all subjects: its regions and the shares that lie in none.
  func measures(_ method: String) -> [(name: String, values: [Double?])] {
    let results = data.subjects.map { $0.results[method] }
    let shares = [
      (Self.outsideHead, results.map { $0?.outsideHead }), (Self.outsideRegions, results.map { $0?.outsideRegions }),
    ].filter { $0.1.contains { $0 != nil } }
    return shares + (data.regions[method] ?? []).map { region in (region, results.map { $0?.regions[region] }) }
  }

  private mutating func correlate(_ method: String) {
    let measures = measures(method)
    for (name, values) in covariates.covariates.flatMap(\.columns) {
      var rows: [Correlated] = []
      for measure in measures {
        let pairs = zip(measure.values, values).compactMap { one, other in one.flatMap { a in other.map { (a, $0) } } }
        let found = Correlation.spearman(pairs.map(\.0), pairs.map(\.1))
        rows.append(
          Correlated(
            method: method, covariate: name, region: measure.name, count: pairs.count, r: found?.r, p: found?.p))
      }
      for (row, q) in zip(rows.indices, FalseDiscovery.adjusted(rows.map(\.p))) { rows[row].q = q }
      correlations += rows
    }
  }

  // MARK: Covariates from relevance alone

  /// By a line through the regions that all have, in five parts of the participants, of which each is foretold by the others.
  private mutating func foretell(_ covariate: BiasCovariates.Covariate, _ method: String) {
    let results = data.subjects.map { $0.results[method] }
    let there = data.subjects.indices.filter { results[$0] != nil && covariate.cells[$0] != nil }
    let regions = (data.regions[method] ?? []).filter { region in
      there.allSatisfy { results[$0]?.regions[region] != nil }
    }
    guard !regions.isEmpty else { return }
    let rows = SymmetricMatrix.Rows(
      there.map { subject in regions.map { Float(results[subject]?.regions[$0] ?? 0) } })
    let words = covariate.words
    let classes = there.map { words.firstIndex(of: covariate.cells[$0] ?? "") ?? 0 }
    let numbers = covariate.numbers.map { values in there.map { values[$0] ?? 0 } }
    let persons = there.map { data.subjects[$0].participant }
    let smallest = words.indices.map { kind in
      Set(zip(persons, classes).filter { $0.1 == kind }.map(\.0)).count
    }.min()
    let count = min(Self.folds, smallest ?? Set(persons).count)
    var row = Foretold(
      method: method, covariate: covariate.name, isNumber: numbers != nil, count: there.count, classes: words.count,
      folds: count, chance: numbers != nil ? 0 : 1 / Double(max(1, words.count)))
    defer { foretold.append(row) }
    guard count > 1 else { return }
    let folds = Self.folds(persons, numbers == nil ? classes : nil, count: count, seed: options.seed)
    func probe(_ order: [Int]) -> LinearProbe.Result? {
      if let numbers { return LinearProbe.numbers(order.map { numbers[$0] }, of: rows, folds: folds) }
      return LinearProbe.classes(order.map { classes[$0] }, of: rows, folds: folds)
    }
    guard let found = probe(Array(there.indices)) else { return }
    (row.value, row.auc) = (found.score, found.auc)
    guard options.permutations > 0 else { return }
    var above = 0
    for number in 0..<options.permutations {
      var random = RandomNumbers(seed: options.seed, stream: UInt64(number) + 1)
      // A shuffle that leaves a fold without a class foretells nothing.
      if let other = probe(random.permutation(there.count)), other.score >= found.score { above += 1 }
    }
    row.p = Double(above + 1) / Double(options.permutations + 1)
  }

  /// A participant's scans are in one fold: maps of one person know each other.
  private static func folds(
    _ persons: [String], _ classes: [Int]?, count: Int, seed: UInt64
  ) -> LinearProbe.Folds {
    var order: [String] = []
    var kinds: [Int] = []
    for (place, person) in persons.enumerated() where !order.contains(person) {
      order.append(person)
      kinds.append(classes?[place] ?? 0)
    }
    let dealt = LinearProbe.Folds(count, classes: kinds, seed: Int(truncatingIfNeeded: seed))
    let places = Dictionary(uniqueKeysWithValues: zip(order, dealt.places))
    return LinearProbe.Folds(places: persons.map { places[$0] ?? 0 })
  }

  // MARK: Clusters

  private mutating func cluster(_ method: String) {
    let stored = data.subjects.indices.compactMap { place -> (subject: Int, result: StoredResult)? in
      guard let result = data.subjects[place].results[method]?.stored, result.path(of: "volume") != nil else {
        return nil
      }
      return (place, result)
    }
    do {
      let found = try MapClusters(
        stored, of: method, cell: options.cell, count: options.clusters, seed: options.seed)
      clusters[method] = found
      if let note = found.grid.note { notes.append(note) }
    } catch {
      notes.append(Note(what: "maps of \(method) are not clustered: \(error.what)", how: error.remedy, weight: .told))
    }
  }
}
