internal import PellucidAttribution
internal import PellucidEvaluation
public import PellucidFaults
internal import PellucidFiles
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What runs have measured of methods, as the survey's five criteria and the FDA's scorecard; what nobody measured stays empty.
///
/// - Source: the criteria of the survey by van der Velden et al. 2022, doi:10.1016/j.media.2022.102470; the scorecard of Lago et al. 2025.
public struct CriteriaTable: Sendable {
  /// The file's name in the folder.
  public static let name = "criteria.tsv"

  /// A method.
  public struct Row: Sendable {
    /// As the runs call it.
    public var method: String
    /// Detail: width of the map's autocorrelation, mm.
    public var detail: Double?
    /// Class discrimination: 1 − Spearman's correlation of |R| with the map of another class.
    public var discrimination: Double?
    /// Effort: passes over the network a map, forward and backward.
    public var passes: Double?
    /// Effort: seconds a map, as measured by the run that made it.
    public var seconds: Double?
    /// Agnosticism: what a network must have.
    public var needs: String?
    /// Fidelity: symmetric relevance gain.
    public var fidelity: Double?
    /// Whether it follows the weights.
    public var randomization: String?
    /// Consistency: Spearman's correlation of |R| under noise and contrast that leave the answer alone.
    public var consistency: Double?
    /// Plausibility: the part of Σ|R| where something was truly changed.
    public var plausibility: Double?
    /// Over how many scans of known truth that is a mean.
    public var truths: Int?
  }

  /// The methods in the order in which runs name them.
  public private(set) var rows: [Row] = []

  /// Reads what lies in the folders of runs: results of explain, and the tables of evaluate.
  /// - Throws: `.badData` where a table is damaged; `.usage` where no folder holds any.
  public init(runs folders: [String]) throws(PellucidError) {
    var values: [String: [String: [Double]]] = [:]
    var verdicts: [String: String] = [:]
    var order: [String] = []
    func add(_ method: String?, _ key: String, _ value: Double?) {
      guard let method, method != TruthStudy.chance else { return }
      if !order.contains(method) { order.append(method) }
      if let value { values[method, default: [:]][key, default: []].append(value) }
    }
    for folder in folders {
      guard case .folder = FileKind.at(folder) else { throw .runsMissing(folder) }
      if let table = try Self.table(folder, FaithfulnessReport.Names.table) {
        let (methods, metrics, images) = (
          try table.texts("method"), try table.texts("metric"), try table.texts("image")
        )
        for (row, value) in try table.numbers("value").enumerated() where metrics[row] == "srg" {
          if images[row] != FaithfulnessStudy.mean { add(methods[row], "srg", value) }
        }
      }
      if let table = try Self.table(folder, RandomizationReport.Names.table) {
        let (methods, orders, found) = (try table.texts("method"), try table.texts("order"), try table.texts("verdict"))
        for (row, value) in try table.numbers("spearman").enumerated() {
          if let method = methods[row] { verdicts[method] = found[row] }
          if orders[row] == "random-logit" { add(methods[row], "class", value.map { 1 - $0 }) }
        }
      }
      if let table = try Self.table(folder, RobustnessReport.Names.table) {
        let (methods, names) = (try table.texts("method"), try table.texts("disturbance"))
        for (row, value) in try table.numbers("map_spearman").enumerated()
        where ["noise", "rician", "gamma", "bias-field"].contains(names[row] ?? "") {
          add(methods[row], "consistency", value)
        }
      }
      if let table = try Self.table(folder, TruthReport.Names.summary) {
        let methods = try table.texts("method")
        let counts = try table.wholes("relevance_mass_n")
        for (row, value) in try table.numbers("relevance_mass_mean").enumerated() {
          add(methods[row], "truth", value)
          // A run of many scans counts as many times as one of a single scan.
          for _ in 1..<max(1, counts[row] ?? 1) { add(methods[row], "truth", value) }
        }
        for (row, value) in try table.numbers("seconds_mean").enumerated() { add(methods[row], "truth seconds", value) }
      }
    }
    // Now that settings of one method are known by their names in tables, results find theirs.
    let named = order.filter { (try? MethodVariant(parsing: $0)) != nil }.joined(separator: ",")
    let variants = (try? MethodVariant.list(parsing: named)) ?? []
    for folder in folders {
      for result in try ResultFolder(folder).results() {
        let method = Self.method(of: result, among: variants)
        if let seconds = result.record.seconds { add(method, "seconds", seconds.method) }
        if let passes = result.record.passes { add(method, "passes", Double(passes.all)) }
        if result.path(of: "volume") != nil { add(method, "detail", MapDetail.millimetres(of: try result.volume())) }
      }
    }
    guard !order.isEmpty else { throw .noRuns(folders) }
    rows = order.map { method in
      func mean(_ key: String) -> Double? { Spread(values[method]?[key] ?? []).mean }
      return Row(
        method: method, detail: mean("detail"), discrimination: mean("class"), passes: mean("passes"),
        seconds: mean("seconds") ?? mean("truth seconds"),
        needs: Self.needs(method), fidelity: mean("srg"), randomization: verdicts[method],
        consistency: mean("consistency"), plausibility: mean("truth"),
        truths: values[method]?["truth"]?.count)
    }
  }

