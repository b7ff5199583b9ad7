public import PellucidFaults

/// Which composite relevance propagation takes: `.epsilonPlus` and others by name, a recipe, or a file that describes one.
public enum CompositeChoice: Hashable, Sendable {
  /// One that has a name.
  case named(NamedComposite)
  /// One written by hand.
  case recipe(CompositeRecipe)
  /// One written by hand, in a file that the subject's ``OptionFiles`` read.
  case file(String)

  /// A name, or a file's path, which has a slash or a dot.
  /// - Throws: `.usage` for neither.
  public init(_ text: String) throws(PellucidError) {
    if let named = CompositeCatalogue.composites.first(where: { $0.name == text }) {
      self = .named(named)
    } else if OptionValues.looksLikeFile(text) {
      self = .file(text)
    } else {
      throw .unknownComposite(text, among: CompositeCatalogue.composites.map(\.name))
    }
  }

  /// As the option's text: the composite's name, or its file's.
  public var name: String {
    switch self {
    case .named(let composite): composite.name
    case .recipe(let recipe): recipe.file
    case .file(let path): path
    }
  }

  /// The composite with a name that is meant, or that lies under a recipe; and the recipe.
  /// - Throws: `.usage` for a file that nobody reads; `.badData` for one that describes no composite.
  func resolved(
    _ files: (any OptionFiles)?
  ) throws(PellucidError) -> (base: NamedComposite, recipe: CompositeRecipe?) {
    switch self {
    case .named(let composite): return (composite, nil)
    case .recipe(let recipe): return (try recipe.named(), recipe)
    case .file(let path):
      guard let files else { throw .fileNeedsReader(path) }
      let recipe = try files.composite(path)
      return (try recipe.named(), recipe)
    }
  }
}

extension PellucidError {
  static func unknownComposite(_ text: String, among names: [String]) -> Self {
    .parameter("composite", text, wanted: "one of \(names.joined(separator: ", ")), or a file *.yaml")
  }
}
