public import PellucidFaults
public import PellucidStatistics
internal import PellucidTables

/// Groups of a cohort compared, region by region.
public struct GroupStudy: Sendable {
  /// What of a region is compared: a column of `regions.tsv`.
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    /// ΣR.
    case sum
    /// ΣR / voxels.
    case mean
    /// The region's part of Σ|R|.
    case absShare = "abs_share"
    /// Σ|R|.
    case absSum = "abs_sum"
    /// Sum of the values above 0.
    case positiveSum = "positive_sum"
  }

  /// What makes groups.
  public enum Grouping: String, Sendable, Hashable, CaseIterable {
    /// The column `group`.
    case label
    /// What the network answered.
    case prediction
    /// Both, as TP, TN, FP and FN; the first of the groups compared is the positive one.
    case outcome
  }

  /// How groups are compared.
  public struct Options: Sendable {
    /// What is compared.
    public var measure = Measure.sum
    /// What makes groups.
    public var grouping = Grouping.label
    /// The two groups; nil: the two that there are.
    public var compared: (String, String)?
    /// The class that is positive in outcomes; nil: the target.
    public var positive: String?
    /// Two visits, whose differences in the same participants are compared instead of groups.
    public var sessions: (String, String)?
    /// Columns of `participants.tsv`.
    public var covariates: [String] = []
    /// How often labels are shuffled; 0: p is that of the t distribution.
    public var permutations = 0
    /// How often subjects are drawn again for the bootstrap's intervals; 0: there are none.
    public var bootstrap = 0
    /// Of random numbers.
    public var seed: UInt64 = 0
    /// A table of the regions' volumes.
    public var volumes: String?
    /// Whether left regions are compared with right ones: left − right is what is measured.
    public var asymmetry = false

    /// Whether maps are compared voxel by voxel.
    public var voxelwise = false

    /// Sums of the two groups that there are.
    public init() {}
  }

  /// A method's region compared.
  public struct Row: Sendable {
    /// The method.
    public var method: String
    /// The region.
    public var region: String
    /// The values of both groups.
    public var groups: TwoGroups
    /// Their difference, with the interval that holds 95 %.
    public var difference: Double?
    /// Its lower end.
    public var low: Double?
    /// Its upper end.
    public var high: Double?
    /// The interval of the bootstrap that holds 95 %.
    public var bootstrap: (low: Double, high: Double)?
    /// In standard deviations.
    public var effect: Double?
    /// What p was made of; nil with pairs or groups that do not vary.
    public var t: Double?
    /// Two-sided.
    public var p: Double?
    /// The false discovery rate over the method's regions.
    public var q: Double?
    /// p against the largest |t| of the method's regions under shuffled labels.
    public var familyWise: Double?
    /// Correlation of the positive relevance with the region's volume.
    public var volume: (r: Double, p: Double)?
  }

  /// How it is done.
  public let options: Options
  /// The two groups' names.
  public let names: (String, String)
  /// The comparisons, by method.
  public private(set) var rows: [Row] = []
  /// How well the network tells the two groups apart; empty where they are not classes.
  public private(set) var performance: [(measure: String, value: Double, low: Double?, high: Double?, n: Int)] = []
  /// What was decided.
  public private(set) var notes: [Note] = []
  /// Names of the model's columns.
  public let covariateNames: [String]
  /// The scans of both groups, and which are of the first.
  let members: [(visit: Int, isA: Bool)]
  let data: GroupData
  let covariates: Covariates

  /// Compares the groups of a folder.
  ///
  /// - Throws: `.badData` and `.usage` for tables that lack something, groups of fewer than two, covariates that say nothing, are words
  ///   among numbers or follow from others.
  public init(_ folder: DerivativesFolder, _ options: Options) throws(PellucidError) {
    self.options = options
    data = try GroupData(folder, by: options.measure)
    covariates = try Covariates(options.covariates, of: data.visits, in: folder)
    covariateNames = covariates.names
    let grouping = try GroupMembers(data, covariates, options)
    (names, members) = (grouping.names, grouping.members)
    notes = covariates.notes + grouping.notes
    if options.sessions == nil {
      try covariates.check(members.map(\.visit), isA: members.map(\.isA), in: folder)
    }
    let volumes = try options.volumes.map { (path) throws(PellucidError) in try RegionVolumes(contentsOf: path) }
    for method in data.methods { rows += compared(method, volumes) }
    performance = grouping.performance(data)
    noteMissingRegions()
  }

  /// Tells of regions that some of the subjects do not have, as where each has labels of its own.
  private mutating func noteMissingRegions() {
    let count = options.sessions == nil ? members.count : members.count / 2
    let few = rows.filter { $0.groups.a.count + $0.groups.b.count < (options.sessions == nil ? count : 2 * count) }
    guard let first = few.first else { return }
    notes.append(
      Note(
        what: "\(few.count) of \(rows.count) comparisons lack subjects (\(first.region): "
          + "\(first.groups.a.count) and \(first.groups.b.count))",
        how: "a region without voxels has no value; n_A and n_B say how many there are", weight: .told))
  }

  // MARK: Comparing

  private func compared(_ method: String, _ volumes: RegionVolumes?) -> [Row] {
    var rows: [Row] = []
    var outcomes: [PermutationTest.Outcome] = []
    var tested: [Int] = []
    for (region, cells) in measured(method) {
      let byVisit = Dictionary(cells.map { ($0.visit, $0) }) { first, _ in first }
      var row: Row
      if options.sessions != nil {
        let pairs = stride(from: 0, to: members.count, by: 2).compactMap { place -> (Int, Double, Double)? in
          guard let a = byVisit[members[place].visit]?.value, let b = byVisit[members[place + 1].visit]?.value else {
            return nil
          }
          return (place / 2, a, b)
        }
        let test = Pairs(pairs.map { $0.1 - $0.2 })
        row = Row(
          method: method, region: region, groups: TwoGroups(Sample(pairs.map(\.1)), Sample(pairs.map(\.2))),
          difference: test.differences.mean, low: test.interval?.low, high: test.interval?.high, effect: test.effect,
          t: test.test?.t, p: test.test?.p)
        row.bootstrap = Bootstrap.mean(of: test.differences.values, draws: options.bootstrap, seed: options.seed)
        if options.permutations > 0, let shuffled = GroupTest(pairs: pairs.count) {
          tested.append(rows.count)
          outcomes.append(.init(subjects: pairs.map(\.0), values: test.differences.values, test: shuffled))
        }
      } else {
        let there = members.indices.filter { byVisit[members[$0].visit] != nil }
        let values = there.compactMap { byVisit[members[$0].visit]?.value }
        let isA = there.map { members[$0].isA }
        let groups = TwoGroups(
          Sample(zip(values, isA).filter(\.1).map(\.0)), Sample(zip(values, isA).filter { !$0.1 }.map(\.0)))
        let test = GroupTest(isA: isA, covariates: covariates.columns(of: there.map { members[$0].visit }))
        let found = test?.test(values)
        row = Row(
          method: method, region: region, groups: groups, difference: groups.difference, low: groups.interval?.low,
          high: groups.interval?.high, effect: groups.cohensD, t: found?.t, p: found?.p)
        row.bootstrap = Bootstrap.difference(
          groups.a.values, groups.b.values, draws: options.bootstrap, seed: options.seed)
        if options.permutations > 0, let test {
          tested.append(rows.count)
          outcomes.append(.init(subjects: there, values: values, test: test))
        }
      }
      row.volume = volumeCorrelation(region, byVisit, volumes)
      rows.append(row)
    }
    if options.permutations > 0 {
      let count = options.sessions == nil ? members.count : members.count / 2
      let shuffled = PermutationTest(outcomes, count: count, permutations: options.permutations, seed: options.seed)
      for (place, row) in tested.enumerated() {
        (rows[row].p, rows[row].familyWise) = (shuffled.p[place], shuffled.familyWise[place])
      }
    }
    for (row, q) in zip(rows.indices, FalseDiscovery.adjusted(rows.map(\.p))) { rows[row].q = q }
    return rows
  }

  /// The values of a method's region.
  func measured(_ method: String, _ region: String) -> [GroupData.Cell] {
    measured(method).first { $0.region == region }?.cells ?? []
  }

  /// A method's regions with their values, or what left ones have more than right ones.
  private func measured(_ method: String) -> [(region: String, cells: [GroupData.Cell])] {
    let regions = data.regions[method] ?? []
    guard options.asymmetry else { return regions.map { ($0, data.values(method, $0)) } }
    return SidePair.pairs(of: regions, data.hemispheres).map { pair in
      let right = Dictionary(data.values(method, pair.right).map { ($0.visit, $0) }) { first, _ in first }
      let cells = data.values(method, pair.left).compactMap { left in
        right[left.visit].map { GroupData.Cell(visit: left.visit, value: left.value - $0.value) }
      }
      return (pair.name, cells)
    }
  }

  /// Σ of the positive relevance against the region's volume in the subject's own segmentation, of which covariates have been taken out
  /// (Dyrba and others 2021, doi:10.1186/s13195-021-00924-2).
  private func volumeCorrelation(
    _ region: String, _ cells: [Int: GroupData.Cell], _ volumes: RegionVolumes?
  ) -> (r: Double, p: Double)? {
    guard !options.asymmetry else { return nil }
    var (visits, relevance, sizes): ([Int], [Double], [Double]) = ([], [], [])
    for member in members {
      let visit = data.visits[member.visit]
      let own = visit.hasOwnRegions ? cells[member.visit]?.volume : nil
      let volume = volumes.map { $0.volume(of: visit, region) } ?? own
      guard let volume, let positive = cells[member.visit]?.positive else { continue }
      visits.append(member.visit)
      relevance.append(positive)
      sizes.append(volume)
    }
    if !covariates.columns.isEmpty {
      let constant = [Double](repeating: 1, count: visits.count)
      let columns = covariates.columns(of: visits).map { column in column.map { $0 - (Sample(column).mean ?? 0) } }
      guard let model = LinearModel([constant] + columns) else { return nil }
      sizes = model.residuals(sizes)
    }
    return Correlation.pearson(relevance, sizes)
  }
}

/// A left and a right region of one name.
struct SidePair {
  let name, left, right: String

  /// The regions whose names differ in nothing but the side.
  static func pairs(of regions: [String], _ hemispheres: [String: String]) -> [SidePair] {
    func plain(_ name: String) -> String {
      var words = name.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }
      words.removeAll { ["l", "r", "left", "right", "lh", "rh"].contains($0) }
      return words.joined(separator: " ")
    }
    let right = Dictionary(regions.filter { hemispheres[$0] == "R" }.map { (plain($0), $0) }) { first, _ in first }
    return regions.filter { hemispheres[$0] == "L" }.compactMap { left in
      right[plain(left)].map { SidePair(name: plain(left), left: left, right: $0) }
    }
  }
}
