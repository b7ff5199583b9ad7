internal import FoundationEssentials
internal import PellucidAtlases
internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFiles
public import PellucidResults
internal import PellucidStatistics
internal import PellucidTables

/// What a reference group's regions have, against which a single patient is held.
///
/// Of each method and region the reference's values are kept, less what covariates explain of them; so z and percentile need nothing else.
public struct Norms: Codable, Sendable {
  static let currentSchema = "pellucid-norms/1"

  /// A region of a method.
  struct Region: Codable, Sendable {
    var method: String
    var region: String
    /// The model's coefficients: the mean, then one a covariate, centred.
    var coefficients: [Double]
    /// Standard deviation of what is left, with n less the coefficients.
    var sd: Double?
    /// What is left of each reference, in ascending order.
    var residuals: [Double]
  }

  var schema = Self.currentSchema
  /// The reference group.
  public private(set) var group: String
  /// The column of region tables that is compared.
  public private(set) var by: String
  /// How many references there are.
  public private(set) var count: Int
  /// What was explained.
  var target: String
  /// SHA-256 of the models that explained the references.
  var models: [String]
  /// On which scale each method explained it; absent in files of version 0.2.
  var scores: [String: String]?
  /// Names of covariates, and their means among the references.
  public private(set) var covariates: [String]
  var covariateMeans: [Double]
  var regions: [Region]
  /// The file that they were read from, which errors name.
  private var source: String?

  enum CodingKeys: String, CodingKey {
    case schema, group, by, count, target, models, scores, covariates
    case covariateMeans = "covariate_means"
    case regions
  }

  /// Makes norms of a group of a cohort.
  /// - Throws: `.badData` and `.usage` as ``GroupStudy`` does, and for fewer than three references.
  public init(
    of folder: DerivativesFolder, group: String, by measure: GroupStudy.Measure, covariates wanted: [String]
  ) throws(PellucidError) {
    let data = try GroupData(folder, by: measure)
    let covariates = try Covariates(wanted, of: data.visits, in: folder)
    let known = Set(data.visits.compactMap(\.group)).sorted()
    guard known.contains(group) else { throw .noGroup(group, folder.path, has: known) }
    var seen: Set<String> = []
    let members = data.visits.indices.filter { place in
      data.visits[place].group == group && covariates.areKnown(place)
        && seen.insert(data.visits[place].participant).inserted
    }
    guard members.count > covariates.names.count + 2 else {
      throw .fewReferences(folder.path, group, members.count, covariates: covariates.names.count)
    }
    try covariates.check(members, isA: nil, in: folder)
    let columns = covariates.columns(of: members)
    (self.group, by, count) = (group, measure.rawValue, members.count)
    self.covariates = covariates.names
    covariateMeans = columns.map { Sample($0).mean ?? 0 }
    (target, models, scores) = data.explained
    regions = []
    for method in data.methods {
      for region in data.regions[method] ?? [] {
        let cells = Dictionary(data.values(method, region).map { ($0.visit, $0.value) }) { first, _ in first }
        let there = members.indices.filter { cells[members[$0]] != nil }
        let values = there.compactMap { cells[members[$0]] }
        let own = zip(columns, covariateMeans).map { column, mean in there.map { column[$0] - mean } }
        guard let model = LinearModel([[Double](repeating: 1, count: there.count)] + own) else { continue }
        let rest = model.residuals(values)
        let variance = rest.reduce(0) { $0 + $1 * $1 } / Double(model.degreesOfFreedom)
        regions.append(
          Region(
            method: method, region: region, coefficients: model.coefficients(values),
            sd: variance > 0 ? variance.squareRoot() : nil, residuals: rest.sorted()))
      }
    }
  }

