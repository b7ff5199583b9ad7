import ArgumentParser
import PellucidExplaining
import PellucidFaults

struct CardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card",
    abstract: "Prints a model card to begin with: what the graph and a bundle tell.",
    discussion: """
      For example:

        pellucid card cnn.onnx > cnn.yaml
        pellucid card model.onnx --bundle my_bundle > model.yaml

      What is not known stands as a comment, with what to write. A MONAI bundle's configs/metadata.json and inference.json and \
      a ClinicaDL MAPS folder's maps.json are read where they are named.
      """)

  @Argument(help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String

  @Option(help: ArgumentHelp("The folder of a MONAI bundle, or a ClinicaDL MAPS folder.", valueName: "folder"))
  var bundle: String?

  func run() throws {
    let text = try Classifier.proposedCard(for: model, bundle: bundle)
    try StandardOutput.write(text.hasSuffix("\n") ? String(text.dropLast()) : text)
  }
}
