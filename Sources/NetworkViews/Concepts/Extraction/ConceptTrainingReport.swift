internal import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
public import PellucidResults
internal import PellucidStatistics
internal import PellucidTables
internal import PellucidVolumes

/// The files of a trained extractor: its weights, how it learned, how true it is, and the scans that show its concepts.
public struct ConceptTrainingReport {
  private let training: ConceptTraining
  private let cohort: ConceptCohort
  private let statistics: ConceptStatistics

  /// A report.
  public init(_ training: ConceptTraining, on cohort: ConceptCohort, _ statistics: ConceptStatistics) {
    (self.training, self.cohort, self.statistics) = (training, cohort, statistics)
  }

  private var form: ConceptExtractor.Form { training.extractor.form }

  /// A concept's class and number, such as `AD 3`.
  private func name(_ concept: Int) -> String {
    "\(cohort.classNames[concept / form.concepts]) \(concept % form.concepts)"
  }

  /// Writes everything but the record.
  /// - Parameter explainer: reads the scans of prototypes again for their picture.
  public func write(into writer: ViewWriter, in explainer: Explainer) throws(PellucidError) {
    try writer.add(role: "extractor", ending: ".safetensors") { (path) throws(PellucidError) in
      try AtomicFile.write(statistics.extractor.tensors.bytes, to: path)
    }
    try writer.add(statistics.volume, ending: "_maps.nii.gz", description: "maps along with their relevance")
    try writer.add(course, role: "course", ending: "_course.tsv")
    try writer.add(concepts, role: "concepts", ending: "_concepts.tsv")
    try writer.add(fidelity, role: "fidelity", ending: "_fidelity.tsv")
    try writer.add(prototypes, role: "prototypes", ending: "_prototypes.tsv")
    try writer.add(try coursePicture(), role: "course_picture", ending: "_course.png")
    try writer.add(try prototypePicture(explainer), role: "picture", ending: "_prototypes.png")
  }

  /// What the record says, also for those that read the extractor again.
  public var facts: JSONValue {
    func fidelity(_ of: ConceptStatistics.Fidelity) -> JSONValue {
      [
        "scans": .integer(of.scans), "agreement": .number(of.agreement),
        "agreement_of_relevances": .number(of.relevanceAgreement), "mean_difference": .number(of.difference),
        "correlation": of.correlation.map(JSONValue.number) ?? .null,
      ]
    }
    return [
      "classes": .strings(cohort.classNames), "concepts": .integer(form.concepts), "channels": .integer(form.channels),
      "places": .integer(form.places), "row": .string(cohort.row), "row_width": .integer(form.row),
      "row_is_rectified": .bool(form.isRectified), "embedding": .integers(form.widths),
      "held_out": fidelity(statistics.heldOut), "trained": fidelity(statistics.trained),
      "silent_concepts": .integers(statistics.silent), "relevance_means": .numbers(statistics.means),
      "relevance_sds": .numbers(statistics.deviations),
      "seconds_of_step": .number(training.stepSeconds),
    ]
  }

  // MARK: Tables

  private var course: Table {
    let rows = training.course
    func column(_ name: String, _ part: KeyPath<ConceptLoss, Double>) -> [Table.Column] {
      [
        .number(name, rows.map { $0.training[keyPath: part] }),
        .number("held_out_" + name, rows.map { $0.heldOut?[keyPath: part] }),
      ]
    }
    return Table(
      [.whole("epoch", rows.map(\.number))] + column("loss", \.total) + column("row", \.row)
        + column("answer", \.answer) + column("relevance", \.relevance) + column("triplet", \.triplet))
  }

  private var concepts: Table {
    let all = Array(0..<form.maps)
    return Table([
      .text("class", all.map { cohort.classNames[$0 / form.concepts] }),
      .whole("concept", all.map { $0 % form.concepts }), .number("relevance_mean", all.map { statistics.means[$0] }),
      .number("relevance_sd", all.map { statistics.deviations[$0] }),
      .number(
        "correlation_with_class",
        all.map { concept in
          Correlation.coefficient(
            training.trained.map { statistics.answers[$0].relevances[concept] },
            training.trained.map { cohort.probabilities[$0][concept / form.concepts] })
        }),
    ])
  }

