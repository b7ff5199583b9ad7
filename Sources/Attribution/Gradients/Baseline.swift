internal import PellucidFaults
internal import PellucidTensors

/// The image that a path or a comparison begins at.
public enum Baseline: Hashable, Sendable {
  /// One value everywhere, in normalized units.
  case value(Float)
  /// The scan under a Gaussian of so many mm: its anatomy without its detail.
  case blur(sigma: Float = 8)
  /// Another scan, prepared as the card says and met in the world.
  case file(String)

  static let options = [
    MethodOption(
      "baseline", "VALUE", default: "0",
      "the image compared with: a number in normalized units, blur (the scan under a Gaussian) or a NIfTI file, prepared as the card says"
    ),
    MethodOption("sigma", "MM", default: "8", "Gaussian of the baseline blur"),
  ]

  /// The baseline that these options ask for.
  /// - Throws: `.usage` for what is neither a number, the word nor a file.
  init(_ values: OptionValues) throws(PellucidError) {
    let sigma = try values.number("sigma") ?? 8
    try Self.blur(sigma: sigma).check()
    switch values.text("baseline") {
    case nil: self = .value(0)
    case "blur": self = .blur(sigma: sigma)
    case let text?:
      if let number = Float(text) {
        self = .value(number)
      } else {
        guard OptionValues.looksLikeFile(text) else { throw .unknownBaseline(text) }
        self = .file(text)
      }
    }
    try check()
  }

  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  func check() throws(PellucidError) {
    switch self {
    case .value(let value): try ParameterCheck.finite("baseline", value)
    case .blur(let sigma):
      try ParameterCheck.number("sigma", sigma, in: 0.1...1000, "a number of mm from 0.1 to 1000")
    case .file: break
    }
  }

  /// Its options as text, without those that have no effect.
  var settings: OptionValues {
    switch self {
    case .value(let value): ["baseline": value.optionText]
    case .blur(let sigma): ["baseline": "blur", "sigma": sigma.optionText]
    case .file(let path): ["baseline": path]
    }
  }

  /// The image, in the subject's shape, channels last; what the provenance should say of it; what its reader should know.
  func image(
    for subject: Subject
  ) throws(PellucidError) -> (image: Tensor, facts: [Relevance.Fact], notes: [Note]) {
    switch self {
    case .value(let value):
      return (
        Tensor(repeating: value, shape: subject.image.shape, order: .channelsLast),
        [.init("baseline", .number(Double(value)))], []
      )
    case .blur(let sigma):
      let window = GaussianWindow(sigma: Double(sigma), voxelSizes: subject.voxelSizes)
      return (
        window.mean(of: subject.image).ordered(.channelsLast),
        [.init("baseline", .text("blur")), .init("sigma_mm", .number(Double(sigma)))], []
      )
    case .file(let path):
      guard let files = subject.files else { throw .fileNeedsReader(path) }
      let (image, covered) = try files.input(of: path, placed: true)
      guard image.shape == subject.image.shape else {
        throw .baselineShape(path, image.shape, wanted: subject.image.shape)
      }
      let note = Note(
        what: "the baseline \(path) covers \(Int((100 * covered).rounded(.down))) % of the scan",
        how: "the rest is compared with the background")
      return (
        image.ordered(.channelsLast),
        [.init("baseline", .text(path)), .init("baseline_covers", .number(covered))], covered < 0.99 ? [note] : []
      )
    }
  }
}

extension PellucidError {
  static func unknownBaseline(_ text: String) -> Self {
    .parameter("baseline", text, wanted: "a number, blur or a NIfTI file")
  }

  static func baselineShape(_ path: String, _ shape: Shape, wanted: Shape) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the baseline is \(shape) for the model, the scan \(wanted)",
      remedy: "give a baseline of the scan's size, or state input.shape in the model card")
  }
}
