package import Faults
internal import Tensors

/// Guided backpropagation, kept where Grad-CAM is positive: fine and class-specific.
///
///     R = guided-backprop · grad-cam
///
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391; trilinear, as Captum's `GuidedGradCam(interpolate_mode='trilinear')`.
package struct GuidedGradCAM: AttributionMethod {
  package static let name = "guided-grad-cam"
  package static let summary = "guided-backprop times grad-cam"
  package static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"
  package static let measure = Relevance.Measure.intensive
  package static let options = GradCAM.options
  private let cam: GradCAM

  package init(_ values: OptionValues) throws(PellucidError) { cam = try GradCAM(values) }

  package func relevance(
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
