public import PellucidFaults

/// What occluded voxels become.
///
///     Occlusion(patch: 20, fill: .blur(sigma: 6))
///
/// A method takes `Fill.options` into its own, makes a `Fill` of the values it is given, and an `Occluder` of that and the subject:
///
///     fill = try Fill(values)                               // in init(_ values:)
///     let occluder = try Occluder(fill, for: subject)       // in relevance(of:to:)
///     scorer.scores(of: places.map(occluder.perturbation))
public struct Fill: Hashable, Sendable {
  /// The sorts of fill.
  public enum Kind: Hashable, Sendable {
    /// The value that means "nothing here". Misleads: a hole looks like atrophy or a ventricle, which the network knows as disease.
    case background
    /// One value in normalized units. Misleads like the background, and its border is an edge that no brain has.
    case value(Float)
    /// The mean over the brain, channel by channel. Misleads: a grey patch has no cortex and no ventricle, and its border is an edge.
    case mean
    /// The scan under a Gaussian. Misleads: what is larger than the Gaussian survives, so the map says too little of large changes such
    /// as wide ventricles; at the head's border background is mixed in, which looks like atrophy.
    case blur
    /// Normal noise of the scan's local mean and variance. Misleads: a texture that no scanner makes may itself be evidence, and one
    /// draw is one sample.
    case noise
    /// The contralateral voxels across the world's plane x = 0. Misleads: a change on both sides stays invisible, healthy asymmetry
    /// looks like evidence, and a head that is not centred on x = 0 gets the wrong anatomy.
    case mirror
    /// A template in world space, matched in intensity. Misleads: misregistration and the template's smoothness, age and scanner
    /// look like disease.
    case file(String)
  }

  /// Which.
  public let kind: Kind
  /// Standard deviation of the Gaussian of `blur` and `noise`, mm.
  public let sigma: Float
  /// Width of the soft border, mm; 0: none.
  public let feather: Float
  /// Start of the noise's random numbers.
  public let seed: Int

  /// A fill; a method or an ``Occluder`` that is given it checks its numbers.
  public init(_ kind: Kind = .background, sigma: Float = 8, feather: Float = 0, seed: Int = 0) {
    self.kind = kind
    self.sigma = sigma
    self.feather = feather
    self.seed = seed
  }

  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  func check() throws(PellucidError) {
    if case .value(let value) = kind { try ParameterCheck.finite("fill", value) }
    try ParameterCheck.number("sigma", sigma, in: 0.1...1000, "a number of mm from 0.1 to 1000")
    try ParameterCheck.number("feather", feather, in: 0...1000, "a number of mm from 0 to 1000")
    try WholeParameter.seed.check(seed)
  }

  /// The same fill with another start of its random numbers.
  func seeded(_ seed: Int) -> Fill { Fill(kind, sigma: sigma, feather: feather, seed: seed) }

  /// Whether it is made with a Gaussian.
  private var hasGaussian: Bool { kind == .blur || kind == .noise }

  /// The options of every method that fills; `seedOption` stands apart, for methods that have a seed of their own.
  public static let options = [
    MethodOption(
      "fill", "VALUE", default: "the card's background",
      "what occluded voxels become: a number in normalized units, mean (of the brain), blur, noise, mirror (the other hemisphere) "
        + "or a template file"),
    MethodOption("sigma", "MM", default: "8", "Gaussian of the fills blur and noise"),
    MethodOption("feather", "MM", default: "0", "soft border around occluded voxels"),
  ]

  /// The seed of the fill `noise`.
  public static let seedOption = MethodOption("seed", "N", default: "0", "start of the random numbers")

  /// The fill that these options ask for.
  /// - Throws: `.usage` for an unknown word (with near misses) or a number out of bounds.
  public init(_ values: OptionValues) throws(PellucidError) {
    let kind = try values.text("fill").map { (text) throws(PellucidError) in try Self.kind(text) } ?? .background
    let sigma = try values.number("sigma")
    self.init(
      kind, sigma: sigma ?? 8, feather: try values.number("feather") ?? 0,
      seed: try WholeParameter.seed.given(values) ?? 0)
    if sigma != nil, !hasGaussian { throw .sigmaWithoutGaussian() }
    try check()
  }

  /// Its options as text, without those that have no effect.
  var settings: OptionValues {
    var settings: OptionValues = ["fill": name, "feather": feather.optionText]
    if case .value(let value) = kind { settings["fill"] = value.optionText }
    if hasGaussian { settings["sigma"] = sigma.optionText }
    if kind == .noise { settings["seed"] = "\(seed)" }
    return settings
  }

  private static let words: [(String, Kind)] = [
    ("background", .background), ("mean", .mean), ("blur", .blur), ("noise", .noise), ("mirror", .mirror),
  ]

  private static func kind(_ text: String) throws(PellucidError) -> Kind {
    if let word = words.first(where: { $0.0 == text }) { return word.1 }
    if let number = Float(text) { return .value(number) }
    guard OptionValues.looksLikeFile(text) else { throw .unknownFill(text, among: words.map(\.0)) }
    return .file(text)
  }

  /// The word on the command line, the number, or the file.
  public var name: String {
    switch kind {
    case .value(let value): "\(value)"
    case .file(let path): path
    default: Self.words.first { $0.1 == kind }?.0 ?? ""
    }
  }
}

extension Fill {
  /// The value that means "nothing here".
  public static let background = Fill(.background)
  /// The mean over the brain, channel by channel.
  public static let mean = Fill(.mean)
  /// The contralateral voxels.
  public static let mirror = Fill(.mirror)

  /// One value in normalized units.
  public static func value(_ value: Float) -> Fill { Fill(.value(value)) }
  /// The scan under a Gaussian of so many mm.
  public static func blur(sigma: Float = 8) -> Fill { Fill(.blur, sigma: sigma) }
  /// Normal noise of the scan's mean and variance under a Gaussian of so many mm.
  public static func noise(sigma: Float = 8, seed: Int = 0) -> Fill { Fill(.noise, sigma: sigma, seed: seed) }
  /// A template in world space, matched in intensity.
  public static func file(_ path: String) -> Fill { Fill(.file(path)) }

  /// The same fill with a soft border of so many mm around what is occluded.
  public func feathered(_ width: Float) -> Fill { Fill(kind, sigma: sigma, feather: width, seed: seed) }
}
