import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidResults
import PellucidTables
import PellucidVolumes

/// One scan after the other, explained by all methods for all targets, written and told.
struct ExplainRun {
  let explainer: Explainer
  let methods: [(variant: MethodVariant, method: any AttributionMethod)]
  /// In words; none: the class with the highest score.
  let targets: [String]
  let folder: ResultFolder
  let style: ResultStyle
  /// Whether all methods are drawn on the same slices, too.
  let comparesMethods: Bool

  /// Explains a scan; its files appear together, and then it is told what they are.
  func explain(_ scan: Scan) throws(PellucidError) {
    let subject = try explainer.prepare(scan)
    let questions = try explainer.questions(for: subject, targets: targets)
    let runs = runs(questions)
    try folder.check(runs.map { "\(subject.scan.stem)_\($0.name)" }, areOf: subject.files())
    let writer = try ResultWriter(folder, style: style)
    var compared: [Explanation] = []
    var report: [String] = []
    for (name, variant, method, question) in runs {
      let explanation = try explain(subject, question, method, as: variant)
      let stored = try writer.add(explanation, label: name)
      report += lines(explanation, stored)
      if comparesMethods { compared.append(explanation) }
    }
    if comparesMethods {
      report += ["  all methods", "    picture  \(folder.path(of: try writer.add(comparing: compared)))"]
    }
    try writer.commit()
    StandardError.tell(subject.notes, of: scan.reference.text)
    try StandardOutput.write(answer(subject))
    for line in report { try StandardOutput.write(line) }
  }

  /// Every method for every question, and what its files are called after the scan's name: `METHOD`, or `METHOD_TARGET` of several.
  private func runs(
    _ questions: [Question]
  ) -> [(name: String, variant: MethodVariant, method: any AttributionMethod, question: Question)] {
    let labels = FileLabel.distinct(questions.map(\.target.name))
    let isOne = questions.count == 1 && targets.count <= 1 && !targets.contains { $0.hasPrefix("top:") }
    return methods.flatMap { variant, method in
      zip(questions, labels).map { question, label in
        (isOne ? variant.fileLabel : "\(variant.fileLabel)_\(label)", variant, method, question)
      }
    }
  }

  private func explain(
    _ subject: Explainer.Case, _ question: Question, _ method: any AttributionMethod, as variant: MethodVariant
  ) throws(PellucidError) -> Explanation {
    let bar = ProgressBar("\(subject.scan.stem) \(variant.name) \(question.target.name)")
    defer { bar.finish() }
    var explanation = try explainer.explain(subject, question, by: method, progress: bar)
    explanation.caption = variant.name
    bar.finish()
    for note in explanation.relevance.notes { StandardError.write("pellucid: note: \(note.what); \(note.how)") }
    return explanation
  }

  private func answer(_ subject: Explainer.Case) -> String {
    let classes = subject.classes
    guard let predicted = subject.predicted else {
      return "\(subject.scan.text): score \(FixedPoint.text(Double(subject.scores[0]), digits: 4))"
    }
    let probability = subject.probabilities?[predicted]
    return "\(subject.scan.text): \(classes.name(of: predicted))"
      + (probability.map { ", probability \(FixedPoint.text(Double($0), digits: 3))" } ?? "")
  }

  /// What was made, file by file.
  private func lines(_ explanation: Explanation, _ result: StoredResult) -> [String] {
    var lines = [
      "  \(explanation.caption) for \(explanation.target.name) (\(explanation.scoreName) "
        + "\(FixedPoint.text(explanation.score, digits: 3)), \(FixedPoint.text(explanation.seconds, digits: 2)) s)"
        + explanation.layerText
    ]
    for file in result.record.files.entries {
      lines.append("    \(Self.word(for: file))\(folder.path(of: file.name))")
    }
    if let table = explanation.table {
      let top = RegionHighlights.lines(of: table)
      lines.append("    regions  " + (top.isEmpty ? "none has relevance" : top.joined(separator: "; ")))
    }
    return lines
  }

  /// What a file is called on the screen, in a column of its own.
  private static func word(for file: ResultRecord.Files.Entry) -> String {
    let kinds = [(".nii.gz", "volume"), (".png", "picture"), (".html", "page")]
    let word = file.role == "matrix" ? file.role : kinds.first { file.name.hasSuffix($0.0) }?.1 ?? "table"
    return word + String(repeating: " ", count: 9 - word.count)
  }
}
