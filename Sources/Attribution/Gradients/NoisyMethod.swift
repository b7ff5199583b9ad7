public import PellucidFaults

/// A method that sums up the gradients at noisy copies of the image: what methods of this kind have in common.
///
/// A new one has a name, says where it was published, keeps its ``NoisyGradients`` and makes the map; parameters, options and settings
/// come from here.
public protocol NoisyMethod: AttributionMethod {
  /// How many noisy copies there are, and how noisy they are.
  var gradients: NoisyGradients { get }
  /// The fewest samples that mean anything.
  static var leastSamples: Int { get }

  /// The method with these gradients.
  init(_ gradients: NoisyGradients)
}

extension NoisyMethod {
  /// One sample is a map.
  public static var leastSamples: Int { 1 }

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - samples: noisy copies, ``leastSamples`` to 100,000.
  ///   - noise: standard deviation as a part of the input's range, 0 to 100.
  ///   - seed: start of the random numbers.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(samples: Int = 25, noise: Float = 0.1, seed: Int = 0) throws(PellucidError) {
    self.init(try NoisyGradients(samples: samples, noise: noise, seed: seed, least: Self.leastSamples))
  }

  /// The method with these option values as text.
  public init(_ values: OptionValues) throws(PellucidError) {
    self.init(try NoisyGradients(values, least: Self.leastSamples))
  }

  /// A value at each place.
  public static var measure: Relevance.Measure { .intensive }

  /// Samples, noise and seed.
  public static var options: [MethodOption] { NoisyGradients.options }

  /// The values in force.
  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    gradients.settings
  }

  /// Noisy copies.
  public var samples: Int { gradients.samples }
  /// Standard deviation of the noise as a part of the input's range.
  public var noise: Float { gradients.noise }
  /// Start of the random numbers.
  public var seed: Int { gradients.seed }
}
