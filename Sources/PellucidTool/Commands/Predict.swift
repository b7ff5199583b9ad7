import ArgumentParser
import Attribution
import Explaining
import Results
import Volumes

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what a network says of scans: one line of JSON an image.",
    discussion: """
      For example:

        pellucid predict patient.nii.gz control.nii.gz --model cnn.onnx

      Keys: image, scores (logits), probabilities, classes, predicted (null for a single value).
      """)

  @Argument(help: ArgumentHelp("Scans (NIfTI, Analyze or .mgz).", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    var options = Explainer.Options()
    options.nan = nan.policy
    let explainer = Explainer(try model.classifier(), options: options)
    for image in images {
      let subject = try explainer.prepare(ScanReference(image))
      StandardError.tell(subject.notes, of: image)
      let classes = subject.classes
      let json: JSONValue = [
        "image": .string(image), "scores": .singles(subject.scores), "probabilities": .singles(subject.probabilities),
        "classes": .strings((0..<classes.count).map(classes.name(of:))),
        "predicted": subject.predicted.map { .string(classes.name(of: $0)) } ?? .null,
      ]
      try StandardOutput.write(json.text())
    }
  }
}
