package import Faults

// INTERIM until the typed methods are merged.
extension AttributionMethod {
  package func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    OptionValues(Dictionary(uniqueKeysWithValues: Self.options.map { ($0.name, $0.fallback) }))
  }
}
extension MethodVariant {
  package static func list(parsing text: String, shared: OptionValues) throws(PellucidError) -> [MethodVariant] {
    var found: [MethodVariant] = []
    for name in text.split(separator: ",") {
      let next = try MethodVariant(parsing: String(name), shared: shared)
      if !found.contains(where: { $0.name == next.name }) { found.append(next) }
    }
    return found
  }
  package var fileLabel: String { name }
}
