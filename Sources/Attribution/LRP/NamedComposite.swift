/// A composite that has a name: what it makes of a method's parameters, and which of them it takes.
///
/// Its file in `Composites` has all of it; `CompositeCatalogue` has a line for it.
public struct NamedComposite: Sendable {
  /// The parameters that a composite may take.
  enum Parameter { case epsilon, gamma, bounds }

  /// Their values.
  struct Values {
    /// Stabilizer of the dense layers.
    var epsilon: Float
    /// How much positive contributions are favoured.
    var gamma: Float
    /// The input's bounds.
    var low: Float
    var high: Float
  }

  /// Its name in options and files.
  public let name: String
  let takes: Set<Parameter>
  let make: @Sendable (Values) -> Composite

  init(_ name: String, takes: Set<Parameter>, make: @escaping @Sendable (Values) -> Composite) {
    self.name = name
    self.takes = takes
    self.make = make
  }
}

extension NamedComposite: Hashable {
  /// Composites are told apart by their names.
  public static func == (a: NamedComposite, b: NamedComposite) -> Bool { a.name == b.name }
  /// The name's.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Every composite that has a name: one line each.
public enum CompositeCatalogue {
  /// The composites in the order in which they are listed.
  public static let composites: [NamedComposite] = [
    .epsilon, .epsilonPlus, .epsilonAlpha2Beta1, .epsilonGammaBox, .epsilonPlusFlat, .epsilonAlpha2Beta1Flat,
    .excitationBackprop, .deepTaylor,
  ]
}
