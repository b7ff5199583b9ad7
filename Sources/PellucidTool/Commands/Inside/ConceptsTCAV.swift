import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidSubjects
import PellucidTables
import PellucidVolumes

struct ConceptsTCAV: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcav",
    abstract: "Tests whether a class hangs on concepts that examples show (TCAV).",
    discussion: """
      For example, with a folder of scans for each concept and one of other scans:

        pellucid concepts tcav patients --model cnn.onnx --target AD \\
          --concept atrophy=thin --concept bright=bright --random others --out concepts
        pellucid concepts tcav patients --model cnn.onnx --target AD \\
          --region Hippocampus_L --atlas aal --random others --out concepts

      A folder's scans are all images in it; a table of subjects (column image) does as well. Each concept needs at least 10 \
      examples, --random at least 20. --region makes examples of every other scan of --random itself, by filling the region \
      (or, with --region-examples kept, all but it); they are held against all of them with another region of its size so \
      changed. The score is the part of the scans whose logit rises along the concept's direction in \
      the layer; it counts where it differs from that of random directions after Bonferroni's correction.

      The folder gets tcav.tsv (concept layer target examples scans runs score sd random_score random_sd sensitivity accuracy p \
      p_bonferroni), tcav.png, tcav_LAYER.nii.gz (a volume a concept: where the sensitivity lies) and tcav.json.
      """)

  @Argument(help: ArgumentHelp("Scans of the class: images, folders or tables.", valueName: "scans"))
  var scans: [String]

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A concept's examples, a folder or a table; again for more concepts.", valueName: "name=path"))
  var concept: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A region of --atlas as a concept; again for more.", valueName: "name"))
  var region: [String] = []

  @Option(
    name: .customLong("region-examples"),
    help: ArgumentHelp("What examples have of the region: it is removed, or kept alone.", valueName: "what"))
  var regionExamples: RegionExample.Kind = .removed

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What voxels become that are removed: a number in normalized units, mean, blur, noise, mirror or a template file (default: the card's background).",
      valueName: "fill"))
  var fill: String?

  @Option(help: ArgumentHelp("Scans to hold them against, a folder or a table.", valueName: "path"))
  var random: String

  @Option(parsing: .unconditional, help: ArgumentHelp("The class, or the difference A-B.", valueName: "target"))
  var target: String

  @Option(
    help: ArgumentHelp(
      "Layers, ONNX nodes or their outputs (default: the last activation function that still has places).",
      valueName: "name[,name]"))
  var layer: String?

  @Option(help: ArgumentHelp("All values of the layer, or the mean of each channel.", valueName: "how"))
  var pool: ActivationPool = .whole

  @Option(parsing: .unconditional, help: ArgumentHelp("Directions of each concept, and random ones.", valueName: "n"))
  var runs = 20

  @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
  var seed = 0

  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var view: ViewOptions
  @OptionGroup var memory: MemoryOption

  func validate() throws {
    if concept.isEmpty, region.isEmpty {
      throw ValidationError("concepts tcav needs --concept NAME=PATH or --region NAME")
    }
    if !region.isEmpty, atlas.atlas == nil { throw ValidationError("--region needs --atlas") }
    if region.isEmpty, atlas.atlas != nil { throw ValidationError("--atlas needs --region") }
    if region.isEmpty, fill != nil { throw ValidationError("--fill needs --region") }
  }

  func run() throws {
    memory.apply()
    guard (2...1000).contains(runs) else { throw PellucidError.whole("runs", runs, "from 2 to 1000") }
    guard seed >= 0 else { throw PellucidError.whole("seed", seed, "of at least 0") }
    var concepts: [ConceptTest.Concept] = []
    for text in concept {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw PellucidError.conceptForm(text) }
      if concepts.contains(where: { $0.name == parts[0] }) { throw PellucidError.conceptTwice(parts[0]) }
      concepts.append(.init(name: parts[0], scans: try ScanList.scans(parts[1])))
    }
    var own: [ScanReference] = []
    for path in scans { own += try ScanList.scans(path) }
    let others = try ScanList.scans(random)
    let explainer = try explainer()
    for text in region { concepts.append(try regional(text, others, explainer, beside: concepts)) }
    var options = ConceptTest.Options()
    (options.runs, options.pool, options.seed) = (runs, pool, seed)
    let begin = ContinuousClock.now
    let test = try Bars.during { (bar) throws(PellucidError) in
      try ConceptTest(
        of: concepts, against: others, on: own, layers: layer, in: explainer, options: options, progress: bar)
    }
    try LayerChoice.requireOwnFiles(test.layers)
    let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    StandardError.tell(test.notes)
    let writer = ViewWriter(into: try view.output.files(), name: "tcav")
    try writer.add(table(test, concepts, scans: own.count), role: "scores", ending: ".tsv")
    try writer.add(try picture(test), ending: ".png")
    for layer in test.layers {
      let maps = test.results.filter { $0.layer.value == layer.value }.compactMap(\.map)
      guard let volume = Volume.joined(maps) else { continue }
      try writer.add(
        volume, role: test.layers.count == 1 ? "volume" : "volume:" + layer.name, ending: "_\(layer.fileName).nii.gz",
        description: "concept sensitivity")
    }
    var settings: JSONValue = [
      "target": .string(target), "pool": .string(pool.rawValue), "runs": .integer(runs), "seed": .integer(seed),
      "random": .string(random), "scans": .strings(scans), "concepts": .strings(concept),
    ]
    for member in regionSettings { settings[member.key] = member.value }
    try writer.finish(
      try ViewRecord(
        view: "concepts tcav", of: explainer, layers: test.layers.map(\.tensor), options: settings,
        facts: [
          "concepts": .array(
            concepts.map { one in ["name": .string(one.name), "examples": .strings(one.scans.map(\.text))] }),
          "tests": .integer(test.results.count),
        ], notes: test.notes, seconds: seconds))
    try writer.commit()
    try StandardOutput.write(summary(test))
    try view.output.tell(writer, [".tsv", ".png", ".json"])
  }

  /// The explainer, with the atlas where regions are asked for.
  private func explainer() throws -> Explainer {
    let base = try view.explainer(target: target)
    var options = base.options
    options.atlas = try atlas.load(nan: view.nan.policy)
    options.atlasTransforms = try atlas.handling.placement.transforms(nan: view.nan.policy)
    return Explainer(base.classifier, options: options)
  }

  /// A region as a concept.
  private func regional(
    _ text: String, _ random: [ScanReference], _ explainer: Explainer, beside others: [ConceptTest.Concept]
  ) throws(PellucidError) -> ConceptTest.Concept {
    guard let region = try explainer.options.atlas?.region(named: text) else { throw .conceptForm(text) }
    let name = regionExamples == .removed ? "without \(region.name)" : "\(region.name) alone"
    if others.contains(where: { $0.name == name }) { throw .conceptTwice(name) }
    return ConceptTest.Concept(
      name: name,
      change: RegionExample(region: region.index, kind: regionExamples, fill: try Fill(OptionValues(fillOption))),
      of: random)
  }

  private var fillOption: [String: String] { fill.map { ["fill": $0] } ?? [:] }

  /// For the record; nothing where no region is a concept.
  private var regionSettings: [JSONValue.Member] {
    guard !region.isEmpty else { return [] }
    return [
      .init("regions", .strings(region)), .init("region-examples", .string(regionExamples.rawValue)),
      .init("fill", .string(fill ?? "background")), .init("atlas", .string(atlas.atlas ?? "")),
    ]
  }

  private func table(_ test: ConceptTest, _ concepts: [ConceptTest.Concept], scans: Int) -> Table {
    let rows = test.results
    return Table([
      .text("concept", rows.map(\.concept)), .text("layer", rows.map(\.layer.name)),
      .text("target", rows.map { _ in target }),
      .whole("examples", rows.map { row in concepts.first { $0.name == row.concept }?.scans.count }),
      .whole("scans", rows.map { _ in scans }), .whole("runs", rows.map(\.scores.count)),
      .number("score", rows.map { ConceptTest.mean($0.scores) }),
      .number("sd", rows.map { ConceptTest.deviation($0.scores) }),
      .number("random_score", rows.map { ConceptTest.mean($0.randomScores) }),
      .number("random_sd", rows.map { ConceptTest.deviation($0.randomScores) }),
      .number("sensitivity", rows.map(\.sensitivity)), .number("accuracy", rows.map(\.accuracy)),
      .number("p", rows.map(\.p)), .number("p_bonferroni", rows.map(\.bonferroni)),
    ])
  }

  private func picture(_ test: ConceptTest) throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    options.title = "Concepts of \(target)"
    options.subtitle =
      "how far the part of scans that a concept speaks for lies from that of random directions; * p < 0.05 (Bonferroni)"
    options.label = "TCAV score, less that of random directions"
    options.limit = 1
    let several = test.layers.count > 1
    let bars = test.results.map { row in
      let star = row.bonferroni.map { $0 < 0.05 ? " *" : "" } ?? ""
      return BarChart.Bar(
        name: row.concept + (several ? " · \(row.layer.name)" : "") + star,
        value: (ConceptTest.mean(row.scores) ?? 0) - (ConceptTest.mean(row.randomScores) ?? 0))
    }
    return try BarChart(bars, options: options).png()
  }

  private func summary(_ test: ConceptTest) -> String {
    var lines = [["concept", "layer", "score", "random", "p (Bonferroni)", "told apart"]]
    for row in test.results {
      lines.append(
        [row.concept, row.layer.name]
          + [ConceptTest.mean(row.scores), ConceptTest.mean(row.randomScores), row.bonferroni, row.accuracy].map {
            NumberText.significant($0, digits: 2)
          })
    }
    return TextColumns.table(lines)
  }
}

extension PellucidError {
  static func conceptForm(_ text: String) -> Self {
    .init(
      .usage, what: "--concept \(text) is no name with its examples", remedy: "write it as --concept atrophy=FOLDER")
  }

  static func conceptTwice(_ name: String) -> Self {
    .init(.usage, what: "the concept \(name) is given twice", remedy: "name concepts apart")
  }
}
