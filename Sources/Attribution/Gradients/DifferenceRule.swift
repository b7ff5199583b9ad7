internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// DeepLIFT's multipliers: how a difference from the baseline at a step's output is shared among its inputs.
///
///     function of single values, y = f(x):  m_x = m_y·(y − y₀) / (x − x₀), the gradient where x = x₀        (rescale)
///     quotient a/b:  m_a = m_y/b, m_b = −m_y·a₀/(b·b₀), since Δ(a/b) = Δa/b + a₀·Δ(1/b)
///     max pool, and the maximum of two features:  m_x = [U_x(m_y·(max(y, y₀) − y₀)) + U_x₀(m_y·(y − max(y, y₀)))] / (x − x₀)
///     normalization by the input's own statistics:  see `Standardization.multipliers`
///     all others:  the mean of their gradients at the image and at the baseline
///
/// U_x hands each window's value to the place of its maximum in x; where windows overlap, values add up (Captum's unpooling keeps only
/// one of them). The mean of both gradients is exact for linear and bilinear steps (products of activations, attention) and right to
/// second order for the rest, where Captum takes the gradient at the image alone.
struct DifferenceRule: BackwardRule {
  private enum Kind { case rescale, quotient, maximum, standardization, other }
  private let kind: Kind
  let needs: GradientNeeds

  /// Inputs closer than this count as equal, as in Captum.
  private static let nearest: Float = 1e-10

  /// The rule for a step; nil where its gradient is constant.
  init?(_ node: Node) {
    let operation = node.operation
    guard !operation.gradientNeeds.isEmpty else { return nil }
    switch operation.role {
    case .activation where node.inputs.count == 1, .rectifier: kind = .rescale
    case .maximum where node.inputs.count == 1: kind = .maximum
    case .quotient: kind = .quotient
    case _ where node.type == "Max" && node.inputs.count == 2: kind = .maximum
    default: kind = operation is any Standardizing ? .standardization : .other
    }
    switch kind {
    case .rescale, .maximum: needs = [.inputs, .output]
    case .quotient, .standardization, .other: needs = operation.gradientNeeds
    }
  }

  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    guard let other = saved.contrast.first else { preconditionFailure("a trace without a baseline") }
    let operation = node.operation
    let multipliers = upstream
    switch kind {
    case .standardization:
      guard let step = operation as? any Standardizing else { preconditionFailure("a rule of another step") }
      return [try step.crossed(multipliers, saved: saved, .difference(from: other))]
    case .quotient:
      var mixed = saved
      mixed.inputs[0] = other.inputs[0]
      // The second of these is −m_y·a₀/b².
      let (a, b) = (
        try operation.gradient(multipliers, saved: saved)[0], try operation.gradient(multipliers, saved: mixed)[1]
      )
      return [a, b.combined(.multiply, with: saved.input(1).combined(.divide, with: other.input(1).ordered(b.order)))]
    case .other:
      let (a, b) = (
        try operation.gradient(multipliers, saved: saved), try operation.gradient(multipliers, saved: other)
      )
      return zip(a, b).map { $0.combined(.add, with: $1.ordered($0.order)).scaled(by: 0.5) }
    case .rescale:
      let share = multipliers.combined(
        .multiply, with: Self.difference(saved.keptOutput(), other.keptOutput()).ordered(multipliers.order))
      return [Self.divided(share, saved, other, gradient: try operation.gradient(multipliers, saved: saved)[0], 0)]
    case .maximum:
      let y = saved.keptOutput()
      let y0 = other.keptOutput().ordered(y.order)
      let g = multipliers.ordered(y.order)
      let highest = y.combined(.maximum, with: y0)
      let gain = g.combined(.multiply, with: highest.combined(.subtract, with: y0))
      let loss = g.combined(.multiply, with: y.combined(.subtract, with: highest))
      let gains = try operation.gradient(gain, saved: saved)
      let losses = try operation.gradient(loss, saved: other)
      let gradients = try operation.gradient(g, saved: saved)
      return gains.indices.map { place in
        let share = gains[place].combined(.add, with: losses[place].ordered(gains[place].order))
        return Self.divided(share, saved, other, gradient: gradients[place], place)
      }
    }
  }

  private static func difference(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.combined(.subtract, with: b.ordered(a.order))
  }

  /// A share of the difference over an input's difference; the gradient where there is none.
  private static func divided(
    _ share: Tensor, _ saved: Saved, _ other: Saved, gradient: Tensor, _ place: Int
  ) -> Tensor {
    let change = difference(saved.input(place), other.input(place)).ordered(share.order)
    return share.combined(.quotientBeyond(threshold: nearest), with: change)
      .combined(.add, with: gradient.ordered(share.order).combined(.within(threshold: nearest), with: change))
  }
}
