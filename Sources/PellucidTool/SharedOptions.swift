import ArgumentParser
import Atlases
import Attribution
import Faults
import Networks
import Pellucid
import Preprocessing
import Volumes

/// Options of every command that runs a model.
struct ModelOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The model card: how scans become the network's input, and what its outputs are called (default: beside the model, same name, .yaml).",
      valueName: "yaml"))
  var card: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Value of a further input of the network, e.g. age=73 (or a,b,c); may be repeated.", valueName: "name=value"))
  var inputs: [String] = []

  func classifier() throws -> Classifier { try Self.classifier(model: model, card: card, inputs: inputs) }

  static func classifier(model: String, card: String?, inputs: [String]) throws -> Classifier {
    var values: [String: [Float]] = [:]
    for text in inputs {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let numbers =
        parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Float($0) } : []
      guard parts.count == 2, !numbers.isEmpty, !numbers.contains(nil) else {
        throw PellucidError.furtherInput(text)
      }
      values[parts[0]] = numbers.compactMap { $0 }
    }
    return try Classifier(model: model, card: card, inputs: values)
  }
}

/// What to do with voxels that are not finite.
enum NaNChoice: String, ExpressibleByArgument, CaseIterable {
  case refuse, zero

  var policy: NonFinitePolicy { self == .refuse ? .refuse : .zero }
}

/// What to do with voxels that are not finite, as an option.
struct NaNOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Voxels that are NaN or infinite: refuse the scan, or take them as zero.", valueName: "policy"))
  var nan: NaNChoice = .refuse

  var policy: NonFinitePolicy { nan.policy }
}

/// How many threads compute; every command takes it.
struct ThreadOption: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute with (default: all cores).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is not between 1 and 1024")
    }
  }

  func apply() {
    if let threads { Engine.threads = threads }
  }
}

/// The atlas of region methods and tables.
struct AtlasOptions: ParsableArguments {
  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String?

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image).", valueName: "tsv"))
  var labels: String?

  func validate() throws {
    if labels != nil, atlas == nil { throw ValidationError("--labels needs --atlas") }
  }

  func load() throws -> Atlas? { try atlas.map { try Self.load($0, labels: labels) } }

  /// The atlas; what was decided about it, as for labels without a name, is told on standard error.
  static func load(_ name: String, labels: String?) throws(PellucidError) -> Atlas {
    let atlas = try AtlasLibrary.standard().atlas(name, labels: labels)
    for note in atlas.notes { StandardError.write("pellucid: note: \(note.what); \(note.how)") }
    return atlas
  }
}

/// What of a score is explained, and where.
struct TargetOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A class (name or index), the difference A-B, or a sum 0.5*A+0.5*B (default: the class with the highest score).",
      valueName: "target"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "The scale on which it is explained (default: probability for the occlusions, logit for the others).",
      valueName: "scale"))
  var score: ScoreChoice?

  @Option(help: ArgumentHelp("The grid of the maps.", valueName: "grid"))
  var space: SpaceChoice = .scan

  @Option(help: ArgumentHelp("Maps of several channels: a volume for each, or their sum.", valueName: "how"))
  var channels: ChannelChoice = .each

  func options(nan: NonFinitePolicy, atlas: Atlas?) -> Explainer.Options {
    var options = Explainer.Options()
    options.target = target
    options.score = score.map { $0 == .logit ? .logit : .probability }
    options.space = space == .scan ? .scan : .model
    options.channels = channels == .each ? .each : .sum
    options.nan = nan
    options.atlas = atlas
    return options
  }
}

enum ScoreChoice: String, ExpressibleByArgument, CaseIterable { case logit, probability }
enum SpaceChoice: String, ExpressibleByArgument, CaseIterable { case scan, model }
enum ChannelChoice: String, ExpressibleByArgument, CaseIterable { case each, sum }
