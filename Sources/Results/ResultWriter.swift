internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidNetworks
package import PellucidVolumes
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

  /// Begins to make a scan ready for pictures, beside what the caller does until the first explanation of it is added.
  package func expect(_ anatomy: Volume, of scan: [ResultRecord.FileDigest]) { drawn.expect(anatomy, of: scan) }

  /// Prepares the files of one explanation; they appear with ``commit()``.
  ///
  /// - Parameter label: what its files are called after the scan's name; nil: the method's name.
  /// - Returns: the result as it will be read back.
  /// - Throws: `.usage` where a result of this name was added before; `.output` where the folder has one of another scan.
  public func add(_ explanation: Explanation, label: String? = nil) throws(PellucidError) -> StoredResult {
    let name = "\(explanation.stem)_\(label ?? explanation.method)"
    let scan = explanation.record.scan
    try folder.check(stem: explanation.stem) { scan }
    return try add(explanation, as: ResultNaming(name))
  }

  /// The same under names of the caller's own, in place of whatever is there.
  ///
  /// - Parameters:
  ///   - naming: what the files are called.
  ///   - keeps: which kinds of parts are written, by role.
  ///   - further: parts that only the caller knows.
  ///   - keys: what stands in the record's file above the record.
  /// - Throws: `.usage` where a result of this name was added before.
  package func add(
    _ explanation: Explanation, as naming: ResultNaming, keeps: (_ role: String) -> Bool = { _ in true },
    further: [any ResultPart] = [], keys: [JSONValue.Member] = []
  ) throws(PellucidError) -> StoredResult {
    var record = explanation.record
    let parts =
      try ResultParts.parts(of: DrawnResult(explanation, style, on: drawn.anatomy(of: explanation)))
      .filter { keeps($0.role) } + further
    let names = parts.map { naming.file($0.ending) }
    for file in names + [naming.file(StoredResult.recordEnding)] where files.contains(file) { throw .resultTwice(file) }
    for ((part, file), digest) in zip(zip(parts, names), try write(parts, as: names)) {
      record.files.entries.append(.init(role: part.role, name: file, sha256: digest))
    }
    try files.add(Self.text(of: record, keys: keys), as: naming.file(StoredResult.recordEnding))
    let name = naming.file("")
    for old in folder.result(named: name)?.outdated(beside: names) ?? [] { files.remove(old) }
    return StoredResult(folder: folder, name: name, record: record)
  }

  /// What stands in a record's file.
  package static func text(of record: ResultRecord, keys: [JSONValue.Member] = []) -> String {
    guard case .object(let members) = record.json else { preconditionFailure("a record is an object") }
    return JSONValue.object(keys + members).text(pretty: true) + "\n"
  }

  /// Adds a file of text that is no part of a result; it appears with the others, after those added before it.
  package func add(_ text: String, as name: String) throws(PellucidError) { try files.add(text, as: name) }

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

  /// Adds a page about the results, which appears with them.
  package func add(page bytes: [UInt8], as name: String) throws(PellucidError) { try files.add(bytes, as: name) }

  /// Puts all files in place.
  public func commit() throws(PellucidError) { try files.commit() }

  /// Removes everything that has not been committed.
  public func discard() { files.discard() }
}

/// The scan of the explanation before, or of the one to come, made for pictures.
private final class LastAnatomy: Sendable {
  private let last = Mutex<(scan: [ResultRecord.FileDigest], grid: GridShape, anatomy: Ahead<MontageAnatomy>)?>(nil)

  @discardableResult
  func expect(_ anatomy: Volume, of scan: [ResultRecord.FileDigest]) -> Ahead<MontageAnatomy> {
    let made = Ahead { () throws(PellucidError) in try MontageAnatomy(anatomy) }
    last.withLock { $0 = (scan, anatomy.shape, made) }
    return made
  }

  func anatomy(of explanation: Explanation) -> Ahead<MontageAnatomy> {
    let (scan, grid) = (explanation.record.scan, explanation.anatomy.shape)
    if let known = last.withLock({ $0 }), !scan.isEmpty, known.scan == scan, known.grid == grid {
      return known.anatomy
    }
    return expect(explanation.anatomy, of: scan)
  }
}
