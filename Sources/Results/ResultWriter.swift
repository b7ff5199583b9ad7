internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidNetworks
internal import PellucidVolumes
internal import Synchronization

/// Writes explanations into a folder: the record and every part of each, all of them or none.
///
/// A result takes the place of a former one of the same name and scan: parts that only the former had, such as a region table, go.
public struct ResultWriter {
  private let files: FileSet
  private let folder: ResultFolder
  private let style: ResultStyle
  /// The scan that was drawn last: several methods lie over the same.
  private let drawn = LastAnatomy()

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
    let scan = record.scan
    try folder.check(stem: explanation.stem) { scan }
    let parts = try ResultParts.parts(of: DrawnResult(explanation, style, on: try drawn.anatomy(of: explanation)))
    for ending in parts.map(\.ending) + [StoredResult.recordEnding] where files.contains(name + ending) {
      throw .resultTwice(name + ending)
    }
    let digests = try write(parts, as: parts.map { name + $0.ending })
    for (part, digest) in zip(parts, digests) {
      record.files.entries.append(.init(role: part.role, name: name + part.ending, sha256: digest))
    }
    try files.add(record.json.text(pretty: true) + "\n", as: name + StoredResult.recordEnding)
    for name in folder.result(named: name)?.outdated(beside: record.files.entries.map(\.name)) ?? [] {
      files.remove(name)
    }
    return StoredResult(folder: folder, name: name, record: record)
  }

  /// Writes a result's parts, several at once, and returns their SHA-256.
  private func write(_ parts: [any ResultPart], as names: [String]) throws(PellucidError) -> [String] {
    let paths = try files.reserve(names)
    let done = Mutex((digests: Array(repeating: "", count: parts.count), failed: 0))
    do throws(PellucidError) {
      try Workers.run(parts.count, on: Engine.threads) { (place) throws(PellucidError) in
        do throws(PellucidError) {
          try parts[place].write(to: paths[place])
          let digest = try SHA256.hexDigest(ofFile: paths[place])
          done.withLock { $0.digests[place] = digest }
        } catch {
          done.withLock { $0.failed = place }
          throw error
        }
      }
    } catch {
      throw files.failed(error, writing: names[done.withLock { $0.failed }])
    }
    return done.withLock { $0.digests }
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
    let montage = try Montage(
      anatomy: first.anatomy, comparing: layers, sharedScale: style.limits != nil, options: options)
    try files.add(try montage.png(), as: name)
    return name
  }

  /// Puts all files in place.
  public func commit() throws(PellucidError) { try files.commit() }
}

/// The scan of the explanation before, made for pictures.
private final class LastAnatomy: Sendable {
  private let last = Mutex<(scan: [ResultRecord.FileDigest], grid: GridShape, anatomy: MontageAnatomy)?>(nil)

  func anatomy(of explanation: Explanation) throws(PellucidError) -> MontageAnatomy {
    let (scan, grid) = (explanation.record.scan, explanation.anatomy.shape)
    if let known = last.withLock({ $0 }), !scan.isEmpty, known.scan == scan, known.grid == grid { return known.anatomy }
    let anatomy = try MontageAnatomy(explanation.anatomy)
    last.withLock { $0 = (scan, grid, anatomy) }
    return anatomy
  }
}
