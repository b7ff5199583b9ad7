public import PellucidAttribution
public import PellucidFaults

extension MethodVariant {
  /// The method, after its options and the composite's file that they may name have been checked, so that no work is done before a
  /// mistake is found.
  /// - Throws: `.usage` for a value that an option cannot have; `.badData` for a file that is no composite.
  public func make() throws(PellucidError) -> any AttributionMethod {
    let made = try method.init(values)
    if let propagation = made as? RelevancePropagation, case .file(let path) = propagation.composite {
      _ = try RelevancePropagation(composite: .recipe(try CompositeRecipe(contentsOf: path)))
    }
    return made
  }
}
