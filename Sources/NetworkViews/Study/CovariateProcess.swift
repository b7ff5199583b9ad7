internal import PellucidAttribution
public import PellucidFaults
internal import PellucidNetworks
public import PellucidStatistics
public import PellucidSubjects
internal import PellucidTables
internal import PellucidVolumes

/// What numbers of subjects, such as latent factors, are expected to be at covariates: a Gaussian process each.
///
/// Words become a column a level (0 or 1), without the first. Subjects that lack a covariate are left out.
/// - Source: after Casale et al. 2018, arXiv:1810.11738, with the autoencoder as it was trained.
public struct CovariateProcess: Sendable {
  /// A covariate.
  public struct Column: Sendable {
    /// Its name.
    public let name: String
    /// The levels of words; nil: numbers.
    public let levels: [String]?
    /// Values, or the places of levels, of the subjects that are taken.
    public let values: [Double]
  }

  /// The covariates; the first is the one that is followed.
  public let columns: [Column]
  /// The places of the subjects that are taken.
  public let subjects: [Int]
  /// A process a number; nil where that does not vary.
  public let processes: [GaussianProcess?]
  /// The share of variance that subjects' covariates explain of them when they are left out; nil where there is no process.
  public let explained: [Double?]
  private let constants: [Double]

  /// A point on the way along the first covariate.
  public struct Point: Sendable {
    /// What it is called: a number, or a level.
    public let name: String
    /// The number, or the level's place.
    public let value: Double
    /// Expected numbers.
    public let means: [Double]
    /// The deviations of these expectations.
    public let deviations: [Double]
  }

  /// Fits processes.
  ///
  /// - Parameters:
  ///   - rows: a list of numbers a subject, in the table's order.
  ///   - names: of covariates, `group` among them.
  /// - Throws: `.usage` for a covariate that is not there; `.badData` for fewer than 10 subjects that have all of them, or one that is alike
  ///   for all.
  public init(
    _ rows: [[Double]], of table: SubjectTable, along names: [String]
  ) throws(PellucidError) {
    var cells: [(name: String, levels: [String]?, values: [Double?])] = []
    for name in names {
      let isGroup = name.lowercased() == "group"
      let covariate =
        isGroup
        ? SubjectTable.Covariate(name: "group", cells: table.subjects.map(\.group)) : try table.covariate(name)
      switch covariate.values {
      case .numbers(let numbers): cells.append((covariate.name, nil, numbers))
      case .categories(let words):
        let levels = Set(words.compactMap { $0 }).sorted()
        cells.append(
          (covariate.name, levels, words.map { $0.flatMap { levels.firstIndex(of: $0) }.map(Double.init) }))
      }
    }
    let taken = rows.indices.filter { row in cells.allSatisfy { $0.values[row] != nil } }
    guard taken.count >= 10 else { throw .tooFewWithCovariates(table.source, taken.count) }
    let columns = cells.map { cell in
      Column(name: cell.name, levels: cell.levels, values: taken.map { cell.values[$0] ?? 0 })
    }
    if let flat = columns.first(where: { Set($0.values).count < 2 }) { throw .covariateAlike(table.source, flat.name) }
    (self.columns, subjects) = (columns, taken)
    let design = taken.indices.map { subject in columns.flatMap { $0.coded($0.values[subject]) } }
    constants = columns.map(\.usual)
    processes = (0..<(rows.first?.count ?? 0)).map { k in
      GaussianProcess(design, taken.map { rows[$0][k] })
    }
    explained = processes.enumerated().map { k, process -> Double? in
      guard let process else { return nil }
      let own = taken.map { rows[$0][k] }
      let mean = own.reduce(0, +) / Double(own.count)
      let whole: Double = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let missed: Double = zip(own, process.leftOut).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return 1 - missed / whole
    }
    means = (0..<(rows.first?.count ?? 0)).map { k -> Double in
      let sum: Double = taken.reduce(0) { $0 + rows[$1][k] }
      return sum / Double(taken.count)
    }
  }

  /// The mean of each number over the subjects that are taken.
  public let means: [Double]

  /// Expectations along the first covariate, from its 5th to its 95th percentile or through its levels; the others as they are on average,
  /// or most often.
  public func course(_ count: Int) -> [Point] {
    let first = columns[0]
    let stops: [(String, Double)]
    if let levels = first.levels {
      stops = levels.enumerated().map { ($1, Double($0)) }
    } else {
      let sorted = first.values.sorted()
      let (low, high) = (Self.percentile(sorted, 0.05), Self.percentile(sorted, 0.95))
      stops = (0..<count).map { step in
        let value = count > 1 ? low + (high - low) * Double(step) / Double(count - 1) : (low + high) / 2
        return ("\(value)", value)
      }
    }
    return stops.map { name, value in
      let place = columns.indices.flatMap { columns[$0].coded($0 == 0 ? value : constants[$0]) }
      let found = processes.map { $0?.predicted(at: place) }
      return Point(
        name: name, value: value, means: found.enumerated().map { $1?.mean ?? means[$0] },
        deviations: found.map { $0?.deviation ?? 0 })
    }
  }

  private static func percentile(_ sorted: [Double], _ part: Double) -> Double {
    let place = part * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(sorted.count - 1, low + 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}

extension CovariateProcess.Column {
  /// As columns of numbers.
  fileprivate func coded(_ value: Double) -> [Double] {
    guard let levels else { return [value] }
    return levels.indices.dropFirst().map { Double($0) == value ? 1 : 0 }
  }

  /// The mean, or the level that is there most often.
  fileprivate var usual: Double {
    guard let levels else { return values.reduce(0, +) / Double(values.count) }
    return Double(
      levels.indices.max { a, b in
        values.count { $0 == Double(a) } < values.count { $0 == Double(b) }
      } ?? 0)
  }
}

extension PellucidError {
  static func tooFewWithCovariates(_ path: String, _ count: Int) -> Self {
    .init(
      .badData, at: .init(file: path),
      what: "\(count) subject\(count == 1 ? " has" : "s have") all covariates, and at least 10 are needed",
      remedy: "fill in the table, or name fewer covariates")
  }

  static func covariateAlike(_ path: String, _ name: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the covariate \(name) is the same for all subjects",
      remedy: "name another one")
  }
}
