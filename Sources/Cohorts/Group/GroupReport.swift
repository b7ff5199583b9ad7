public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidTables

/// What a comparison of groups leaves behind: tables, charts and how it was made.
public struct GroupReport {
  /// The files' names.
  public enum Names {
    /// A line a method and region.
    public static let regions = "group_regions.tsv"
    /// A line a measure.
    public static let performance = "group_performance.tsv"
    /// The effect of each method and region.
    public static let effects = "group_effects.png"
    /// How it was made.
    public static let provenance = "group.json"
  }

  private let study: GroupStudy

  /// A report of a study.
  public init(_ study: GroupStudy) { self.study = study }

  /// Writes the files into a folder, all of them or none.
  /// - Returns: their names, and what could not be drawn.
  public func write(to folder: String) throws(PellucidError) -> (names: [String], notes: [Note]) {
    let files = try FileSet(folder: folder)
    var names: [String] = []
    func add(_ text: String, _ name: String) throws(PellucidError) {
      try files.add(text, as: name)
      names.append(name)
    }
    try add(regions.tsv, Names.regions)
    if !study.performance.isEmpty { try add(performance.tsv, Names.performance) }
    if let effects = try effects() {
      try files.add(try effects.png(), as: Names.effects)
      names.append(Names.effects)
    }
    let charts = GroupCharts(study)
    for (method, label) in zip(study.data.methods, labels) {
      if let chart = try charts.differences(method) {
        try files.add(try chart.png(), as: "group_\(label)_differences.png")
        names.append("group_\(label)_differences.png")
      }
      if let chart = try charts.fingerprints(method) {
        try files.add(try chart.png(), as: "group_\(label)_fingerprints.png")
        names.append("group_\(label)_fingerprints.png")
      }
    }
    let maps = try GroupMaps(study).add(to: files)
    names += maps.names
    try files.add(provenance, as: Names.provenance)
    names.append(Names.provenance)
    try files.commit()
    return (names, maps.notes)
  }

  /// What files of a method are called after, as its maps are.
  private var labels: [String] {
    var taken: Set<String> = []
    return study.data.methods.map { method in
      let plain = BIDSName.camelCase(method)
      var label = plain
      while !taken.insert(label.lowercased()).inserted { label += "v2" }
      return label
    }
  }

  // MARK: Tables

  private static let fields: [TableField<GroupStudy.Row>] = [
    .text("method") { $0.method }, .text("region") { $0.region },
    .whole("n_A") { $0.groups.a.count }, .whole("n_B") { $0.groups.b.count },
    .number("mean_A") { $0.groups.a.mean }, .number("mean_B") { $0.groups.b.mean },
    .number("sd_A") { $0.groups.a.standardDeviation }, .number("sd_B") { $0.groups.b.standardDeviation },
    .number("difference") { $0.difference }, .number("ci_low") { $0.low }, .number("ci_high") { $0.high },
    .number("gain") { $0.groups.gain }, .number("cohens_d") { $0.effect }, .number("p") { $0.p },
    .number("q") { $0.q }, .number("volume_r") { $0.volume?.r }, .number("volume_p") { $0.volume?.p },
    .number("t") { $0.t }, .number("p_fwe") { $0.familyWise },
  ]

  private static let drawnFields: [TableField<GroupStudy.Row>] = [
    .number("boot_low") { $0.bootstrap?.low }, .number("boot_high") { $0.bootstrap?.high },
  ]

  private var regions: Table {
    let (a, b) = study.names
    let drawn = study.options.bootstrap > 0 ? Self.drawnFields : []
    return Table(of: study.rows, Self.fields + drawn + [.text("group_A") { _ in a }, .text("group_B") { _ in b }])
  }

  private var performance: Table {
    Table([
      .text("measure", study.performance.map(\.measure)), .number("value", study.performance.map(\.value)),
      .number("ci_low", study.performance.map(\.low)), .number("ci_high", study.performance.map(\.high)),
      .whole("n", study.performance.map(\.n)),
    ])
  }

  // MARK: Charts

  /// Cohen's d of the regions that differ most, methods across; a star where the false discovery rate is at most 0.05.
  private func effects() throws(PellucidError) -> HeatMap? {
    let methods = study.data.methods
    var effects: [String: [String: GroupStudy.Row]] = [:]
    for row in study.rows { effects[row.region, default: [:]][row.method] = row }
    func size(_ region: String) -> Double { effects[region]?.values.compactMap { $0.effect?.magnitude }.max() ?? 0 }
    var seen: Set<String> = []
    let regions = study.rows.map(\.region).filter { seen.insert($0).inserted }
    let largest = regions.sorted { (size($1), $0) < (size($0), $1) }.prefix(40).filter { size($0) > 0 }
    guard !largest.isEmpty, methods.count <= 60 else { return nil }
    var options = ChartOptions()
    options.title = "\(study.names.0) against \(study.names.1)"
    options.subtitle =
      "\(study.options.measure.rawValue) of relevance; the \(largest.count) regions that differ most of \(regions.count); * q ≤ 0.05 in one of the methods"
    options.label = study.options.sessions == nil ? "Cohen's d" : "mean difference / sd"
    let names = largest.map { region in
      let isDiscovery = effects[region]?.values.contains { ($0.q ?? 1) <= 0.05 } ?? false
      return region + (isDiscovery ? " *" : "")
    }
    let values = largest.map { region in methods.map { effects[region]?[$0]?.effect ?? .nan } }
    return try HeatMap(rows: names, columns: methods, values: values, options: options, decimals: 2)
  }

  // MARK: Provenance

  private var provenance: JSONValue {
    let options = study.options
    func members(_ isA: Bool) -> JSONValue {
      .strings(study.members.filter { $0.isA == isA }.map { study.data.visits[$0.visit].name })
    }
    return [
      "pellucid": .string(pellucidVersion), "derivatives": .string(study.data.folder.path),
      "a": .string(study.names.0), "b": .string(study.names.1), "by": .string(options.measure.rawValue),
      "groups": .string(options.grouping.rawValue), "covariates": .strings(study.covariateNames),
      "test": .string(test), "permutations": .integer(options.permutations),
      "bootstrap": .integer(options.bootstrap),
      "seed": .integer(Int(clamping: options.seed)),
      "asymmetry": .bool(options.asymmetry), "volumes": options.volumes.map(JSONValue.string) ?? .null,
      "methods": .strings(study.data.methods), "members_a": members(true), "members_b": members(false),
      "left_out": .array(study.data.leftOut.map { ["scan": .string($0.name), "why": .string($0.why)] }),
      "notes": .array(study.notes.map { ["what": .string($0.what), "how": .string($0.how)] }),
    ]
  }

  /// What p is, in words.
  private var test: String {
    let options = study.options
    let statistic =
      options.sessions != nil
      ? "t of the paired differences" : options.covariates.isEmpty ? "Welch's t" : "the group's t in the linear model"
    guard options.permutations > 0 else { return statistic }
    let how =
      options.sessions != nil
      ? "signs changed" : options.covariates.isEmpty ? "labels permuted" : "residuals permuted (Freedman and Lane)"
    return "\(statistic), \(how)"
  }
}
