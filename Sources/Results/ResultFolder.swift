internal import FoundationEssentials
public import PellucidFaults
internal import PellucidFiles
public import PellucidTables
public import PellucidVolumes

/// A folder of results: records, and beside each the files that it lists.
public struct ResultFolder: Hashable, Sendable {
  /// As the caller gave it.
  public let path: String

  /// The folder at a path, which may be missing as long as nothing is read.
  public init(_ path: String) { self.path = path }

  /// The path of a file in it.
  public func path(of name: String) -> String {
    path.isEmpty ? name : path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// The results in the folder, by name; other JSON files are left alone.
  /// - Throws: `.badData` where the folder cannot be read or one of its records is damaged.
  public func results() throws(PellucidError) -> [StoredResult] {
    guard let names = FileContents.names(inFolder: path) else { throw .noFolderOfResults(path) }
    var results: [StoredResult] = []
    for file in names where file.hasSuffix(StoredResult.recordEnding) && !file.hasPrefix(".") {
      guard isRecord(path(of: file)) else { continue }
      results.append(
        StoredResult(
          folder: self, name: String(file.dropLast(StoredResult.recordEnding.count)),
          record: try ResultRecord(contentsOf: path(of: file))))
    }
    return results
  }

  /// Checks that a scan's results would stand beside none of another scan of the same name, whatever the method: tables and pages would
  /// take the two for one.
  ///
  /// Another run of the same scan replaces results, another scan of the same name does not. ``ResultWriter`` checks it, too; whoever asks before
  /// loses no work.
  ///
  /// - Parameters:
  ///   - stem: what the scan's results are called before `_METHOD`.
  ///   - scan: the scan's files, looked up where there are results of that name; it is the same where they hold the same bytes, wherever
  ///     they lie.
  /// - Throws: `.output` naming the record of another scan; what `scan` throws.
  public func check(
    stem: String, areOf scan: () throws(PellucidError) -> [ResultRecord.FileDigest]
  ) throws(PellucidError) {
    var own: [String]?
    for former in records(ofStem: stem) {
      let digests = if let own { own } else { try scan().map(\.sha256) }
      own = digests
      guard former.record.scan.map(\.sha256) != digests else { continue }
      throw .resultsOfAnother(former.recordPath, scan: former.record.image)
    }
  }

  /// The result of a name that a new one would replace; nil: there is none.
  public func result(named name: String) -> StoredResult? {
    let file = path(of: name + StoredResult.recordEnding)
    guard FileKind.exists(file), let record = try? ResultRecord(contentsOf: file) else { return nil }
    return StoredResult(folder: self, name: name, record: record)
  }

  /// The results of scans of a name, by name; what cannot be read is no result.
  private func records(ofStem stem: String) -> [StoredResult] {
    let ending = StoredResult.recordEnding
    let names = FileContents.names(inFolder: path)?.filter { $0.hasPrefix(stem + "_") && $0.hasSuffix(ending) } ?? []
    return names.sorted().compactMap { result(named: String($0.dropLast(ending.count))) }
      .filter { ScanReference($0.record.image).stem == stem }
  }

  private struct Schema: Decodable { var schema: String }

  /// Whether a file says that it is a record, of whatever version; one that is cut short or overwritten says so by the text that it begins with.
  private func isRecord(_ path: String) -> Bool {
    guard let bytes = FileContents.bytes(of: path, isInput: false) else { return false }
    guard let found = try? JSONDecoder().decode(Schema.self, from: Data(bytes)) else {
      return ResultRecord.hasBegun(bytes)
    }
    return found.schema.hasPrefix("pellucid-result/")
  }
}

/// A result in a folder: its record, and the way to its files.
public struct StoredResult: Sendable {
  static let recordEnding = ".json"

  /// The folder.
  public let folder: ResultFolder
  /// What its files begin with: `STEM_METHOD`.
  public let name: String
  /// What it is.
  public let record: ResultRecord

  /// The path of its record.
  public var recordPath: String { folder.path(of: name + Self.recordEnding) }

  /// The path of a part's file; nil: the result has no such part.
  public func path(of role: String) -> String? { record.files[role].map { folder.path(of: $0.name) } }

  /// The region table: a row a region, and one for the outside.
  /// - Throws: `.usage` where the result has none; `.badData` where its file is missing or damaged.
  public func regions() throws(PellucidError) -> Table { try Table(contentsOf: try existing("regions")) }

  /// The map.
  /// - Throws: `.badData` where its file is missing or damaged.
  public func volume() throws(PellucidError) -> Volume { try Volume(contentsOf: try existing("volume")) }

  /// Checks that every file is there and holds what was written.
  /// - Throws: `.badData` naming the files that are missing and those that were altered.
  public func check() throws(PellucidError) {
    var missing: [String] = []
    var altered: [String] = []
    for file in record.files.entries {
      let path = folder.path(of: file.name)
      guard case .file = FileKind.at(path) else {
        missing.append(file.name)
        continue
      }
      if try SHA256.hexDigest(ofFile: path) != file.sha256 { altered.append(file.name) }
    }
    guard missing.isEmpty, altered.isEmpty else { throw .partsChanged(recordPath, missing: missing, altered: altered) }
  }

  /// The names of its files that are none of these and hold what was written: what a new result of this name would leave beside it.
  func outdated(beside names: [String]) -> [String] {
    // A record may come from anywhere: only files that are called after it are its own.
    let own = record.files.entries.filter { $0.name.hasPrefix(name) && !$0.name.contains("/") }
      .filter { !names.contains($0.name) }
    return own.filter { (try? SHA256.hexDigest(ofFile: folder.path(of: $0.name))) == $0.sha256 }.map(\.name)
  }

  /// The path of a part's file.
  /// - Throws: `.usage` where the result has no such part, with those that it has.
  public func existing(_ role: String) throws(PellucidError) -> String {
    guard let path = path(of: role) else {
      throw .noPart(recordPath, role: role, has: record.files.entries.map(\.role))
    }
    return path
  }
}
