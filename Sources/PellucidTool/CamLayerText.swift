import PellucidAttribution
import PellucidFaults
import PellucidResults

extension Explanation {
  /// The layers of a class activation map and the size of their cells: `, at conv3d_87, cells 16 × 18 × 16 mm`; empty for other methods.
  var layerText: String {
    let facts = Dictionary(relevance.facts.map { ($0.name, $0.value) }) { first, _ in first }
    let layers = (["layer"] + (1...99).map { "layer_\($0)" }).compactMap { key -> String? in
      guard case .text(let name)? = facts[key] else { return nil }
      guard case .numbers(let cells)? = facts[key + "_cell_mm"] else { return "at \(name)" }
      return "at \(name), cells " + cells.map { $0.words(decimals: 1) }.joined(separator: " × ") + " mm"
    }
    return layers.isEmpty ? "" : ", " + layers.joined(separator: "; ")
  }
}
