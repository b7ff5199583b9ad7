internal import CPellucidFiles
public import PellucidFaults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Files of one folder that appear all together, whole and under their names, or not at all.
///
/// Each is first written under a temporary name in the same folder (`.pellucid-…`); ``commit()`` renames them all. Until then, and where
/// anything fails, ``discard()`` (also called when the set is let go) removes them, and the folders that were made for them. A signal
/// that ends the process does the same once ``RemovalOnSignals/install()`` has been called; what a process that was killed has left, the
/// next set in that folder removes.
public final class FileSet {
  /// The folder the files go to, as the caller gave it.
  public let folder: String
  private var files: [Pending] = []
  private var madeFolders: [(path: String, slot: Int32)] = []
  private let makesFolder: Bool
  private var outdated: [String] = []

  private struct Pending {
    let name, temporary, target: String
    let slot: Int32
  }

  /// A set for a folder.
  ///
  /// Where it is missing, it is made (with those above it) with the first file; here it is only tried.
  /// - Throws: `.output` where the folder cannot be made, is not a folder or may not be written to.
  public init(folder: String, makingFolder: Bool = true) throws(PellucidError) {
    self.folder = folder
    makesFolder = makingFolder
    switch FileKind.at(place) {
    case .folder: adopt(AbandonedFiles.remove(from: place))
    case .absent where makingFolder:
      do throws(PellucidError) { try make(place) } catch {
        discard()
        throw error
      }
    case .absent: throw .unwritable(folder, errno: ENOENT)
    case .file, .other: throw .fileInTheWay(folder)
    }
    let refused = unsafe cf_may_write(PathBytes.cString(place))
    // Between this moment and the first file there may be hours, and a crash.
    discard()
    guard refused == 0 else { throw .unwritable(folder, errno: refused) }
  }

  /// The folder as system calls take it.
  private var place: String { folder.isEmpty ? "." : folder }

  deinit { discard() }

  /// A temporary path to write a file's content to; it ends like `name` (`.nii.gz`, `.png`) and becomes `name` at ``commit()``.
  /// - Precondition: `name` has no `/`.
  public func temporaryPath(for name: String) -> String {
    precondition(!name.contains("/"), "a name in the set's folder, not a path")
    // Where the folder cannot be made any more, writing will say why.
    if files.isEmpty, makesFolder, case .absent = FileKind.at(place) { try? make(place) }
    let ending = name.hasSuffix(".gz") ? suffix(String(name.dropLast(3))) + ".gz" : suffix(name)
    let temporary = path(TemporaryName.make(madeFolders: madeFolders.count) + ending)
    let slot = unsafe cf_register(PathBytes.cString(temporary), 0)
    files.append(Pending(name: name, temporary: temporary, target: path(name), slot: slot))
    return temporary
  }

  /// Whether a file of this name was added and is not in place yet.
  public func contains(_ name: String) -> Bool { files.contains { $0.name == name } }

  /// Adds a file of these bytes.
  /// - Throws: `.output`, naming the file, where the bytes cannot be written; the set is then empty.
  public func add(_ bytes: [UInt8], as name: String) throws(PellucidError) {
    try check(name)
    let temporary = temporaryPath(for: name)
    let raw = PathBytes.cString(temporary)
    let why = unsafe bytes.withUnsafeBytes { unsafe cf_write(raw, $0.baseAddress, $0.count) }
    guard why == 0 else {
      discard()
      throw .unwritable(path(name), errno: why)
    }
  }

  /// Adds a file of UTF-8 text.
  public func add(_ text: String, as name: String) throws(PellucidError) {
    try add(Array(PathBytes.shown(text).utf8), as: name)
  }

  /// Adds a file that `writer` writes to the temporary path it is given.
  /// - Throws: what the writer throws, placed at the file's own name; the set is then empty.
  public func add(as name: String, writer: (String) throws(PellucidError) -> Void) throws(PellucidError) {
    try check(name)
    let temporary = temporaryPath(for: name)
    do throws(PellucidError) { try writer(temporary) } catch { throw failed(error, writing: name) }
  }

  /// Names files to be written at their temporary paths, in this order, also several at once; then ``failed(_:writing:)`` tells of errors.
  /// - Throws: where one would take the place of a file that was read, or of another one of the set, which is then empty.
  public func reserve(_ names: [String]) throws(PellucidError) -> [String] {
    var paths: [String] = []
    for name in names {
      try check(name)
      paths.append(temporaryPath(for: name))
    }
    return paths
  }

  /// Empties the set after an error of a file's writer, which is given back placed at the file's own name.
  public func failed(_ error: PellucidError, writing name: String) -> PellucidError {
    let temporary = files.first { $0.name == name }?.temporary
    discard()
    var placed = error
    if placed.place.file == nil || placed.place.file == temporary { placed.place.file = path(name) }
    return placed
  }