  /// Reads a file of norms.
  /// - Throws: `.badData` for what is none.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let bytes = FileContents.bytes(of: path),
      let read = try? JSONDecoder().decode(Norms.self, from: Data(bytes)), read.schema == Self.currentSchema
    else { throw .noNorms(path) }
    self = read
    source = path
  }

  /// Writes the file.
  public func write(to path: String) throws(PellucidError) {
    try AtomicFile.write(JSONValue(of: self).text(pretty: true) + "\n", to: path)
  }

  /// What a reader must know of how far the references reach.
  public var note: Note {
    let step = NumberText.significant(100 / Double(count), digits: 2)
    return Note(
      what: "norms of \(count) references (\(group))",
      how: "percentiles go in steps of \(step), and 0 and 100 say no more than that all of them have more, or less; "
        + "of a hundred regions about \(NormReferences.expected(of: 100)) lie beyond z ±2 by chance alone"
        + (covariates.isEmpty ? "" : "; regressed out: \(covariates.joined(separator: ", "))"), weight: .told)
  }

  /// The covariates' values in the model's order.
  /// - Throws: `.usage` where one is missing, or is none of the norms'.
  public func values(_ given: [String: Double]) throws(PellucidError) -> [Double] {
    for name in given.keys.sorted() where !covariates.contains(name) {
      throw .strangeCovariate(source, name, has: covariates)
    }
    var values: [Double] = []
    for name in covariates {
      guard let value = given[name] else { throw .covariateOfPatient(source, name) }
      values.append(value)
    }
    return values
  }

  /// An explanation with each region's z and percentile in its table.
  /// - Parameter method: as it was named.
  /// - Throws: `.badData` where the norms are of another model, method or target.
  public func entered(
    in explanation: Explanation, method: String, covariates values: [Double]
  ) throws(PellucidError) -> Explanation {
    guard let table = explanation.table else { return explanation }
    guard models.isEmpty || models == [explanation.record.model.sha256] else {
      throw .normsOfOtherModel(source, than: explanation.record.model.file)
    }
    guard explanation.target.name == target else { throw .normsOfOtherTarget(source, target, explanation.target.name) }
    if let scale = scores?[method], scale != explanation.record.score.rawValue {
      throw .normsOfOtherScore(source, scale, explanation.record.score.rawValue)
    }
    let own = regions.filter { $0.method == method }
    guard !own.isEmpty else {
      throw .normsOfOtherMethod(source, method, has: Array(Set(regions.map(\.method))).sorted())
    }
    let byName = Dictionary(own.map { ($0.region, $0) }) { first, _ in first }
    let names = table.rows.compactMap { $0.region?.name }
    guard names.contains(where: { byName[$0] != nil }) else { throw .normsOfOtherAtlas(source, table.atlasName) }
    let entered = table.comparing { row in
      guard let name = row.region?.name, let region = byName[name], let value = self.value(row) else { return nil }
      let rest = value - region.expected(values, less: covariateMeans)
      return (region.sd.map { rest / $0 }, region.percentile(rest))
    }
    var compared = explanation
    let references = NormReferences(
      group: group, count: count, by: by, covariates: zip(covariates, values).map { (name: $0, value: $1) })
    compared.norms = references
    var record = explanation.record
    record.facts["norms"] = references.json
    return compared.with(
      record: record, volume: explanation.volume, table: entered, caption: explanation.caption, stem: explanation.stem)
  }

  private func value(_ row: RegionTable.Row) -> Double? {
    switch GroupStudy.Measure(rawValue: by) {
    case .sum: row.values?.sum
    case .mean: row.values?.mean
    case .absShare: row.values?.absoluteShare
    case .absSum: row.values?.absoluteSum
    case .positiveSum: row.values?.positiveSum
    case nil: nil
    }
  }
}

extension Norms.Region {
  /// What the references lead to expect of a patient with these covariates.
  func expected(_ values: [Double], less means: [Double]) -> Double {
    zip(coefficients.dropFirst(), zip(values, means)).reduce(coefficients.first ?? 0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
  }

  /// How many of a hundred references have less; of those that have as much, half.
  func percentile(_ rest: Double) -> Double {
    let below = residuals.count { $0 < rest }
    let equal = residuals.count { $0 == rest }
    return 100 * (Double(below) + Double(equal) / 2) / Double(residuals.count)
  }
}

extension GroupData {
  /// What was explained, by which models, and each method's scale, as the first scan's record says.
  fileprivate var explained: (target: String, models: [String], scores: [String: String]) {
    for visit in visits {
      guard let name = BIDSName(participant: visit.participant, session: visit.session),
        let record = SubjectRecord(at: folder.path(of: name.folder) + "/" + SubjectRecord.fileName(of: name))
      else { continue }
      var scores: [String: String] = [:]
      for result in record.results {
        let path = folder.path(of: name.folder) + "/" + result.record.name
        scores[result.method] = (try? ResultRecord(contentsOf: path))?.score.rawValue
      }
      return (record.results.first?.target ?? "", record.modelDigests.sorted(), scores)
    }
    return ("", [], [:])
  }
}
