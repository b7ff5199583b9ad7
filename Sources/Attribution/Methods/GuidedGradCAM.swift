public import Faults
internal import Tensors

/// Guided backpropagation, kept where Grad-CAM is positive: fine and class-specific.
///
///     R = guided-backprop · grad-cam
///
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391; trilinear, as Captum's `GuidedGradCam(interpolate_mode='trilinear')`.
public struct GuidedGradCAM: AttributionMethod {
  public static let name = "guided-grad-cam"
  public static let summary = "guided-backprop times grad-cam"
  public static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"
  public static let options = GradCAM.options
  private let cam: GradCAM

  public init(_ values: OptionValues) throws(PellucidError) { cam = try GradCAM(values) }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let (cam, facts) = try cam.map(of: subject, score)
    let guided = try GuidedBackprop.map(of: subject, score)
    return Relevance(guided.combined(.multiply, with: cam.ordered(guided.order)), measure: .intensive, facts: facts)
  }
}
