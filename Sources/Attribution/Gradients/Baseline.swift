internal import Faults
internal import Tensors

/// The image that a path or a comparison begins at, as the user asks for it: `--baseline`, `--sigma`.
struct Baseline {
  enum Kind: Hashable {
    /// One value everywhere, in normalized units.
    case value(Float)
    /// The scan under a Gaussian: its anatomy without its detail.
    case blur(sigma: Float)
    /// Another scan, prepared as the card says and met in the world.
    case file(String)
  }

  static let options = [
    MethodOption(
      "baseline", "VALUE", default: "0",
      "the image compared with: a number in normalized units, blur (the scan under a Gaussian) or a NIfTI file, prepared as the card says"
    ),
    MethodOption("sigma", "MM", default: "8", "Gaussian of the baseline blur"),
  ]

  let kind: Kind

  /// - Throws: `.usage` for what is neither a number, the word nor a file.
  init(_ values: OptionValues) throws(PellucidError) {
    let sigma = try values.number("sigma", default: 8, in: 0.1...1000, "a number of mm from 0.1 to 1000")
    switch values.text("baseline") {
    case nil: kind = .value(0)
    case "blur": kind = .blur(sigma: sigma)
    case let text?:
      if let number = Float(text) {
        guard number.isFinite else { throw .optionValue("baseline", text, wanted: "a finite number") }
        kind = .value(number)
        return
      }
      let endings = [".nii", ".nii.gz", ".hdr", ".img", ".img.gz", ".hdr.gz"]
      guard text.contains("/") || endings.contains(where: text.lowercased().hasSuffix) else {
        throw .optionValue("baseline", text, wanted: "a number, blur or a NIfTI file")
      }
      kind = .file(text)
    }
  }

  /// The image, in the subject's shape, channels last; what the provenance should say of it; what its reader should know.
  func image(
    for subject: Subject
  ) throws(PellucidError) -> (image: Tensor, facts: [Relevance.Fact], notes: [Note]) {
    switch kind {
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
      guard let world = subject.world else { throw .baselineNeedsWorld(path) }
      let (image, covered) = try world.input(of: path, placed: true)
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
  static func baselineNeedsWorld(_ path: String) -> Self {
    .init(
      .usage, what: "the baseline \(path) needs the scan's place in the world",
      remedy: "give the subject's world, or a number")
  }

  static func baselineShape(_ path: String, _ shape: Shape, wanted: Shape) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the baseline is \(shape) for the model, the scan \(wanted)",
      remedy: "give a baseline of the scan's size, or state input.shape in the model card")
  }
}