  private var fidelity: Table {
    let rows = cohort.scans.indices.flatMap { scan in cohort.classNames.indices.map { (scan, $0) } }
    let heldOut = Set(training.heldOut)
    return Table([
      .text("image", rows.map { cohort.scans[$0.0].text }),
      .text("set", rows.map { heldOut.contains($0.0) ? "held out" : "trained" }),
      .text("class", rows.map { cohort.classNames[$0.1] }),
      .number("network", rows.map { cohort.probabilities[$0.0][$0.1] }),
      .number("concepts", rows.map { statistics.answers[$0.0].probabilities[$0.1] }),
      .number("relevance", rows.map { statistics.answers[$0.0].classRelevances[$0.1] }),
    ])
  }

  private var prototypes: Table {
    let rows = statistics.prototypes
    return Table([
      .text("class", rows.map { cohort.classNames[$0.concept / form.concepts] }),
      .whole("concept", rows.map { $0.concept % form.concepts }), .whole("rank", rows.map(\.rank)),
      .text("image", rows.map { cohort.scans[$0.scan].text }), .number("relevance", rows.map(\.relevance)),
      .number("peak_x", rows.map { $0.peak?.x }), .number("peak_y", rows.map { $0.peak?.y }),
      .number("peak_z", rows.map { $0.peak?.z }),
    ])
  }

  // MARK: Pictures

  private func coursePicture() throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    options.title = "How the concepts of \(cohort.layer.name) were learned"
    options.subtitle = "parts of the loss over epochs"
    options.label = "loss"
    let parts: [(String, KeyPath<ConceptLoss, Double>, Double)] = [
      ("row (MSE)", \.row, 1), ("answer (BCE)", \.answer, 1), ("relevance (BCE)", \.relevance, 1),
      ("triplet × 0.1", \.triplet, 0.1),
    ]
    let asked = training.course.filter { $0.heldOut != nil }
    return try LineChart(
      [
        .init(
          title: "training",
          lines: parts.map { part in
            .init(
              name: part.0, x: training.course.map { Double($0.number) },
              y: training.course.map { part.2 * $0.training[keyPath: part.1] })
          }),
        .init(
          title: "held out",
          lines: parts.map { part in
            .init(
              name: part.0, x: asked.map { Double($0.number) },
              y: asked.map { part.2 * ($0.heldOut?[keyPath: part.1] ?? .nan) })
          }),
      ], axis: "epoch", options: options
    ).png()
  }

  /// Concepts that are shown, and scans of each.
  private static let shown = (concepts: 8, scans: 4)

  /// The scans that show the concepts that vary most, each cut where the concept's relevance comes from.
  private func prototypePicture(_ explainer: Explainer) throws(PellucidError) -> [UInt8] {
    let strongest = (0..<form.maps).sorted { (-statistics.deviations[$0], $0) < (-statistics.deviations[$1], $1) }
    var tiles: [TileSheet.Tile] = []
    var read: [Int: (subject: Explainer.Case, places: ConceptPlaces)] = [:]
    for concept in strongest.prefix(Self.shown.concepts) where statistics.deviations[concept] >= 1e-9 {
      for one in statistics.prototypes.filter({ $0.concept == concept }).prefix(Self.shown.scans) {
        let (subject, places) =
          if let known = read[one.scan] { known } else {
            (
              try explainer.prepare(cohort.scans[one.scan]),
              ConceptPlaces.all(statistics.extractor, try cohort.pass(statistics.extractor, of: [one.scan]))[0]
            )
          }
        read[one.scan] = (subject, places)
        let map = places.originVolume([concept], on: cohort.grid, of: subject)
        let reach = map.voxels.reduce(0) { max($0, abs($1)) }
        let place = one.peak.map(\.z) ?? 0
        tiles.append(
          try .slice(
            of: MontageAnatomy(subject.anatomy), reach > 0 ? map : nil,
            range: -Double(max(reach, 1e-30))...Double(max(reach, 1e-30)), .axial, at: place,
            caption:
              "\(name(concept)): z = \(NumberText.millimetres(place)), \(NumberText.significant(one.relevance, digits: 2))"
          ))
      }
    }
    var options = ChartOptions()
    options.background = .black
    options.width = 180
    options.title = "Scans that show the concepts of \(cohort.layer.name)"
    options.subtitle =
      "a row a concept, those that vary most over scans first; colours: where its relevance differs from what is usual"
    options.label = "as part of the scan's largest"
    return try TileSheet(
      tiles, columns: Self.shown.scans, bar: -1...1,
      foot: "Below each: class and number of the concept, the slice, and the concept's relevance (w·e); left is left.",
      options: options
    ).png()
  }
}
