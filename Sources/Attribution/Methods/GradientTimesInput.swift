package import Faults
internal import Tensors

/// Each voxel times the gradient there: its share of the score in a linear picture of the network.
///
///     R = x · ∂s/∂x
///
/// - Source: Shrikumar et al. 2016, arXiv:1605.01713.
package struct GradientTimesInput: AttributionMethod {
  package static let name = "gradient-x-input"
  package static let summary = "each voxel's value times its gradient"
  package static let paper = "Shrikumar et al. 2016, arXiv:1605.01713"
  package static let measure = Relevance.Measure.extensive
  package static let options: [MethodOption] = []

  package init(_ values: OptionValues) throws(PellucidError) {}

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let gradient = try score.gradient(at: subject.image)
    return Relevance(gradient.combined(.multiply, with: subject.image.ordered(gradient.order)), measure: Self.measure)
  }
}
