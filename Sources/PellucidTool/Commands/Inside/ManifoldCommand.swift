import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidStatistics
import PellucidSubjects
import PellucidTables
import PellucidVolumes

struct ManifoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifold",
    abstract:
      "Shows how the subjects of a study lie to each other inside a network, and what each layer knows of them.",
    discussion: """
      For example, with the covariates that the table has:

        pellucid manifold subjects.tsv --model cnn.onnx --out inside

      The table is tab-separated with a header: participant_id, image, and what is there of group and covariates. Of each layer \
      the folder gets principal components (TABLE_manifold_coordinates.tsv and .png), nearest neighbours (…_neighbours.tsv), what \
      a line through it knows of group and covariates, cross-validated (…_probes.tsv and .png), how alike every two layers are \
      (…_cka.tsv and .png), and, where all scans share a grid, TABLE_manifold_LAYER.nii.gz: where along the scan the first \
      three components come from; with --along, how the first three follow covariates (…_course.tsv).

      docs/inside.md says how each is computed and how it misleads.
      """)

  @Argument(help: ArgumentHelp("The study, a table of subjects.", valueName: "table"))
  var table: String

  @OptionGroup var view: ViewOptions
  @OptionGroup(title: "What is looked at") var work: Work
  @OptionGroup var memory: MemoryOption

  struct Work: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "Layers, ONNX nodes or their outputs (default: what the activation functions make, at most 12).",
        valueName: "name[,name]"))
    var layer: String?

    @Option(help: ArgumentHelp("The mean of each channel over its places, or all values.", valueName: "how"))
    var pool: ActivationPool = .mean

    @Option(
      help: ArgumentHelp("What layers are asked for: group, covariates (default: all).", valueName: "name[,name]"))
    var covariates: String?

    @Option(
      help: ArgumentHelp(
        "Covariates that a Gaussian process leads from to the components; the first is followed.",
        valueName: "name[,name]"))
    var along: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Principal components of each layer.", valueName: "n"))
    var components = 10

    @Option(parsing: .unconditional, help: ArgumentHelp("Nearest subjects of each.", valueName: "n"))
    var neighbours = 5

    @Option(parsing: .unconditional, help: ArgumentHelp("Parts of the cross-validation.", valueName: "n"))
    var folds = 5

    @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
    var seed = 0

    func options() throws(PellucidError) -> Manifold.Options {
      guard (1...1000).contains(components) else { throw .whole("components", components, "from 1 to 1000") }
      guard (1...1000).contains(neighbours) else { throw .whole("neighbours", neighbours, "from 1 to 1000") }
      guard (2...100).contains(folds) else { throw .whole("folds", folds, "from 2 to 100") }
      guard seed >= 0 else { throw .whole("seed", seed, "of at least 0") }
      var options = Manifold.Options()
      (options.components, options.neighbours, options.folds, options.seed) = (components, neighbours, folds, seed)
      return options
    }
  }

  func run() throws {
    memory.apply()
    let options = try work.options()
    let subjects = try SubjectTable(contentsOf: table, required: ["image"])
    let scans = try subjects.scans(atLeast: 4)
    let columns = covariates
    let along = work.along.map(Self.names)
    for name in (columns ?? []) + (along ?? []) where name.lowercased() != "group" { _ = try subjects.covariate(name) }
    let explainer = try view.explainer()
    let begin = ContinuousClock.now
    let activations = try Bars.during { (bar) throws(PellucidError) in
      try CohortActivations(of: scans, layers: work.layer, in: explainer, pool: work.pool, progress: bar("scans"))
    }
    try LayerChoice.requireOwnFiles(activations.layers)
    let manifold = try Manifold(activations, of: subjects, columns: columns, options: options)
    var notes = manifold.notes
    var volumes = activations.layers.map { _ in Volume?.none }
    if activations.worlds.share {
      volumes = try Bars.during { (bar) throws(PellucidError) in
        try ComponentMaps.volumes(
          manifold, activations, pool: work.pool, of: scans, in: explainer, progress: bar("where"))
      }
    } else {
      notes.append(
        Note(
          what: "the scans do not share a grid in the world",
          how: "no volume shows where components come from", weight: .told))
    }
    StandardError.tell(notes)
    let writer = ViewWriter(into: try view.output.files(), name: "\(subjects.stem)_manifold")
    try ManifoldReport(manifold, activations, of: subjects, pool: work.pool).write(into: writer, volumes: volumes)
    if let along {
      try CoordinateCourse.write(manifold, of: subjects, along: along, into: writer)
    }
    let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    try writer.finish(try record(manifold, activations, explainer, notes, seconds, scans: scans.count))
    try writer.commit()
    try StandardOutput.write(summary(manifold))
    try view.output.tell(writer, [".png", "_coordinates.tsv", ".json"])
  }

  private var covariates: [String]? { work.covariates.map(Self.names) }

  private static func names(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }

  private func record(
    _ manifold: Manifold, _ activations: CohortActivations, _ explainer: Explainer, _ notes: [Note], _ seconds: Double,
    scans: Int
  ) throws(PellucidError) -> ViewRecord {
    try ViewRecord(
      view: "manifold", of: explainer, layers: activations.layers.map(\.tensor),
      options: [
        "table": .string(table), "pool": .string(work.pool.rawValue), "components": .integer(work.components),
        "neighbours": .integer(work.neighbours), "folds": .integer(work.folds), "seed": .integer(work.seed),
        "covariates": .strings(manifold.questions.map(\.name)), "along": work.along.map(JSONValue.string) ?? .null,
      ],
      facts: [
        "subjects": .integer(scans),
        "layers": .array(
          manifold.layers.map { layer in
            [
              "layer": .string(layer.choice.name), "width": .integer(layer.width),
              "shares": .numbers(layer.components?.shares ?? []),
            ]
          }),
      ],
      notes: activations.notes + notes, seconds: seconds)
  }

  /// What each layer knows, a line a layer.
  private func summary(_ manifold: Manifold) -> String {
    var lines = [["layer", "values", "first component"] + manifold.questions.map(\.name)]
    for layer in manifold.layers {
      let share = layer.components.map { FixedPoint.text(100 * $0.shares[0], digits: 0) + " %" } ?? Table.missing
      let known = layer.probes.map { NumberText.significant($0?.score, digits: 2) }
      lines.append([layer.choice.name, "\(layer.width)", share] + known)
    }
    return TextColumns.table(lines)
  }
}
