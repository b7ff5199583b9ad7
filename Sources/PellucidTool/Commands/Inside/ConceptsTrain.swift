import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidSubjects
import PellucidTables
import PellucidVolumes

struct ConceptsTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learns of which concepts each class is made, from scans alone (MACE).",
    discussion: """
      For example, and then for a scan:

        pellucid concepts train subjects.tsv --model cnn.onnx --layer conv4 --out mace
        pellucid concepts explain patient.nii.gz --model cnn.onnx --extractor mace --out results

      The table is tab-separated with a header, and its column image names the scans. The network stays as it is, cut at the \
      layer: an extractor learns to answer as it does by way of a few maps of each class, of which it says how much each weighs. \
      A part of the scans is held out, and how well the extractor agrees with the network on them is told.

      The folder gets mace.safetensors (the extractor), mace.json, mace_concepts.tsv, mace_maps.nii.gz (where each concept's map \
      goes along with its relevance, a volume a concept), mace_prototypes.tsv and .png (the scans that show each concept best), mace_fidelity.tsv (the network's answers and the extractor's), mace_course.tsv \
      and .png (how it learned).
      """)

  @Argument(help: ArgumentHelp("The study: a table of subjects, or a folder of scans.", valueName: "table"))
  var table: String

  @Option(
    help: ArgumentHelp(
      "The layer, an ONNX node or its output (default: the last activation function that still has places).",
      valueName: "name"))
  var layer: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Concepts of each class.", valueName: "n"))
  var concepts = 10

  @Option(parsing: .unconditional, help: ArgumentHelp("Times that all scans are gone through.", valueName: "n"))
  var epochs = ConceptTraining.Options().epochs

  @Option(parsing: .unconditional, help: ArgumentHelp("Scans of a step.", valueName: "n"))
  var batch = 32

  @Option(parsing: .unconditional, help: ArgumentHelp("Adam's rate.", valueName: "x"))
  var rate = 1e-4

  @Option(parsing: .unconditional, help: ArgumentHelp("The part of the scans that is held out.", valueName: "part"))
  var heldOut = 0.2

  @Option(parsing: .unconditional, help: ArgumentHelp("Scans that are named for each concept.", valueName: "n"))
  var prototypes = 5

  @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
  var seed = 0

  @OptionGroup var view: ViewOptions
  @OptionGroup var memory: MemoryOption

  private func options() throws(PellucidError) -> ConceptTraining.Options {
    guard (1...100).contains(concepts) else { throw .whole("concepts", concepts, "from 1 to 100") }
    guard (1...100_000).contains(epochs) else { throw .whole("epochs", epochs, "from 1 to 100000") }
    guard (2...1024).contains(batch) else { throw .whole("batch", batch, "from 2 to 1024") }
    guard (1...100).contains(prototypes) else { throw .whole("prototypes", prototypes, "from 1 to 100") }
    guard seed >= 0 else { throw .whole("seed", seed, "of at least 0") }
    guard rate > 0, rate <= 1 else { throw .notBetween("rate", rate, "above 0 and at most 1") }
    guard heldOut > 0, heldOut < 1 else { throw .notBetween("held-out", heldOut, "between 0 and 1") }
    var options = ConceptTraining.Options()
    (options.concepts, options.epochs, options.batch) = (concepts, epochs, batch)
    (options.rate, options.heldOut, options.seed) = (rate, heldOut, seed)
    return options
  }

  func run() throws {
    memory.apply()
    let options = try options()
    let scans = try ScanList.scans(table)
    guard scans.count >= ConceptTraining.fewest.trained else {
      throw PellucidError.tooFewScansToLearn(table, scans.count)
    }
    let explainer = try view.explainer()
    let files = try view.output.files()
    let begin = ContinuousClock.now
    let (cohort, training) = try Bars.during { (bar) throws(PellucidError) in
      let cohort = try ConceptCohort(
        of: scans, layer: layer, in: explainer, folder: view.output.out.path, progress: bar("scans"))
      return (cohort, try ConceptTraining(on: cohort, options: options, progress: bar("training")))
    }
    let statistics = try ConceptStatistics(of: training, on: cohort, prototypes: prototypes)
    let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    var notes: [Note] = []
    if statistics.heldOut.agreement < 0.9 {
      notes.append(
        Note(
          what:
            "on scans held out the extractor answers as the network does in \(FixedPoint.text(100 * statistics.heldOut.agreement, digits: 0)) % only",
          how: "its concepts tell little of the network; give more scans, more --epochs or another --layer",
          weight: .warning))
    }
    if !statistics.silent.isEmpty {
      notes.append(
        Note(
          what:
            "\(statistics.silent.count) of \(statistics.means.count) concepts have the same relevance in every scan",
          how: "they say nothing; fewer --concepts may do", weight: .told))
    }
    StandardError.tell(cohort.summary + notes)
    let writer = ViewWriter(into: files, name: ConceptFolder.name)
    let report = ConceptTrainingReport(training, on: cohort, statistics)
    try report.write(into: writer, in: explainer)
    try writer.finish(
      try ViewRecord(
        view: "concepts train", of: explainer, layers: [cohort.layer.tensor],
        options: [
          "table": .string(table), "layer": .string(cohort.layer.name), "concepts": .integer(concepts),
          "epochs": .integer(epochs), "batch": .integer(batch), "rate": .number(rate), "held_out": .number(heldOut),
          "seed": .integer(seed),
        ], facts: report.facts, notes: cohort.notes + notes, seconds: seconds))
    try writer.commit()
    try StandardOutput.write(summary(statistics, training, cohort))
    try view.output.tell(writer, [".safetensors", "_concepts.tsv", "_prototypes.png", "_course.png", ".json"])
  }

  private func summary(
    _ statistics: ConceptStatistics, _ training: ConceptTraining, _ cohort: ConceptCohort
  ) -> String {
    var lines = [["scans", "", "same answer", "by relevance", "mean |q - p|", "r"]]
    for (name, found) in [("trained", statistics.trained), ("held out", statistics.heldOut)] {
      lines.append(
        [name, "\(found.scans)"]
          + [found.agreement, found.relevanceAgreement, found.difference, found.correlation].map {
            NumberText.significant($0, digits: 3)
          })
    }
    let step = NumberText.significant(1000 * training.stepSeconds, digits: 2)
    return TextColumns.table(lines) + "\nlayer \(cohort.layer.name), row \(cohort.row); \(step) ms a step"
  }
}

extension PellucidError {
  static func notBetween(_ option: String, _ value: Double, _ wants: String) -> Self {
    .init(.usage, what: "--\(option) \(NumberText.significant(value, digits: 6)) is not \(wants)")
  }

  static func tooFewScansToLearn(_ path: String, _ count: Int) -> Self {
    .init(
      .badData, at: .init(file: path), what: "\(count) scan\(count == 1 ? "" : "s"), and at least 10 are needed",
      remedy: "name more")
  }
}
