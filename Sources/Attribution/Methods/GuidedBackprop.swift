public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The gradient with ReLUs that let only positive signals back through active units.
///
/// Only ReLU is changed, as in Captum: other activations keep their gradient.
/// - Source: Springenberg et al. 2015, arXiv:1412.6806.
public struct GuidedBackprop {
  /// The method, which has no parameters.
  public init() {}
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GuidedBackprop: ParameterlessMethod {
  public static let name = "guided-backprop"
  public static let summary = "the gradient through ReLUs that drop negative signals"
  public static let paper = "Springenberg et al. 2015, arXiv:1412.6806"
  public static let measure = Relevance.Measure.intensive

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    Relevance(try Self.map(of: subject, score), measure: Self.measure)
  }

  static func map(of subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> Tensor {
    try score.gradient(at: subject.image) { $0.operation.role == .rectifier ? GuidedRectifier() : nil }
  }
}

/// max(upstream, 0) where the ReLU was active.
struct GuidedRectifier: BackwardRule {
  let needs: GradientNeeds = .output

  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    let output = saved.keptOutput()
    var gated = upstream.ordered(output.order)
    gated.combineInPlace(.guidedGate, with: output)
    return [gated]
  }
}
