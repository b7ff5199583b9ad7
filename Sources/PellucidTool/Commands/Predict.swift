import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidResults
import PellucidVolumes

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what a network says of scans: one line of JSON an image.",
    discussion: """
      For example:

        pellucid predict patient.nii.gz control.nii.gz --model cnn.onnx

      Keys: image, scores (logits, or the values of a regression), probabilities (where there are any), classes, predicted (null for \
      a single value), and outputs: the same by name, for a network of several outputs.
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
      let heads = explainer.heads(of: subject)
      var json: JSONValue = ["image": .string(image)]
      let own = heads.first { $0.name == explainer.classifier.outputName }
      if let own { for entry in Self.answer(own) { json[entry.key] = entry.value } }
      if heads.count > 1 {
        for head in heads where head.lacking != nil {
          StandardError.write("pellucid: note: the output \(head.name) is left out: \(head.lacking ?? "")")
        }
        json["outputs"] = .object(
          heads.map { head in
            .init(head.name, .object(Self.answer(head).map { .init($0.key, $0.value) }))
          })
      }
      try StandardOutput.write(json.text())
    }
  }

  /// What an output says, key by key.
  private static func answer(_ head: HeadAnswer) -> [(key: String, value: JSONValue)] {
    guard let classes = head.classes else { return [] }
    var answer: [(key: String, value: JSONValue)] = [("scores", .singles(head.scores))]
    if let probabilities = head.probabilities { answer.append(("probabilities", .singles(probabilities))) }
    answer.append(("classes", .strings((0..<classes.count).map(classes.name(of:)))))
    answer.append(("predicted", head.predicted.map { .string(classes.name(of: $0)) } ?? .null))
    return answer
  }
}
