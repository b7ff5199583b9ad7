import ArgumentParser
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidVolumes

/// Where a view's files go.
struct ViewOutput: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  /// A set of files in the folder, which appear together.
  func files() throws(PellucidError) -> FileSet { try FileSet(folder: out.path) }

  /// Tells where the files of a view are.
  func tell(_ writer: ViewWriter, _ endings: [String]) throws(PellucidError) {
    for ending in endings { try StandardOutput.write("\(out.prefix)\(writer.name)\(ending)") }
  }
}

/// Options of the views that look at a scan through a network.
struct ViewOptions: ParsableArguments {
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var output: ViewOutput

  /// The explainer of the network for a target in words; nil: the class with the highest score.
  func explainer(target: String? = nil) throws -> Explainer {
    threads.apply()
    var options = Explainer.Options()
    options.nan = nan.policy
    options.target = target
    return Explainer(try model.classifier(), options: options)
  }

  /// A scan on the network's grid, asked for once; what a user must hear of it is told.
  func prepare(_ image: String, _ explainer: Explainer) throws(PellucidError) -> Explainer.Case {
    let subject = try explainer.prepare(ScanReference(image))
    StandardError.tell(subject.notes, of: image)
    return subject
  }
}

/// Options of the views that need a network alone, which is the command's argument.
struct NetworkViewOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String

  @Option(help: ArgumentHelp("The model card (default: beside the model, same name, .yaml).", valueName: "yaml"))
  var card: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Value of a further input of the network, e.g. age=73; may be repeated.", valueName: "name=value"))
  var inputs: [String] = []

  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var output: ViewOutput

  /// The explainer of the network.
  func explainer() throws -> Explainer {
    threads.apply()
    var options = Explainer.Options()
    options.nan = nan.policy
    return Explainer(try ModelOptions.classifier(model: model, card: card, inputs: inputs), options: options)
  }
}
