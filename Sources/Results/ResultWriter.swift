internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidVolumes

/// Writes explanations into a folder: the record and every part of each, all of them or none.
///
/// A result takes the place of a former one of the same name and scan: parts that only the former had, such as a region table, go.
public struct ResultWriter {
  private let files: FileSet
  private let folder: ResultFolder
  private let style: ResultStyle

  /// A writer into a folder, which is made if it is missing.
  /// - Throws: `.output` where the folder cannot be written to.
  public init(_ folder: ResultFolder, style: ResultStyle = ResultStyle()) throws(PellucidError) {
    self.folder = folder
    self.style = style
    files = try FileSet(folder: folder.path)
  }

  /// Prepares the files of one explanation; they appear with ``commit()``.
  ///
  /// - Parameter label: what its files are called after the scan's name; nil: the method's name.
  /// - Returns: the result as it will be read back.
  /// - Throws: `.usage` where a result of this name was added before; `.output` where the folder has one of another scan.
  public func add(_ explanation: Explanation, label: String? = nil) throws(PellucidError) -> StoredResult {
    let name = "\(explanation.stem)_\(label ?? explanation.method)"
    var record = explanation.record
    try folder.check([name], areOf: record.scan)
    let parts = try ResultParts.parts(of: DrawnResult(explanation, style))
    for ending in parts.map(\.ending) + [StoredResult.recordEnding] where files.contains(name + ending) {
      throw .resultTwice(name + ending)
    }
    for part in parts {
      var digest = ""
      try files.add(as: name + part.ending) { path throws(PellucidError) in
        try part.write(to: path)
        digest = try SHA256.hexDigest(ofFile: path)
      }
      record.files.entries.append(.init(role: part.role, name: name + part.ending, sha256: digest))
    }
    try files.add(record.json.text(pretty: true) + "\n", as: name + StoredResult.recordEnding)
    for name in folder.former(name)?.outdated(beside: record.files.entries.map(\.name)) ?? [] { files.remove(name) }
    return StoredResult(folder: folder, name: name, record: record)
  }

  /// Draws all methods on the same slices, a row each, as `STEM_methods.png`, which is returned.
  ///
  /// Every row has its own colours' end, since methods differ in their units.
  /// - Precondition: there is at least one, and all are of one scan.
  public func add(
    comparing explanations: [Explanation]
  ) throws(PellucidError) -> String {
    precondition(!explanations.isEmpty, "there is something to compare")
    let first = explanations[0]
    var options = MontageOptions()
    let targets = Set(explanations.map(\.target.name))
    options.title = "\(first.stem) · \(targets.sorted().joined(separator: ", "))"
    options.subtitle = first.record.answer
    options.range = style.limits
    let layers = explanations.map { explanation in
      Montage.Layer(
        explanation.overlay,
        name: targets.count > 1 ? "\(explanation.caption) · \(explanation.target.name)" : explanation.caption,
        interpolation: explanation.relevance.measure == .regional ? .nearest : .linear,
        label: "relevance (\(explanation.scoreName))")
    }
    let name = "\(first.stem)_methods.png"
    if FileKind.exists(folder.path(of: name)) {
      let names = try folder.results().filter { ScanReference($0.record.image).stem == first.stem }.map(\.name)
      try folder.check(names, areOf: first.record.scan)
    }
    let montage = try Montage(
      anatomy: first.anatomy, comparing: layers, sharedScale: style.limits != nil, options: options)
    try files.add(try montage.png(), as: name)
    return name
  }

  /// Puts all files in place.
  public func commit() throws(PellucidError) { try files.commit() }
}
