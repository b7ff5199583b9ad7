package import Faults
internal import Tensors

/// The gradient of the score at the image.
///
///     R = ∂s/∂x        abs: |∂s/∂x|        square: (∂s/∂x)²
///
/// - Source: Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034. Signed by default, as Captum's `Saliency(abs=False)`.
package struct Saliency: AttributionMethod {
  package static let name = "saliency"
  package static let summary = "how the score changes with each voxel: the gradient, signed"
  package static let paper = "Simonyan et al. 2014, arXiv:1312.6034"
  package static let measure = Relevance.Measure.intensive
  package static let options = [
    MethodOption("postprocess", "abs|square|none", default: "none", "take magnitudes or squares of the gradient")
  ]

  enum Postprocess: String, CaseIterable { case abs, square, none }
  private let postprocess: Postprocess

  package init(_ values: OptionValues) throws(PellucidError) {
    postprocess = try values.choice("postprocess", default: .none)
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let gradient = try score.gradient(at: subject.image)
    let map =
      switch postprocess {
      case .none: gradient
      case .abs: gradient.combined(.maximum, with: gradient.scaled(by: -1))
      case .square: gradient.combined(.multiply, with: gradient)
      }
    return Relevance(map, measure: Self.measure)
  }
}
