import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidPreprocessing
import PellucidResults
import PellucidVolumes

struct LesionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesion",
    abstract: "Says what a network would answer if a sphere of the brain were something else.",
    discussion: """
      A virtual lesion: the scores before and after, as one line of JSON. For example:

        pellucid lesion patient.nii.gz --model cnn.onnx \\
          --at -24,-20,-16 --radius 8 --fill mirror

      Keys: image, at, radius_mm, voxels, fill, classes, scores_before, scores_after (logits), probabilities_before, \
      probabilities_after, target, score, score_before, score_after, score_drop, seconds (of the second answer alone).

      What each fill is good for, and when it misleads: docs/fills.md.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The sphere's centre in world mm: to the right, to the front, up (RAS+).", valueName: "x,y,z"))
  var at: String

  @Option(parsing: .unconditional, help: ArgumentHelp("The sphere's radius in mm.", valueName: "mm"))
  var radius: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      What its voxels become: a number in normalized units, mean (of the brain), blur, noise, mirror (the other \
      hemisphere) or a template file (default: the card's background).
      """, valueName: "fill"))
  var fill: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Gaussian of the fills blur and noise, in mm (default: 8).", valueName: "mm"))
  var sigma: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Soft border around the sphere, in mm (default: 0).", valueName: "mm"))
  var feather: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Start of the fill noise's random numbers (default: 0).", valueName: "n"))
  var seed: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A class (name or index), the difference A-B, or a sum 0.5*A+0.5*B (default: the class with the highest score).",
      valueName: "target"))
  var target: String?

  @Option(help: ArgumentHelp("The scale of the score (default: probability).", valueName: "scale"))
  var score: ScoreKind?

  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    memory.apply()
    let centre = try Self.point(at)
    guard let millimetres = Double(radius), millimetres > 0, millimetres <= 1000 else {
      throw PellucidError.radius(radius)
    }
    let fill = try Fill(OptionValues(fillOptions))
    var options = Explainer.Options()
    options.target = target
    options.score = score
    options.nan = nan.policy
    let explainer = Explainer(try model.classifier(), options: options)
    let subject = try explainer.prepare(ScanReference(image))
    StandardError.tell(subject.notes, of: image)
    let lesion = try explainer.lesion(subject, at: centre, radius: millimetres, fill: fill)
    try StandardOutput.write(lesion.json(subject, at: centre, radius: millimetres, fill: fill).text())
  }

  private var fillOptions: [String: String] {
    var given: [String: String] = [:]
    given["fill"] = fill
    given["sigma"] = sigma
    given["feather"] = feather
    given["seed"] = seed
    return given
  }

  private static func point(_ text: String) throws(PellucidError) -> WorldPoint {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let numbers = parts.compactMap { $0 }.filter(\.isFinite)
    guard numbers.count == 3, parts.count == 3 else { throw .place(text) }
    return WorldPoint(x: numbers[0], y: numbers[1], z: numbers[2])
  }
}
