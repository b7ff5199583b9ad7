public import PellucidFaults
package import PellucidNetworks
internal import PellucidTensors

/// The gradient with ReLUs that let positive signals back whether or not the unit was active.
///
/// Only ReLU is changed, as in Captum; max-pool ties go to the first maximum.
/// - Source: Zeiler & Fergus 2014, arXiv:1311.2901.
public struct Deconvnet {
  /// The method, which has no parameters.
  public init() {}

  /// How it crosses a step; nil: by the gradient.
  package static func rule(of node: Node) -> (any BackwardRule)? {
    node.operation.role == .rectifier ? DeconvnetRectifier() : nil
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Deconvnet: ParameterlessMethod {
  public static let name = "deconvnet"
  public static let summary = "the gradient through ReLUs that pass positive signals only"
  public static let paper = "Zeiler & Fergus 2014, arXiv:1311.2901"
  public static let measure = Relevance.Measure.intensive

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let map = try score.gradient(at: subject.image, rule: Self.rule)
    return Relevance(map, measure: Self.measure)
  }
}

/// max(upstream, 0), whatever the ReLU saw.
struct DeconvnetRectifier: BackwardRule {
  let needs: GradientNeeds = []

  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    [upstream.clamped(low: 0)]
  }
}
