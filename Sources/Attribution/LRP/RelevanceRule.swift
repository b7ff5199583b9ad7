package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// A rule of layer-wise relevance propagation for a linear layer, as data: run the layer on a few changed copies of input and weights,
/// divide the relevance among them, weigh the parts.
///
///     z_g = Σ_b σ_b·layer_b(x_b)        s_g = R / stabilized(z_g)        R_in = Σ_g ω_g · Σ_b σ_b · x_b · layer_bᵀ(s_g)
///
/// over groups g of branches b. All rules of the literature have this form, so that convolutions, dense layers and transposed
/// convolutions need nothing of their own. The definitions are Zennit's.
package struct RelevanceRule: PropagationRule, LayerRule {
  /// What becomes of the layer's input in a branch.
  enum InputChange: Hashable, Sendable {
    /// x
    case same
    /// max(x, 0)
    case positive
    /// min(x, 0)
    case negative
    /// A constant everywhere.
    case constant(Float)
  }

  /// One changed copy of the layer.
  struct Branch: Sendable {
    var input: InputChange
    var weights: WeightChange
    var sign: Float = 1
  }

  /// Branches that share a denominator.
  struct Group: Sendable {
    /// Which outputs of the unchanged layer take part.
    enum Gate: Sendable { case positive, negative }
    var branches: [Branch]
    var weight: Float = 1
    var gate: Gate?
  }

  package let label: String
  let groups: [Group]
  /// Added to denominators, with their sign.
  let epsilon: Float
  package let needs: GradientNeeds

  init(_ label: String, _ groups: [Group], epsilon: Float) {
    self.label = label
    self.groups = groups
    self.epsilon = epsilon
    // An unchanged branch, or a gate: the layer's own output is known already, it is not computed again.
    let usesOutput = groups.contains { group in group.gate != nil || group.branches.contains(where: Self.isUnchanged) }
    needs = usesOutput ? [.inputs, .output] : .inputs
  }

  package func serves(_ node: Node) -> Bool { node.operation is any LinearOperator }

  private static func isUnchanged(_ branch: Branch) -> Bool {
    branch.input == .same && branch.weights == WeightChange(.same)
  }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    guard let layer = node.operation as? any LinearOperator else {
      return try node.operation.gradient(upstream, saved: saved)
    }
    return [try backward(upstream, through: WholeLayer(layer: layer, saved: saved))]
  }

  package func backward(_ relevance: Tensor, through passes: any LayerPasses) throws(PellucidError) -> Tensor {
    let x = passes.input
    let isNonNegative = x.isNonNegative
    var total: Tensor?
    for group in groups {
      var runs: [Run] = []
      for branch in group.branches {
        // Nothing is negative behind a ReLU: such a branch is zero, and half the work is saved.
        if branch.input == .negative, isNonNegative, branch.weights.bias == nil { continue }
        runs.append(try Run(branch, passes, isNonNegative: isNonNegative))
      }
      guard var z = runs.first?.signedOutput else { continue }
      for run in runs.dropFirst() { z.combineInPlace(.add, with: run.signedOutput.ordered(z.order)) }
      var share = relevance.ordered(z.order)
      share.combineInPlace(.stabilizedQuotient(epsilon: epsilon), with: z)
      if let gate = group.gate {
        let output = try passes.output().ordered(share.order)
        share.combineInPlace(.gate, with: gate == .positive ? output : output.scaled(by: -1))
      }
      for run in runs {
        var part = try passes.backward(run.layer, share)
        part.combineInPlace(.multiply, with: run.input.ordered(part.order))
        let factor = group.weight * run.sign
        if var sum = total {
          total = nil
          sum = part.ordered(sum.order).combined(.scaledSum(factor: factor), with: sum)
          total = sum
        } else {
          total = factor == 1 ? part : part.scaled(by: factor)
        }
      }
    }
    return total ?? Tensor(repeating: 0, shape: x.shape)
  }

  /// A branch that has been run forward.
  private struct Run {
    let layer: any LinearOperator
    let input: Tensor
    let signedOutput: Tensor
    let sign: Float

    init(_ branch: Branch, _ passes: any LayerPasses, isNonNegative: Bool) throws(PellucidError) {
      let (layer, x) = (passes.layer, passes.input)
      self.layer = branch.weights == WeightChange(.same) ? layer : try layer.with(branch.weights)
      input =
        switch branch.input {
        case .same: x
        case .positive: isNonNegative ? x : x.clamped(low: 0)
        case .negative: x.clamped(high: 0)
        case .constant(let value): Tensor(repeating: value, shape: x.shape, order: x.order)
        }
      sign = branch.sign
      let z = try RelevanceRule.isUnchanged(branch) ? passes.output() : passes.forward(self.layer, input)
      signedOutput = sign == 1 ? z : z.scaled(by: sign)
    }
  }
}

/// A layer of which all values are there.
private struct WholeLayer: LayerPasses {
  let layer: any LinearOperator
  let saved: Saved

  var input: Tensor { saved.input() }
  func output() -> Tensor { saved.keptOutput() }
  func forward(_ layer: any LinearOperator, _ input: Tensor) throws(PellucidError) -> Tensor {
    try layer.forward([input])
  }
  func backward(_ layer: any LinearOperator, _ upstream: Tensor) throws(PellucidError) -> Tensor {
    try layer.gradient(upstream, saved: saved)[0]
  }
}
