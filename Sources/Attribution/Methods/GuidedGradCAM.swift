public import PellucidFaults
internal import PellucidTensors

/// Guided backpropagation, kept where Grad-CAM is positive: fine and class-specific.
///
///     R = guided-backprop · grad-cam
///
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391; trilinear, as Captum's `GuidedGradCam(interpolate_mode='trilinear')`.
public struct GuidedGradCAM {
  /// The map that keeps what is class-specific.
  public let cam: GradCAM

  /// The method for these layers of Grad-CAM.
  public init(of layers: CamLayers) { cam = GradCAM(of: layers) }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GuidedGradCAM: LayeredCAM {
  public static let name = "guided-grad-cam"
  public static let summary = "guided-backprop times grad-cam"
  public static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"
  public var layers: CamLayers { cam.layers }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let cam = try cam.map(of: subject, score, for: Self.name)
    let guided = try GuidedBackprop.map(of: subject, score)
    var relevance = Relevance(
      guided.combined(.multiply, with: cam.map.ordered(guided.order)), measure: Self.measure, facts: cam.facts)
    relevance.notes = cam.notes
    return relevance
  }
}
