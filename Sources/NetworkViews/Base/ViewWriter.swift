internal import FoundationEssentials
public import PellucidFaults
public import PellucidFiles
internal import PellucidResults
public import PellucidTables
public import PellucidVolumes

/// Writes the files of one view: volumes, pictures, tables, and last the record that lists them.
///
/// Several writers may share a set of files, so that all of a command's files appear together or not at all.
///
///     let files = try FileSet(folder: "out")
///     let writer = ViewWriter(into: files, name: "patient_features_conv1")
///     try writer.add(volume, role: "volume")
///     try writer.finish(record)
///     try files.commit()
public final class ViewWriter {
  /// What all files are called before their ending.
  public let name: String
  /// The set that they belong to.
  public let files: FileSet
  private var entries: [ResultRecord.Files.Entry] = []

  /// A writer into a set of files.
  public init(into files: FileSet, name: String) { (self.files, self.name) = (files, name) }

  /// A writer with a set of its own in a folder, which is made if it is missing.
  /// - Throws: `.output` where the folder cannot be written to.
  public convenience init(folder: String, name: String) throws(PellucidError) {
    self.init(into: try FileSet(folder: folder), name: name)
  }

  /// Adds a volume as float32.
  /// - Parameter display: the values that viewers open with; nil: theirs to choose.
  public func add(
    _ volume: Volume, role: String = "volume", ending: String = ".nii.gz", description: String = "",
    display: ClosedRange<Float>? = nil
  ) throws(PellucidError) {
    try add(role: role, ending: ending) { (path) throws(PellucidError) in
      try volume.write(to: path, description: "Pellucid \(pellucidVersion) \(description)", displayRange: display)
    }
  }

  /// Adds a picture.
  public func add(_ png: [UInt8], role: String = "picture", ending: String = ".png") throws(PellucidError) {
    try add(role: role, ending: ending) { (path) throws(PellucidError) in try AtomicFile.write(png, to: path) }
  }

  /// Adds a table as tab-separated text.
  public func add(_ table: Table, role: String, ending: String) throws(PellucidError) {
    let text = Array(table.tsv.utf8)
    try add(role: role, ending: ending) { (path) throws(PellucidError) in try AtomicFile.write(text, to: path) }
  }

  /// Adds a file that `write` writes to the path it is given.
  public func add(
    role: String, ending: String, write: (String) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    precondition(!entries.contains { $0.role == role }, "a role is a file's own")
    let file = name + ending
    let path = try files.reserve([file])[0]
    do throws(PellucidError) {
      try write(path)
      entries.append(.init(role: role, name: file, sha256: try SHA256.hexDigest(ofFile: path)))
    } catch {
      throw files.failed(error, writing: file)
    }
  }

  /// Adds the record with the files of this writer, as `NAME.json`.
  /// - Throws: `.output` where the folder has a view of this name of another scan.
  public func finish(_ record: ViewRecord) throws(PellucidError) {
    let file = name + ".json"
    let former = (files.folder.isEmpty ? "" : files.folder.hasSuffix("/") ? files.folder : files.folder + "/") + file
    if let old = Self.record(at: former), old.view == record.view, let scan = old.scan, let own = record.scan,
      scan.map(\.sha256) != own.map(\.sha256)
    {
      files.discard()
      throw .viewOfAnother(former, image: old.image ?? "")
    }
    var record = record
    record.files.entries = entries
    try files.add(record.json.text(pretty: true) + "\n", as: file)
  }

  /// Puts all files of the set in place.
  public func commit() throws(PellucidError) { try files.commit() }

  /// The record that stands at a path; nil where there is none.
  public static func record(at path: String) -> ViewRecord? {
    guard let bytes = FileContents.bytes(of: path, isInput: false) else { return nil }
    return try? JSONDecoder().decode(ViewRecord.self, from: Data(bytes))
  }
}
