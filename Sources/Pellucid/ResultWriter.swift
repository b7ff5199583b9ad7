internal import Atlases
public import Attribution
public import Faults
internal import Figures
internal import Files
internal import Networks
internal import Reports
internal import Tensors
package import Volumes

/// Writes what `explain` promises for a case: map, montage, provenance and table of each method, all of them or none.
public struct ResultWriter {
  /// The files of one method, as names in the folder.
  public struct Names: Sendable {
    /// The relevance volume.
    public let volume: String
    /// The montage.
    public let picture: String
    /// The provenance.
    public let provenance: String
    /// The region table.
    public let table: String
    /// The matrix of pairs of regions, and its picture.
    public let matrix, matrixPicture: String
    /// The tables that the method made beside its map.
    public let furtherTables: [String]

    init(stem: String, method: String, furtherTables: [String]) {
      let base = "\(stem)_\(method)"
      volume = base + ".nii.gz"
      picture = base + ".png"
      provenance = base + ".json"
      table = base + "_regions.tsv"
      matrix = base + "_matrix.tsv"
      matrixPicture = base + "_matrix.png"
      self.furtherTables = furtherTables.map { base + "_\($0).tsv" }
    }
  }

  private let explainer: Explainer
  private let subject: Explainer.Case
  private let files: FileSet
  private let modelDigest: String
  private let limits: ClosedRange<Double>?

  /// A writer into a folder, which is made if it is missing.
  /// - Parameter limits: the values at the ends of the pictures' colours, to compare scans; nil: each map's own.
  /// - Throws: `.output` where the folder cannot be written to.
  public init(
    _ explainer: Explainer, _ subject: Explainer.Case, folder: String, modelDigest: String,
    limits: ClosedRange<Double>? = nil
  ) throws(PellucidError) {
    self.explainer = explainer
    self.subject = subject
    self.modelDigest = modelDigest
    self.limits = limits
    files = try FileSet(folder: folder)
  }

  /// Prepares the files of one explanation; they appear with ``commit()``.
  public func add(
    _ explanation: Explainer.Explanation, method: any AttributionMethod.Type, given: OptionValues
  ) throws(PellucidError) -> Names {
    let tables = explanation.relevance.tables
    let names = Names(stem: subject.scan.stem, method: method.name, furtherTables: tables.map(\.name))
    let volume = explanation.volume
    let (picture, limit) = try montage(of: explanation)
    let low = (volume.voxels.min() ?? 0) < 0 ? -limit : 0
    try volume.write(
      into: files, as: names.volume,
      description: "Pellucid \(pellucidVersion) \(method.name) of \(explanation.target.name)",
      intentName: String(method.name.prefix(15)), displayRange: limit > 0 ? low...limit : nil)
    try files.add(picture, as: names.picture)
    let provenance = explainer.provenance(
      of: explanation, subject, method: method, given: given, threads: Engine.threads, modelDigest: modelDigest)
    try files.add(provenance.text(pretty: true) + "\n", as: names.provenance)
    if let table = explanation.table {
      let remarks = subject.alignment.warnings.map { "\($0.what); \($0.how)" }
      try files.add(table.tsv(sortedBy: explainer.options.sort, remarks: remarks), as: names.table)
    }
    if let matrix = explanation.relevance.matrix { try add(matrix, of: explanation, names) }
    for (table, name) in zip(tables, names.furtherTables) { try files.add(table.tsv, as: name) }
    return names
  }

