package import Faults
internal import Tensors

/// The gradient averaged over noisy copies of the image.
///
///     R = mean over q of ∂s/∂x (x + σ·n_q)        n_q standard normal, σ = noise × (max − min of x)
///
/// - Source: Smilkov et al. 2017, arXiv:1706.03825. The same seed gives the same map.
/// - Complexity: one forward and backward pass a sample.
package struct SmoothGrad: AttributionMethod {
  package static let name = "smoothgrad"
  package static let summary = "the gradient averaged over noisy copies of the scan"
  package static let paper = "Smilkov et al. 2017, arXiv:1706.03825"
  package static let options = [
    MethodOption("samples", "N", default: "25", "noisy copies"),
    MethodOption("noise", "F", default: "0.1", "standard deviation as a part of the input's range"),
    MethodOption("seed", "N", default: "0", "start of the random numbers"),
  ]
  private let samples: Int
  private let noise: Float
  private let seed: Int

  package init(_ values: OptionValues) throws(PellucidError) {
    samples = try values.integer("samples", default: 25, least: 1, most: 100_000)
    noise = try values.number("noise", default: 0.1, in: 0...100, "a number of at least 0")
    seed = try values.integer("seed", default: 0, least: 0)
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let image = subject.image.ordered(.channelsLast)
    let range = image.range
    let sigma = noise * (range.upperBound - range.lowerBound)
    var random = NormalNumbers(seed: UInt64(seed))
    var mean = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
    for sample in 0..<samples {
      let noisy = Tensor(random.next(image.count, deviation: sigma), shape: image.shape, order: .channelsLast)
        .combined(.add, with: image)
      let gradient = try score.gradient(at: noisy).ordered(.channelsLast)
      mean = gradient.combined(.scaledSum(factor: 1 / Float(samples)), with: mean)
      progress.advanced(to: sample + 1, of: samples)
    }
    return Relevance(mean, measure: .intensive, facts: [("noise_deviation", .number(Double(sigma)))])
  }
}
