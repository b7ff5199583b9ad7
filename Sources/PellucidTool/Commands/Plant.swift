import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidCohorts
import PellucidEvaluation
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidPreprocessing
import PellucidResults
import PellucidTables
import PellucidVolumes

struct Plant: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plants simulated atrophy in a scan, so that there is a truth to find.",
    discussion: """
      Regions shrink by a smooth deformation, and fluid fills the room that they leave. For example:

        pellucid plant healthy.nii.gz --region Hippocampus_L,Hippocampus_R \\
          --atlas aal --loss 0.3 --model cnn.onnx --target AD --out planted
        pellucid evaluate truth planted --model cnn.onnx --target AD --out quality

      The folder gets STEM_planted.nii.gz, STEM_truth.nii.gz (1 where the scan was changed), STEM_displacement.nii.gz (x, y, z \
      in mm, RAS+: from where each voxel's value comes) and STEM_planted.json, all of them or none.

      With a model it is told whether the score moved at all: where it did not, no method can be expected to find what was planted. \
      The scan should be T1-weighted, with fluid darker than tissue.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @Option(
    help: ArgumentHelp("The regions that shrink, by name or label, separated by commas.", valueName: "name[,name]"))
  var region: String

  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image).", valueName: "tsv"))
  var labels: String?

  @OptionGroup var placement: AtlasPlacement

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The part of the regions' volume that is lost.", valueName: "part"))
  var loss = 0.3

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Grey value of cerebrospinal fluid (default: the 2nd percentile of what the atlas labels).", valueName: "value"))
  var csf: Double?

  @Option(name: .shortAndLong, help: ArgumentHelp("A network that is asked before and after.", valueName: "onnx"))
  var model: String?

  @Option(help: ArgumentHelp("Its card (default: beside the model, same name, .yaml).", valueName: "yaml"))
  var card: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The class that the network is asked for (default: the one with the highest score).", valueName: "target"))
  var target: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    guard loss > 0, loss <= 0.8 else { throw PellucidError.loss(loss) }
    let unplaced = try placement.load(atlas, labels: labels, nan: nan.policy)
    let transforms = try placement.transforms(nan: nan.policy)
    let classifier = try model.map { try ModelOptions.classifier(model: $0, card: card, inputs: []) }
    let reference = ScanReference(image)
    let scan = try Volume(contentsOf: image, nan: nan.policy)
    StandardError.tell(scan.notes, of: image)
    let placed = try placement.placed(unplaced, on: scan, by: transforms)
    let names = region.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init)
    let regions = try Set(names.map { try placed.region(named: $0).index })
    let planted: PlantedAtrophy
    do throws(PellucidError) {
      planted = try PlantedAtrophy(
        in: scan, labels: try placed.labels(on: scan.shape, affine: scan.affine), regions: regions, loss: loss,
        fluid: csf.map { Float($0) })
    } catch {
      throw error.located(in: image)
    }
    let scores = try classifier.map { try self.scores($0, reference, planted.scan) }
    try write(planted, stem: reference.stem, names, scores)
    let percent = { (part: Double) in FixedPoint.text(100 * part, digits: 1) }
    try StandardOutput.write(
      "\(image): \(names.joined(separator: ", ")) from \(FixedPoint.text(planted.volumes.before / 1000, digits: 2)) to "
        + "\(FixedPoint.text(planted.volumes.after / 1000, digits: 2)) cm³ (\(percent(planted.loss)) % lost); "
        + "at most \(FixedPoint.text(planted.largestShift, digits: 1)) mm moved")
    if csf == nil {
      StandardError.write(
        "pellucid: note: fluid is taken as \(NumberText.significant(Double(planted.fluidValue), digits: 4)), the 2nd percentile of what the atlas labels; --csf says otherwise"
      )
    }
    if let scores { tell(scores) }
    for part in ["planted", "truth", "displacement"] {
      try StandardOutput.write("\(out.prefix)\(reference.stem)_\(part).nii.gz")
    }
  }

  /// What the network answers before and after, on the scale of probabilities where there are any.
  private func scores(
    _ classifier: Classifier, _ reference: ScanReference, _ planted: Volume
  ) throws -> ScoreMove {
    var options = Explainer.Options()
    options.target = target
    options.nan = nan.policy
    let explainer = Explainer(classifier, options: options)
    let before = try explainer.prepare(reference)
    let question = try explainer.question(for: before)
    let score = explainer.score(of: question, on: .probability)
    let after = try explainer.prepare(Scan(reference, volumes: [planted]))
    return ScoreMove(
      target: question.target.name, before: try score.scores(ofImages: before.prepared.input)[0],
      after: try score.scores(ofImages: after.prepared.input)[0])
  }

  private func tell(_ move: ScoreMove) {
    StandardError.write(
      move.hasMoved
        ? "pellucid: note: \(move.words)"
        : "pellucid: warning: \(move.words): it hardly moved, so that no method can be expected to find what was planted; take a larger --loss, or regions that matter to this network"
    )
  }

  private func write(
    _ planted: PlantedAtrophy, stem: String, _ names: [String],
    _ scores: ScoreMove?
  ) throws(PellucidError) {
    let files = try FileSet(folder: out.path)
    try planted.scan.write(into: files, as: "\(stem)_planted.nii.gz", description: "SIMULATED atrophy; not a patient")
    try planted.truth.write(
      into: files, as: "\(stem)_truth.nii.gz", description: "1 where the scan was changed", displayRange: 0...1)
    try planted.displacement.write(
      into: files, as: "\(stem)_displacement.nii.gz", description: "mm, RAS+: from where a value comes")
    var json: JSONValue = [
      "pellucid": .string(ToolVersion.text), "image": .string(image),
      "image_sha256": .string(try SHA256.hexDigest(ofFile: image)), "regions": .strings(names),
      "atlas": .string(atlas),
      "loss": .number(planted.loss), "volume_before_mm3": .number(planted.volumes.before),
      "volume_after_mm3": .number(planted.volumes.after), "csf": .number(Double(planted.fluidValue)),
      "largest_shift_mm": .number(planted.largestShift),
    ]
    if let scores {
      json["target"] = .string(scores.target)
      json["score_before"] = .number(scores.before)
      json["score_after"] = .number(scores.after)
    }
    try files.add(json.text(pretty: true) + "\n", as: "\(stem)_planted.json")
    try files.commit()
  }
}

extension PellucidError {
  static func loss(_ value: Double) -> Self {
    .init(.usage, what: "--loss \(value) is not a part above 0 and at most 0.8", remedy: "write it as --loss 0.3")
  }
}

extension ScoreMove {
  /// As a clause.
  var words: String {
    let text = { (value: Double) in NumberText.significant(value, digits: 4) }
    return "the score of \(target) was \(text(before)) and is \(text(after))"
  }
}
