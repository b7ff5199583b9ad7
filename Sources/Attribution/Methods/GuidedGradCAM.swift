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

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - layers: names of ONNX nodes or of their outputs; none: the last convolution of more than one voxel.
  ///   - upsampling: how cells come to the input's grid.
  public init(layers: [String] = [], upsampling: CamUpsampling = .stretch) {
    cam = GradCAM(layers: layers, upsampling: upsampling)
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GuidedGradCAM: AttributionMethod {
  public static let name = "guided-grad-cam"
  public static let summary = "guided-backprop times grad-cam"
  public static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"
  public static let measure = Relevance.Measure.intensive
  public static let options = GradCAM.options

  public init(_ values: OptionValues) throws(PellucidError) { cam = try GradCAM(values) }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    try cam.layers.settings(in: score.network, for: Self.name)
  }

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
