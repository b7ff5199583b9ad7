internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidStatistics
internal import PellucidVolumes

/// Which scans are run for a test of concepts, what is done to each, and which of them belong to which concept.
struct ConceptPlan {
  /// A concept's examples, and those that they are held against.
  struct Part {
    let own, others: Range<Int>
  }

  private(set) var scans: [ScanReference] = []
  private(set) var changes: [RegionExample?] = []
  private(set) var parts: [Part] = []
  private(set) var notes: [Note] = []

  init(
    _ concepts: [ConceptTest.Concept], random: [ScanReference], seed: Int, in explainer: Explainer
  ) throws(PellucidError) {
    var common: Range<Int>?
    for concept in concepts {
      let own = add(concept.scans, concept.scans.map { _ in concept.change })
      if let change = concept.change {
        let drawn = try Self.others(than: change, concept.name, for: random, seed: seed, in: explainer, notes: &notes)
        let others = add(random, drawn)
        parts.append(Part(own: own, others: others))
        continue
      }
      let others = common ?? add(random, random.map { _ in nil })
      common = others
      parts.append(Part(own: own, others: others))
    }
  }

  private mutating func add(_ more: [ScanReference], _ changed: [RegionExample?]) -> Range<Int> {
    let first = scans.count
    scans += more
    changes += changed
    return first..<scans.count
  }

  /// Another region for each of the random scans.
  private static func others(
    than change: RegionExample, _ name: String, for random: [ScanReference], seed: Int, in explainer: Explainer,
    notes: inout [Note]
  ) throws(PellucidError) -> [RegionExample?] {
    let first = try explainer.prepare(random[0])
    let asked = try explainer.subject(of: first)
    let labels = asked.labels ?? []
    guard labels.contains(change.region) else {
      throw .regionNotOnInput(explainer.regionName(change.region), scan: random[0].text)
    }
    let candidates = RegionExample.others(than: change.region, in: labels, among: asked.regions)
    guard !candidates.isEmpty else { throw .noOtherRegion(explainer.regionName(change.region)) }
    var numbers = RandomNumbers(
      seed: UInt64(bitPattern: Int64(seed)), stream: 0x7265_6769_0000_0000 &+ UInt64(UInt32(bitPattern: change.region)))
    let names = candidates.map(explainer.regionName)
    notes.append(
      Note(
        what: "\(name) is held against scans with another region so changed, drawn for each scan",
        how: "from \(names.prefix(8).joined(separator: ", "))"
          + (names.count > 8 ? " and \(names.count - 8) more" : "") + ", which are of about its size", weight: .told))
    return random.map { _ in change.with(candidates[numbers.below(candidates.count)]) }
  }
}
