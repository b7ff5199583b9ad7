public import PellucidExplaining
public import PellucidFaults
internal import PellucidFigures
public import PellucidResults
public import PellucidTables
internal import PellucidVolumes

/// The files of a scan that concepts explain.
public struct ConceptExplanationReport {
  private let explanation: ConceptExplanation
  private let folder: ConceptFolder
  private let subject: Explainer.Case

  /// A report.
  public init(_ explanation: ConceptExplanation, by folder: ConceptFolder, of subject: Explainer.Case) {
    (self.explanation, self.folder, self.subject) = (explanation, folder, subject)
  }

  private var form: ConceptExtractor.Form { folder.extractor.form }
  private var all: [Int] { Array(0..<form.maps) }
  private func difference(_ concept: Int) -> Double {
    explanation.answer.relevances[concept] - folder.means[concept]
  }

  /// Concepts whose relevance lies farthest from what is usual, first the farthest.
  public func strongest(_ count: Int) -> [Int] {
    Array(all.sorted { (-abs(difference($0)), $0) < (-abs(difference($1)), $1) }.prefix(count))
  }

  /// A concept's class and number, such as `AD 3`.
  public func name(_ concept: Int) -> String { "\(folder.classes[concept / form.concepts]) \(concept % form.concepts)" }

  /// Writes everything but the record.
  public func write(into writer: ViewWriter) throws(PellucidError) {
    let (places, grid) = (explanation.places, explanation.grid)
    try writer.add(places.mapVolume(on: grid), description: "maps of concepts")
    try writer.add(
      places.originVolume(on: grid), role: "relevance", ending: "_relevance.nii.gz",
      description: "where concepts' relevance is unusual")
    try writer.add(try picture(), ending: ".png")
    try writer.add(table, role: "concepts", ending: ".tsv")
    if let atlas = subject.atlas {
      try writer.add(
        try RegionSums.table(
          of: all.map { (name($0), places.originVolume([$0], on: grid, of: subject)) }, key: "concept", in: atlas),
        role: "regions",
        ending: "_regions.tsv")
    }
  }

  /// A row a concept.
  public var table: Table {
    let answer = explanation.answer
    let peaks = all.map { explanation.peak(of: $0) }
    return Table([
      .text("class", all.map { folder.classes[$0 / form.concepts] }), .whole("concept", all.map { $0 % form.concepts }),
      .number("relevance", all.map { answer.relevances[$0] }), .number("usual", all.map { folder.means[$0] }),
      .number("difference", all.map(difference)),
      .number("z", all.map { folder.deviations[$0] > 0 ? difference($0) / folder.deviations[$0] : nil }),
      .number("peak_x", peaks.map { $0?.x }), .number("peak_y", peaks.map { $0?.y }),
      .number("peak_z", peaks.map { $0?.z }),
    ])
  }

  /// What the record says.
  public var facts: JSONValue {
    let answer = explanation.answer
    return [
      "classes": .strings(folder.classes), "volumes": .strings(all.map(name)),
      "relevances": .numbers(answer.classRelevances), "starts": .numbers(answer.starts),
      "probabilities_by_concepts": .numbers(answer.probabilities),
      "probabilities_of_network": .singles(subject.probabilities ?? []),
      "extractor": folder.record.files.entries.first { $0.role == "extractor" }.map { .string($0.sha256) } ?? .null,
    ]
  }

  private func picture() throws(PellucidError) -> [UInt8] {
    var options = MontageOptions()
    options.title = "\(subject.scan.stem) · concepts of \(explanation.layer.name)"
    options.subtitle =
      "where each concept's relevance differs from what is usual; those that differ most, and how far"
    options.slices = 3
    options.sign = .signed
    let layers = strongest(6).map { concept in
      Montage.Layer(
        explanation.places.originVolume([concept], on: explanation.grid, of: subject),
        name: "\(name(concept)), \(NumberText.fixed(difference(concept), decimals: 2, plus: true))")
    }
    return try Montage(anatomy: subject.anatomy, comparing: layers, sharedScale: false, options: options).png()
  }
}
