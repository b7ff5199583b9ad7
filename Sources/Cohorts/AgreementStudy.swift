internal import PellucidAtlases
public import PellucidAttribution
internal import PellucidEvaluation
public import PellucidExplaining
internal import PellucidFaithfulness
public import PellucidFaults
internal import PellucidResults
public import PellucidVolumes

/// How far maps agree: of several methods, of several networks, of several seeds.
public struct AgreementStudy: Sendable {
  /// Two maps of a scan.
  public struct Row: Sendable {
    /// The scan as it was named, or ``FaithfulnessStudy/mean``.
    public var image: String
    /// The two.
    public var a, b: String
    /// Spearman's correlation of |R| over the voxels of the scan.
    public var spearman: Double?
    /// The common part of the ten strongest regions by mean |R|; nil without an atlas, or where all regions of a map are alike.
    public var overlap: Double?
    /// ICC(2,1) of the regions' shares of |R|; nil without an atlas.
    public var intraclass: Double?
  }

  /// What is known after a study.
  public struct Results: Sendable {
    /// Scan by scan, and last the means.
    public var rows: [Row] = []
    /// The names of what is compared.
    public var names: [String] = []
    /// What was decided on the way.
    public var notes: [Note] = []
  }

  /// How many of the strongest regions are compared.
  public static let top = 10

  /// The networks, with names that tell them apart; their options say target and atlas.
  public let explainers: [(name: String, explainer: Explainer)]
  /// The scans.
  public let scans: [ScanReference]
  /// The methods, also of several seeds.
  public let variants: [MethodVariant]

  /// A study.
  public init(_ explainers: [(name: String, explainer: Explainer)], scans: [ScanReference], variants: [MethodVariant]) {
    (self.explainers, self.scans, self.variants) = (explainers, scans, variants)
  }

  /// The methods with each of some seeds, where they have one.
  public static func repeated(_ variants: [MethodVariant], seeds: Int) throws(PellucidError) -> [MethodVariant] {
    guard seeds > 1 else { return variants }
    var all: [MethodVariant] = []
    for variant in variants {
      guard variant.method.options.contains(where: { $0.name == "seed" }) else {
        all.append(variant)
        continue
      }
      for seed in 0..<seeds { all.append(try MethodVariant(parsing: "\(variant.name):seed=\(seed)")) }
    }
    return all
  }

  /// What a comparison needs of a map.
  private struct Map {
    var name: String
    var voxels: RankedMap
    var densities: [Double]
    var shares: [Double]
  }

  /// Compares every two maps of every scan, so many scans at once.
  public func run(
    jobs: StudyJobs = StudyJobs(), progress: @Sendable (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    for explainer in explainers.map(\.explainer) {
      // A bad scan is found before the work begins.
      _ = try ScanShelf(scans, for: explainer, jobs: jobs.count)
    }
    let parts = try jobs.run(scans.indices) { (place) throws(PellucidError) in
      let reference = scans[place]
      var results = Results()
      var maps: [Map] = []
      for (name, explainer) in explainers {
        let subject = try explainer.prepare(reference)
        results.notes += subject.notes.map { $0.of(reference.text) }
        let question = try explainer.question(for: subject)
        for variant in variants {
          let own = explainers.count > 1 ? "\(name)/\(variant.name)" : variant.name
          let method = try variant.make()
          let explanation = try explainer.explain(
            subject, question, by: method, progress: progress("\(reference.stem) \(own)"))
          results.notes += explanation.relevance.notes.map { $0.of("\(reference.text), \(own)") }
          maps.append(map(own, explanation))
        }
      }
      results.names = maps.map(\.name)
      for first in maps.indices {
        for second in maps.indices where second > first {
          results.rows.append(row(reference, maps[first], maps[second]))
        }
      }
      return results
    }
    var results = Results(
      rows: parts.flatMap(\.rows), names: parts.first?.names ?? [], notes: parts.flatMap(\.notes))
    results.rows += means(of: results.rows)
    return results
  }

  private func map(_ name: String, _ explanation: Explanation) -> Map {
    let regions = (explanation.table?.rows ?? []).filter { $0.region != nil && $0.voxels > 0 }
    let whole = explanation.table?.absoluteSum ?? 0
    return Map(
      name: name, voxels: RankedMap(explanation.volume.voxels, spatial: explanation.volume.shape.extents),
      densities: regions.map { ($0.values?.absoluteSum ?? 0) / Double($0.voxels) },
      shares: regions.map { whole > 0 ? ($0.values?.absoluteSum ?? 0) / whole : 0 })
  }

  private func row(_ reference: ScanReference, _ a: Map, _ b: Map) -> Row {
    // Of regions that are all alike none is the strongest.
    let haveOrder = Set(a.densities).count > 1 && Set(b.densities).count > 1
    return Row(
      image: reference.text, a: a.name, b: b.name, spearman: a.voxels.spearman(with: b.voxels),
      overlap: haveOrder ? RegionAgreement.overlap(a.densities, b.densities, count: Self.top) : nil,
      intraclass: a.shares.isEmpty ? nil : RegionAgreement.intraclass(a.shares, b.shares))
  }

  private func means(of rows: [Row]) -> [Row] {
    var keys: [[String]] = []
    for row in rows where !keys.contains([row.a, row.b]) { keys.append([row.a, row.b]) }
    return keys.map { key in
      let own = rows.filter { [$0.a, $0.b] == key }
      return Row(
        image: FaithfulnessStudy.mean, a: key[0], b: key[1], spearman: Spread(own.map(\.spearman)).mean,
        overlap: Spread(own.map(\.overlap)).mean, intraclass: Spread(own.map(\.intraclass)).mean)
    }
  }
}
