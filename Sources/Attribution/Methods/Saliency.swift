public import PellucidFaults
internal import PellucidTensors

/// The gradient of the score at the image.
///
///     R = ∂s/∂x        abs: |∂s/∂x|        square: (∂s/∂x)²
///
/// - Source: Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034. Signed by default, as Captum's `Saliency(abs=False)`.
public struct Saliency {
  /// What becomes of the gradient.
  public enum Postprocess: String, Hashable, Sendable, CaseIterable {
    /// Its magnitude.
    case abs
    /// Its square.
    case square
    /// Nothing: it keeps its sign.
    case none
  }

  /// What becomes of the gradient.
  public let postprocess: Postprocess

  /// The method with these parameters.
  ///
  /// - Parameter postprocess: what becomes of the gradient.
  public init(postprocess: Postprocess = .none) { self.postprocess = postprocess }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Saliency: AttributionMethod {
  public static let name = "saliency"
  public static let summary = "how the score changes with each voxel: the gradient, signed"
  public static let paper = "Simonyan et al. 2014, arXiv:1312.6034"
  public static let measure = Relevance.Measure.intensive
  public static let options = [
    MethodOption("postprocess", "abs|square|none", default: "none", "take magnitudes or squares of the gradient")
  ]

  public init(_ values: OptionValues) throws(PellucidError) {
    self.init(postprocess: try values.choice("postprocess") ?? .none)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    ["postprocess": postprocess.rawValue]
  }

  public func relevance(
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
