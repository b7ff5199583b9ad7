internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

// What reports of studies have in common: how tables and provenance are written, and what provenance begins with.

extension FileSet {
  /// A table of like things.
  func add<Row>(_ rows: [Row], _ fields: [TableField<Row>], as name: String) throws(PellucidError) {
    try add(Table(of: rows, fields).tsv, as: name)
  }

  /// How a study was made.
  func add(_ provenance: JSONValue, as name: String) throws(PellucidError) {
    try add(provenance.text(pretty: true) + "\n", as: name)
  }
}

extension Explainer {
  /// What every study of scans by one network says of how it was made.
  func provenance(of scans: [ScanReference], _ variants: [MethodVariant]) -> JSONValue {
    [
      "pellucid": .string(pellucidVersion), "images": .strings(scans.map(\.text)), "model": JSONValue(of: modelRecord),
      "card": JSONValue(classifier.card.effectiveValues),
      "card_file": classifier.card.file.map(JSONValue.string) ?? .null, "methods": .strings(variants.map(\.name)),
      "target": options.target.map(JSONValue.string) ?? .null,
      "atlas": options.atlas.map { .string($0.name) } ?? .null, "library": .string(Engine.library),
    ]
  }
}
