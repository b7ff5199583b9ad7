public import PellucidFaults

/// A method that scores the image with some of its features there and the others filled: what methods of this kind have in common.
///
/// A new one has a name, says where it was published and how many coalitions it scores, keeps its ``CoalitionSampling`` and makes the
/// map; parameters, options and settings come from here.
public protocol CoalitionMethod: AttributionMethod {
  /// How much it samples, of which features, and what absent ones become.
  var sampling: CoalitionSampling { get }
  /// What the number of samples is called, what it may be, and its default.
  static var amount: CoalitionSampling.Amount { get }

  /// The method with this sampling.
  init(_ sampling: CoalitionSampling)
}

extension CoalitionMethod {
  /// The method with these option values as text.
  public init(_ values: OptionValues) throws(PellucidError) {
    let count = try Self.amount.parameter.given(values) ?? Self.amount.standard
    self.init(try CoalitionSampling(count, Self.amount, FeatureOptions(values)))
  }

  /// The number of samples, and what the features are.
  public static var options: [MethodOption] { [amount.option] + FeatureOptions.options }

  /// Perturbed images are told apart by their probabilities.
  public static var defaultScore: ScoreKind { .probability }

  /// The values in force, without those that have no effect on the subject.
  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    sampling.features.settings(for: subject).merging([Self.amount.parameter.name: "\(sampling.count)"])
  }

  /// How many pieces of similar intensity are the features; nil: the atlas's regions, or 200 where there is no atlas.
  public var supervoxels: Int? { sampling.features.supervoxels }
  /// How round they are.
  public var compactness: Float { sampling.features.compactness }
  /// What absent features become.
  public var fill: Fill { sampling.features.fill }
  /// Start of the random numbers.
  public var seed: Int { sampling.features.seed }
}

/// A ``CoalitionMethod`` whose samples are coalitions.
public protocol DrawnCoalitionMethod: CoalitionMethod {}

extension DrawnCoalitionMethod {
  /// Coalitions, 1000 unless given.
  public static var amount: CoalitionSampling.Amount { .coalitions }

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - samples: coalitions of features that are scored, 2 to 1,000,000.
  ///   - supervoxels: how many pieces of similar intensity are the features; nil: the atlas's regions, or 200 where there is no atlas.
  ///   - compactness: how round they are, 0.0001 to 10,000.
  ///   - fill: what absent features become.
  ///   - seed: start of the random numbers, also of the fill's noise.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(
    samples: Int = 1000, supervoxels: Int? = nil, compactness: Float = 0.1, fill: Fill = .background, seed: Int = 0
  ) throws(PellucidError) {
    let features = try FeatureOptions(supervoxels: supervoxels, compactness: compactness, fill: fill, seed: seed)
    self.init(try CoalitionSampling(samples, .coalitions, features))
  }

  /// Coalitions of features that are scored.
  public var samples: Int { sampling.count }
}

/// How a ``CoalitionMethod`` samples.
public struct CoalitionSampling: Sendable {
  /// What the number of samples is called, what it may be, and its default.
  public struct Amount: Sendable {
    let parameter: WholeParameter
    let standard: Int
    let option: MethodOption

    init(_ name: String, in range: ClosedRange<Int>, default standard: Int, _ help: String) {
      parameter = WholeParameter(name, in: range)
      self.standard = standard
      option = MethodOption(name, "N", default: "\(standard)", help)
    }

    /// Coalitions that are drawn one by one.
    static let coalitions = Amount(
      "samples", in: 2...1_000_000, default: 1000, "coalitions of features that are scored")
  }

  /// How many samples.
  let count: Int
  let features: FeatureOptions

  /// - Throws: `.usage` for a number of samples that is out of bounds, naming the parameter.
  init(_ count: Int, _ amount: Amount, _ features: FeatureOptions) throws(PellucidError) {
    try amount.parameter.check(count)
    self.count = count
    self.features = features
  }
}
