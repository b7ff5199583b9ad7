import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidPages
import PellucidResults
import PellucidTables
import PellucidVolumes
import Synchronization

/// Scans explained by all methods for all targets, and written.
struct ExplainRun: Sendable {
  let explainer: Explainer
  let methods: [(variant: MethodVariant, method: any AttributionMethod)]
  /// In words; none: the class with the highest score.
  let targets: [String]
  let folder: ResultFolder
  let style: ResultStyle
  /// Whether all methods are drawn on the same slices, too.
  let comparesMethods: Bool
  /// Whether the scan gets a page.
  let makesPage: Bool
  /// Whether no other scan is worked on at the same time: then progress is shown, and notes are told when they come up.
  let isAlone: Bool
  /// What maps' regions are held against; nil: nothing.
  let norms: PatientNorms?

  /// What is told of a scan.
  struct Report: Sendable {
    let scan: String
    var methodNotes: [String] = []
    var notes: [Note] = []
    var lines: [String] = []

    func tell() throws(PellucidError) {
      for note in methodNotes { StandardError.write(note) }
      StandardError.tell(notes, of: scan)
      for line in lines { try StandardOutput.write(line) }
    }
  }

  /// Explains a scan; its files appear together.
  func explain(_ scan: Scan) throws(PellucidError) -> Report {
    let subject = try explainer.prepare(scan)
    let questions = try explainer.questions(for: subject, targets: targets)
    let runs = runs(questions)
    try folder.check(stem: subject.scan.stem) { () throws(PellucidError) in try subject.files() }
    let replaced = replacedQuestions(runs, of: subject)
    let writer = try ResultWriter(folder, style: style)
    writer.expect(subject.anatomy, of: try subject.files())
    let queue = ResultQueue(writer)
    defer { queue.discard() }
    var report = Report(scan: scan.reference.text, notes: subject.notes + replaced, lines: [answer(subject)])
    let made = Mutex((headings: [Heading](), kept: [Explanation]()))
    for (name, variant, method, question) in runs {
      let finding = try find(subject, question, method, as: variant, &report)
      try queue.add(label: name) { () throws(PellucidError) in
        var explanation = try explainer.explanation(of: finding)
        explanation.caption = variant.name
        if let norms { explanation = try norms.entered(in: explanation, method: variant.name) }
        made.withLock { made in
          made.headings.append(Heading(of: explanation))
          if comparesMethods || makesPage { made.kept.append(explanation) }
        }
        return explanation
      }
    }
    let stored = try queue.finish()
    let (headings, kept) = made.withLock { $0 }
    for (heading, stored) in zip(headings, stored) { report.lines += lines(heading, stored) }
    if comparesMethods {
      report.lines += ["  all methods", "    picture  \(folder.path(of: try writer.add(comparing: kept)))"]
    }
    if makesPage {
      let name = subject.scan.stem + "_report.html"
      let maps = zip(kept, stored).map { PageMap($0, $1) }
      try writer.add(page: try explainer.page(of: maps, subject).html, as: name)
      report.lines += ["  report", "    page     \(folder.path(of: name))"]
    }
    try writer.commit()
    return report
  }

  /// Every method for every question, and what its files are called after the scan's name: `METHOD`, or `METHOD_TARGET` of several.
  private func runs(
    _ questions: [Question]
  ) -> [(name: String, variant: MethodVariant, method: any AttributionMethod, question: Question)] {
    let labels = FileLabel.distinct(questions.map(\.target.name), letters: .all)
    let isOne = questions.count == 1 && targets.count <= 1 && !targets.contains { $0.hasPrefix("top:") }
    return methods.flatMap { variant, method in
      zip(questions, labels).map { question, label in
        (isOne ? variant.fileLabel : "\(variant.fileLabel)_\(label)", variant, method, question)
      }
    }
  }

  /// Says which results answered another question, and are gone: file names hold the target only where there are several.
  private func replacedQuestions(
    _ runs: [(name: String, variant: MethodVariant, method: any AttributionMethod, question: Question)],
    of subject: Explainer.Case
  ) -> [Note] {
    runs.compactMap { run in
      guard let former = folder.result(named: "\(subject.scan.stem)_\(run.name)")?.record else { return nil }
      let (then, now) = (former.target.name, run.question.target.name)
      guard then != now else { return nil }
      return Note(
        what: "\(folder.path(of: subject.scan.stem + "_" + run.name)).* explained \(then); it now explains \(now)",
        how: "to have both, give --target for each in one run, or another --out", weight: .warning)
    }
  }

  private func find(
    _ subject: Explainer.Case, _ question: Question, _ method: any AttributionMethod, as variant: MethodVariant,
    _ report: inout Report
  ) throws(PellucidError) -> Finding {
    let bar = ProgressBar("\(subject.scan.stem) \(variant.name) \(question.target.name)", isShown: isAlone)
    defer { bar.finish() }
    let finding = try explainer.find(subject, question, by: method, progress: bar)
    bar.finish()
    for note in finding.told {
      let weight = note.weight == .warning ? "warning" : "note"
      if isAlone {
        StandardError.write("pellucid: \(weight): \(note.text)")
      } else {
        report.methodNotes.append("pellucid: \(weight): \(subject.scan.text): \(note.text)")
      }
    }
    return finding
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

  /// What is told of an explanation beside its files; its volumes need not be kept for it.
  private struct Heading {
    let title: String
    let regions: [String]?
    let fromNorm: [String]?

    init(of explanation: Explanation) {
      title =
        "  \(explanation.caption) for \(explanation.target.name) (\(ExplainRun.scoreWords(of: explanation)) "
        + "\(FixedPoint.text(explanation.score, digits: 3)), \(FixedPoint.text(explanation.seconds, digits: 2)) s)"
        + explanation.layerText
      regions = explanation.table.map { RegionHighlights.lines(of: $0) }
      fromNorm = explanation.norms == nil ? nil : explanation.table.flatMap { RegionHighlights.fromNorm($0) }
    }
  }

  /// What was made, file by file.
  private func lines(_ heading: Heading, _ result: StoredResult) -> [String] {
    var lines = [heading.title]
    for file in result.record.files.entries {
      lines.append("    \(Self.word(for: file))\(folder.path(of: file.name))")
    }
    if let top = heading.regions {
      lines.append("    regions  " + (top.isEmpty ? "none has relevance" : top.joined(separator: "; ")))
    }
    if let furthest = heading.fromNorm {
      lines.append("    norms    furthest: " + furthest.joined(separator: "; "))
    }
    return lines
  }

  /// What the explained value is: of a difference or a sum of classes it is no probability, and may be negative.
  private static func scoreWords(of explanation: Explanation) -> String {
    let weights = explanation.target.weights.filter { $0 != 0 }
    guard explanation.scoreName == ScoreKind.probability.rawValue, weights != [1] else { return explanation.scoreName }
    return weights.reduce(0, +) == 0 ? "difference of probabilities" : "weighted probabilities"
  }

  /// What a file is called on the screen, in a column of its own.
  private static func word(for file: ResultRecord.Files.Entry) -> String {
    let kinds = [(".nii.gz", "volume"), (".png", "picture"), (".html", "page")]
    let word = file.role == "matrix" ? file.role : kinds.first { file.name.hasSuffix($0.0) }?.1 ?? "table"
    return word + String(repeating: " ", count: 9 - word.count)
  }
}