  /// Has ``commit()`` remove a file that stands in the folder, once all others are in place; one that was read is left alone, and so is what
  /// is no file.
  /// - Precondition: `name` has no `/`.
  public func remove(_ name: String) {
    precondition(!name.contains("/"), "a name in the set's folder, not a path")
    outdated.append(name)
  }

  /// Puts all files under their names; a second call has nothing to do.
  /// - Throws: `.output` where one cannot be put there; the others are then taken back and what was there before is restored.
  public func commit() throws(PellucidError) {
    for file in files {
      switch FileKind.at(file.target) {
      case .absent: continue
      case .file:
        guard let input = InputFiles.standing(at: file.target) else { continue }
        discard()
        throw .replacesInput(file.target, input: input)
      case .folder:
        discard()
        throw .folderInTheWay(file.target)
      case .other:
        discard()
        throw .deviceInTheWay(file.target)
      }
    }
    cf_commit_begin()
    var done: [(file: Pending, former: String?)] = []
    var failure: PellucidError?
    for file in files {
      let former = path(TemporaryName.make(madeFolders: 0))
      let (temporary, target) = (PathBytes.cString(file.temporary), PathBytes.cString(file.target))
      let kept = unsafe cf_link(target, PathBytes.cString(former)) == 0
      let why = unsafe cf_rename(temporary, target)
      done.append((file, kept ? former : nil))
      if why != 0 {
        failure = .unwritable(file.target, errno: why)
        break
      }
    }
    for (index, entry) in done.enumerated() {
      let isFailed = failure != nil && index == done.count - 1
      if failure != nil, !isFailed, let former = entry.former {
        _ = unsafe cf_rename(PathBytes.cString(former), PathBytes.cString(entry.file.target))
      } else {
        if failure != nil, !isFailed { _ = unsafe cf_remove(PathBytes.cString(entry.file.target)) }
        if let former = entry.former { _ = unsafe cf_remove(PathBytes.cString(former)) }
      }
    }
    if failure == nil {
      removeOutdated()
      for file in files { cf_unregister(file.slot) }
      for folder in madeFolders { cf_unregister(folder.slot) }
      files = []
      madeFolders = []
    } else {
      discard()
    }
    cf_commit_end()
    if let failure { throw failure }
  }

  /// Removes everything that has not been committed.
  public func discard() {
    for file in files {
      _ = unsafe cf_remove(PathBytes.cString(file.temporary))
      cf_unregister(file.slot)
    }
    for folder in madeFolders.reversed() {
      _ = unsafe cf_remove_folder(PathBytes.cString(folder.path))
      cf_unregister(folder.slot)
    }
    files = []
    madeFolders = []
    outdated = []
  }

  private func removeOutdated() {
    for name in outdated where !contains(name) && InputFiles.standing(at: path(name)) == nil {
      if case .file = FileKind.at(path(name)) { _ = unsafe cf_remove(PathBytes.cString(path(name))) }
    }
    outdated = []
  }

  /// Refuses names that would lose something: of a file that was read, or of another one of the set.
  private func check(_ name: String) throws(PellucidError) {
    let target = path(name)
    let failure: PellucidError? =
      if let input = InputFiles.standing(at: target) {
        .replacesInput(target, input: input)
      } else {
        files.contains { $0.name == name } ? .twoOfOneName(target) : nil
      }
    if let failure {
      discard()
      throw failure
    }
  }

  private func make(_ path: String) throws(PellucidError) {
    for here in FileSet.chain(path) {
      switch FileKind.at(here) {
      case .folder: continue
      case .file, .other: throw .fileInTheWay(here)
      case .absent: break
      }
      let raw = PathBytes.cString(here)
      let slot = unsafe cf_register(raw, 1)
      let why = unsafe cf_make_folder(raw)
      guard why == 0 || why == EEXIST else {
        cf_unregister(slot)
        throw .unwritable(folder, errno: why)
      }
      if why == 0 { madeFolders.append((here, slot)) } else { cf_unregister(slot) }
    }
  }

  /// Takes over folders that a killed process had made, from this one upwards: they go with the set if nothing comes of it.
  private func adopt(_ count: Int) {
    for here in FileSet.chain(place).suffix(count) {
      let slot = unsafe cf_register(PathBytes.cString(here), 1)
      madeFolders.append((here, slot))
    }
  }

  /// The folders that lead to a path, outermost first.
  private static func chain(_ path: String) -> [String] {
    var here = path.hasPrefix("/") ? "" : "."
    return path.split(separator: "/").map { part in
      here += "/" + part
      return here
    }
  }

  private func path(_ name: String) -> String {
    if folder.isEmpty { return name }
    return folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private func suffix(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return String(name[dot...].prefix(16))
  }
}