  /// The table of these methods alone, in this order.
  /// - Parameter text: methods as runs call them, joined by commas.
  /// - Throws: `.usage` for one that no run has.
  public func only(_ text: String) throws(PellucidError) -> CriteriaTable {
    var table = self
    if let row = rows.first(where: { $0.method == text }) {
      table.rows = [row]
      return table
    }
    table.rows = []
    for variant in try MethodVariant.list(parsing: text) {
      // Results alone tell settings by what their files are called.
      let found = rows.first { $0.method == variant.name } ?? rows.first { $0.method == variant.fileLabel }
      guard var row = found else { throw .notAmongRuns(variant.name, rows.map(\.method)) }
      (row.method, row.needs) = (variant.name, Self.needs(variant.name))
      table.rows.append(row)
    }
    return table
  }

  private static func table(_ folder: String, _ name: String) throws(PellucidError) -> Table? {
    let path = (folder.hasSuffix("/") ? folder : folder + "/") + name
    guard case .file = FileKind.at(path) else { return nil }
    return try Table(contentsOf: path)
  }

  /// What tables call a result's method: its file is named after it with its options, `lrp_composite-epsilon` of `lrp:composite=epsilon`, and after the
  /// target where there were several.
  private static func method(of result: StoredResult, among known: [MethodVariant]) -> String {
    let stem = ScanReference(result.record.image).stem + "_"
    guard result.name.hasPrefix(stem) else { return result.record.method }
    let target = "_" + FileLabel.distinct([result.record.target.name], letters: .all)[0]
    let whole = String(result.name.dropFirst(stem.count))
    let labels = [whole] + (whole.hasSuffix(target) ? [String(whole.dropLast(target.count))] : [])
    return known.first { labels.contains($0.fileLabel) }?.name
      ?? (labels.contains(result.record.method) ? result.record.method : whole)
  }

  /// What a network must have for a method.
  private static func needs(_ method: String) -> String? {
    guard let variant = try? MethodVariant(parsing: method) else { return nil }
    let type = variant.method
    if type.defaultScore == .probability { return type.needsAtlas ? "answers; an atlas" : "answers" }
    switch type.name {
    case CAM.name: return "a last convolution, global average pooling, one dense layer"
    case RelevancePropagation.name: return "a rule for each operator"
    case EigenCAM.name, ScoreCAM.name, AblationCAM.name: return "a layer with voxels"
    case let name where name.contains("cam"): return "a layer with voxels; gradients"
    default: return "gradients"
    }
  }

  /// Writes the table into a folder; the folder is made if it is missing.
  public func write(to folder: String) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(tsv, as: Self.name)
    try files.commit()
  }

  /// The table as text.
  public var tsv: String { Table(of: rows, Self.fields).tsv }

  private static let fields: [TableField<Row>] = [
    .text("method") { $0.method }, .number("detail_mm", digits: 4) { $0.detail },
    .number("class_discrimination", digits: 4) { $0.discrimination },
    .number("effort_passes", digits: 4) { $0.passes }, .number("effort_seconds", digits: 4) { $0.seconds },
    .text("intuitiveness") { _ in nil }, .text("agnosticism_needs") { $0.needs },
    .number("fidelity_srg", digits: 4) { $0.fidelity }, .text("randomization") { $0.randomization },
    .number("consistency", digits: 4) { $0.consistency }, .number("plausibility", digits: 4) { $0.plausibility },
    .whole("plausibility_n") { $0.truths },
    .text("usefulness") { _ in nil },
  ]
}

extension PellucidError {
  static func runsMissing(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "there is no such folder", remedy: "give folders that pellucid wrote")
  }

  static func notAmongRuns(_ method: String, _ known: [String]) -> Self {
    .init(
      .usage, what: "no run has the method \(method)", why: "they have \(known.joined(separator: ", "))",
      remedy: "name methods as the runs' tables do")
  }

  static func noRuns(_ folders: [String]) -> Self {
    .init(
      .badData, at: .init(file: folders.joined(separator: ", ")), what: "there is no run of evaluate or explain",
      remedy: "give folders with faithfulness.tsv, randomization.tsv, robustness.tsv, truth_summary.tsv or results")
  }
}