  /// The matrix as a table with names, and as a heat map.
  private func add(
    _ matrix: RegionMatrix, of explanation: Explainer.Explanation, _ names: Names
  ) throws(PellucidError) {
    let regions = matrix.labels.map { label in
      let name = explainer.options.atlas?.regions.first { $0.index == label }?.name ?? "\(label)"
      return String(name.map { $0.isWhitespace ? " " : $0 })
    }
    var text = (["name"] + regions).joined(separator: "\t") + "\n"
    for (name, row) in zip(regions, matrix.values) {
      text += ([name] + row.map { NumberText.significant($0) }).joined(separator: "\t") + "\n"
    }
    try files.add(text, as: names.matrix)
    var options = ChartOptions()
    options.title = "\(subject.scan.stem) · \(explanation.method) · \(explanation.target.name)"
    options.subtitle = answer
    options.label = "interaction, diagonal: drop (\(explanation.scoreKind.rawValue))"
    options.width = min(400, max(120, 60 + 5 * Double(regions.count)))
    let picture = try HeatMap(rows: regions, columns: regions, values: matrix.values, options: options).png()
    try files.add(picture, as: names.matrixPicture)
  }

  /// Draws all methods on the same slices, a row each, as `STEM_methods.png`, which is returned.
  ///
  /// Every row has its own colours' end, since methods differ in their units.
  public func add(comparing explanations: [Explainer.Explanation]) throws(PellucidError) -> String {
    var options = MontageOptions()
    let targets = Set(explanations.map(\.target.name))
    options.title = "\(subject.scan.stem) · \(targets.sorted().joined(separator: ", "))"
    options.subtitle = answer
    options.range = limits
    let layers = explanations.map { explanation in
      Montage.Layer(
        explanation.overlay, name: explanation.method,
        interpolation: explanation.relevance.measure == .regional ? .nearest : .linear)
    }
    let name = "\(subject.scan.stem)_methods.png"
    let montage = try Montage(
      anatomy: subject.anatomy, comparing: layers, sharedScale: limits != nil, options: options)
    try files.add(try montage.png(), as: name)
    return name
  }

  /// Puts all files in place.
  public func commit() throws(PellucidError) { try files.commit() }

  private func montage(of explanation: Explainer.Explanation) throws(PellucidError) -> ([UInt8], Float) {
    var options = MontageOptions()
    options.title = "\(subject.scan.stem) · \(explanation.method) · \(explanation.target.name)"
    options.subtitle = answer
    options.label = "relevance (\(explanation.scoreName))"
    options.range = limits
    if explanation.relevance.measure == .regional { options.interpolation = .nearest }
    let montage = try Montage(
      anatomy: subject.anatomy, overlay: explanation.overlay, options: options)
    return (try montage.png(), Float(montage.limits.first ?? 0))
  }

  /// What the network said, in words.
  private var answer: String {
    let classes = subject.classes
    let parts = (0..<classes.count).prefix(4).map { index in
      let value = classes.activation == .none ? subject.scores[index] : subject.probabilities[index]
      return "\(classes.name(of: index)) \(FixedPoint.text(Double(value), digits: 3))"
    }
    return parts.joined(separator: "   ") + (classes.count > 4 ? "   …" : "")
  }
}

extension MethodTable {
  /// A header and a row a line, tab-separated.
  var tsv: String {
    let lines = rows.map { row in row.map(Self.text).joined(separator: "\t") }
    return ([columns.joined(separator: "\t")] + lines).joined(separator: "\n") + "\n"
  }

  private static func text(_ value: Relevance.Fact.Value) -> String {
    switch value {
    case .text(let text): String(text.map { $0.isWhitespace ? " " : $0 })
    case .number(let number): NumberText.significant(number)
    case .numbers(let numbers): numbers.map { NumberText.significant($0) }.joined(separator: ",")
    case .integers(let numbers), .list(let numbers): numbers.map { "\($0)" }.joined(separator: ",")
    case .table(let table): table.name
    }
  }
}

extension Explainer.Explanation {
  /// The map as pictures show it: the channels' sum, or the one map that they share.
  package var overlay: Volume {
    guard volume.channels > 1 else { return volume }
    var shown = Array(volume.voxels[0..<volume.shape.count])
    if relevance.map.shape[1] > 1 {
      for channel in 1..<volume.channels {
        for index in 0..<volume.shape.count { shown[index] += volume.voxels[channel * volume.shape.count + index] }
      }
    }
    return Volume(
      shape: volume.shape, voxels: shown, affine: volume.affine, space: volume.space, source: volume.source,
      notes: volume.notes)
  }
}
