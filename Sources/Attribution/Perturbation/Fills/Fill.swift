public import Faults

/// What occluded voxels become, as the user asks for it: `--fill`, `--sigma`, `--feather`, `--seed`.
///
/// A method takes `Fill.options` into its own, makes a `Fill` of the values it is given, and an `Occluder` of that and the subject:
///
///     fill = try Fill(values)                               // in init
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
  public let seed: UInt64

  /// A fill.
  /// - Precondition: sigma is positive, feather not negative.
  public init(_ kind: Kind = .background, sigma: Float = 8, feather: Float = 0, seed: UInt64 = 0) {
    precondition(sigma > 0 && feather >= 0, "sigma is positive, feather not negative")
    self.kind = kind
    self.sigma = sigma
    self.feather = feather
    self.seed = seed
  }

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
    let kind = try Self.kind(of: values)
    let sigma = try values.number("sigma", default: 8, in: 0.1...1000, "a number of mm from 0.1 to 1000")
    if values.text("sigma") != nil, kind != .blur, kind != .noise { throw .sigmaWithoutGaussian() }
    self.init(
      kind, sigma: sigma,
      feather: try values.number("feather", default: 0, in: 0...1000, "a number of mm from 0 to 1000"),
      seed: UInt64(try values.integer("seed", default: 0, least: 0)))
  }

  private static let words: [(String, Kind)] = [
    ("background", .background), ("mean", .mean), ("blur", .blur), ("noise", .noise), ("mirror", .mirror),
  ]

  private static func kind(of values: OptionValues) throws(PellucidError) -> Kind {
    guard let text = values.text("fill") else { return .background }
    if let word = words.first(where: { $0.0 == text }) { return word.1 }
    if let number = Float(text) {
      guard number.isFinite else { throw .optionValue("fill", text, wanted: "a finite number") }
      return .value(number)
    }
    let endings = [".nii", ".nii.gz", ".hdr", ".img", ".img.gz", ".hdr.gz"]
    if text.contains("/") || endings.contains(where: text.lowercased().hasSuffix) { return .file(text) }
    throw .unknownFill(text, among: words.map(\.0))
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
