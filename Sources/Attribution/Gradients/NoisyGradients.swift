internal import PellucidFaults
internal import PellucidTensors

/// The gradients at noisy copies of an image, which SmoothGrad, SmoothGrad² and VarGrad sum up each in its way.
///
///     g_q = ∂s/∂x (x + σ·n_q)        n_q standard normal, σ = noise × (max − min of x)
public struct NoisyGradients: Sendable {
  static let options = [
    MethodOption("samples", "N", default: "25", "noisy copies"),
    MethodOption("noise", "F", default: "0.1", "standard deviation as a part of the input's range"),
    MethodOption("seed", "N", default: "0", "start of the random numbers"),
  ]
  let samples: Int
  let noise: Float
  let seed: Int

  /// - Parameter least: the fewest samples that mean anything.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  init(samples: Int, noise: Float, seed: Int, least: Int = 1) throws(PellucidError) {
    try Self.copies(least).check(samples)
    try ParameterCheck.number("noise", noise, in: 0...100, "a number of at least 0")
    try WholeParameter.seed.check(seed)
    self.samples = samples
    self.noise = noise
    self.seed = seed
  }

  init(_ values: OptionValues, least: Int = 1) throws(PellucidError) {
    try self.init(
      samples: try Self.copies(least).given(values) ?? 25, noise: try values.number("noise") ?? 0.1,
      seed: try WholeParameter.seed.given(values) ?? 0, least: least)
  }

  private static func copies(_ least: Int) -> WholeParameter { WholeParameter("samples", in: least...100_000) }

  /// The options as text.
  var settings: OptionValues { ["samples": "\(samples)", "noise": noise.optionText, "seed": "\(seed)"] }

  /// Calls `each` with every gradient in turn, [1, C, D, H, W], channels last.
  /// - Returns: what the provenance should say.
  func walk(
    _ subject: Subject, _ score: ScoreFunction, _ progress: any ProgressObserver,
    each: (Int, Tensor) throws(PellucidError) -> Void
  ) throws(PellucidError) -> [Relevance.Fact] {
    let image = subject.image.ordered(.channelsLast)
    let range = image.range
    let sigma = noise * (range.upperBound - range.lowerBound)
    try score.gradients(
      samples, progress: progress,
      image: { (sample) throws(PellucidError) in
        image.withNoise(deviation: sigma, seed: UInt64(seed), stream: UInt64(sample))
      }, each: each)
    return [.init("noise_deviation", .number(Double(sigma)))]
  }
}
