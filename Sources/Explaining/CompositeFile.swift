public import Attribution
public import Faults
internal import ModelCards

extension OptionValues {
  /// The same values with the file read that `composite` names, where it names one: whatever ends in .yaml or .yml, or has a slash.
  /// - Throws: `.badData` for a file that is no composite.
  public func readingFiles() throws(PellucidError) -> OptionValues {
    guard recipe == nil, let path = text("composite"),
      path.hasSuffix(".yaml") || path.hasSuffix(".yml") || path.contains("/")
    else { return self }
    var copy = self
    copy.recipe = CompositeRecipe(try CompositeCard(contentsOf: path))
    return copy
  }
}

extension CompositeRecipe {
  fileprivate init(_ card: CompositeCard) {
    self.init(
      file: card.file, base: card.base,
      entries: card.entries.map { from in
        var entry = Entry(place: from.place, rule: from.rule)
        entry.nodes = from.nodes
        entry.operators = from.operators
        entry.kinds = from.kinds
        entry.position = from.position
        entry.depth = from.depth
        entry.parameters = from.parameters
        entry.bias = from.bias
        return entry
      })
  }
}
