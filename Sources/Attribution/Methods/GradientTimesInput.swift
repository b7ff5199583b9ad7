public import PellucidFaults
internal import PellucidTensors

/// Each voxel times the gradient there: its share of the score in a linear picture of the network.
///
///     R = x · ∂s/∂x
///
/// - Source: Shrikumar et al. 2016, arXiv:1605.01713.
public struct GradientTimesInput {
  /// The method, which has no parameters.
  public init() {}
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GradientTimesInput: ParameterlessMethod {
  public static let name = "gradient-x-input"
  public static let summary = "each voxel's value times its gradient"
  public static let paper = "Shrikumar et al. 2016, arXiv:1605.01713"
  public static let measure = Relevance.Measure.extensive

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let gradient = try score.gradient(at: subject.image)
    return Relevance(gradient.combined(.multiply, with: subject.image.ordered(gradient.order)), measure: Self.measure)
  }
}
