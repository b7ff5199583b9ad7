extension IncrementalPass {
  /// The kinds of operators of the nodes that are run on boxes of what changed, not in full; as the catalogue's types are called.
  package static func operatorsOnBoxes(of network: Network) -> Set<String> {
    // Which steps are run on boxes does not depend on what is kept.
    let plan = RegionPlan(network.graph, spare: 0)
    return Set(
      plan.kinds.compactMap { kind in
        if case .boxes(let operation, _, _) = kind { String(describing: type(of: operation)) } else { nil }
      })
  }
}
