internal import Faults
internal import Networks
internal import Tensors

/// Which rule each step of a network gets, by what the step is.
///
/// A step without one follows the gradient, which for max pools,
/// concatenations and reshapes is what relevance does.
struct Composite: Sendable {
  /// Names on the command line.
  enum Name: String, CaseIterable, Sendable {
    case epsilon
    case epsilonPlus = "epsilon-plus"
    case epsilonAlpha2Beta1 = "epsilon-alpha2-beta1"
    case epsilonGammaBox = "epsilon-gamma-box"
    case epsilonPlusFlat = "epsilon-plus-flat"
  }

  /// Rules by role.
  let rules: [Role: any BackwardRule]
  /// The rule of the first convolution, where it has one of its own.
  let first: (any BackwardRule)?

  /// A composite whose steps other than convolutions and dense layers are treated as Zennit's `layer_map_base` does: activations and
  /// unmerged normalizations pass, sums and average pools share by contribution.
  init(convolution: any BackwardRule, dense: any BackwardRule, first: (any BackwardRule)? = nil) {
    rules = [
      .convolution: convolution, .dense: dense, .activation: Pass(), .rectifier: Pass(), .normalization: Pass(),
      .sum: Norm(),
      .averaging: Norm(),
    ]
    self.first = first
  }

  /// The rule of each node of a network.
  func assignment(in network: Network) -> (Node) -> (any BackwardRule)? {
    let firstConvolution = network.graph.nodes.first { $0.operation.role == .convolution }?.output
    return { node in
      if let first, node.output == firstConvolution { return first }
      return rules[node.operation.role]
    }
  }
}
