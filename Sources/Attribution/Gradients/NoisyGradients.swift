internal import Faults
internal import Tensors

/// The gradients at noisy copies of an image, which SmoothGrad, SmoothGrad² and VarGrad sum up each in its way.
///
///     g_q = ∂s/∂x (x + σ·n_q)        n_q standard normal, σ = noise × (max − min of x)
struct NoisyGradients {
  static let options = [
    MethodOption("samples", "N", default: "25", "noisy copies"),
    MethodOption("noise", "F", default: "0.1", "standard deviation as a part of the input's range"),
    MethodOption("seed", "N", default: "0", "start of the random numbers"),
  ]
  let samples: Int
  private let noise: Float
  private let seed: Int

  /// - Parameter least: the fewest samples that mean anything.
  init(_ values: OptionValues, least: Int = 1) throws(PellucidError) {
    samples = try values.integer("samples", default: 25, least: least, most: 100_000)
    noise = try values.number("noise", default: 0.1, in: 0...100, "a number of at least 0")
    seed = try values.integer("seed", default: 0, least: 0)
  }

  /// Calls `each` with every gradient in turn, [1, C, D, H, W], channels last.
  /// - Returns: what the provenance should say.
  func walk(
    _ subject: Subject, _ score: ScoreFunction, _ progress: any ProgressObserver,
    each: (Int, Tensor) throws(PellucidError) -> Void
  ) throws(PellucidError) -> [Relevance.Fact] {
    let image = subject.image.ordered(.channelsLast)
    let range = image.range
    let sigma = noise * (range.upperBound - range.lowerBound)
    var random = NormalNumbers(seed: UInt64(seed))
    try score.gradients(
      samples, progress: progress,
      image: { (_) throws(PellucidError) in
        Tensor(random.next(image.count, deviation: sigma), shape: image.shape, order: .channelsLast)
          .combined(.add, with: image)
      }, each: each)
    return [.init("noise_deviation", .number(Double(sigma)))]
  }
}
