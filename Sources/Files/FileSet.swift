internal import CFiles
public import Faults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Files of one folder that appear all together, whole and under their names, or not at all.
///
/// Each is first written under a temporary name in the same folder (`.pellucid-…`); ``commit()`` renames them all. Until then, and where
/// anything fails, ``discard()`` (also called when the set is let go) removes them, and the folders that were made for them. A signal
/// that ends the process does the same once ``RemovalOnSignals/install()`` has been called.
public final class FileSet {
  /// The folder the files go to, as the caller gave it.
  public let folder: String
  private var files: [Pending] = []
  private var madeFolders: [(path: String, slot: Int32)] = []

  private struct Pending {
    let name, temporary, target: String
    let slot: Int32
  }

  /// A set for a folder, which is made (with those above it) where it is missing.
  /// - Throws: `.output` where the folder cannot be made, is not a folder or may not be written to.
  public init(folder: String, makingFolder: Bool = true) throws(PellucidError) {
    self.folder = folder
    let place = folder.isEmpty ? "." : folder
    switch FileKind.at(place) {
    case .folder: break
    case .absent where makingFolder:
      do throws(PellucidError) { try make(place) } catch {
        discard()
        throw error
      }
    case .absent: throw .unwritable(folder, errno: ENOENT)
    case .file, .other: throw .fileInTheWay(folder)
    }
    let refused = unsafe cf_may_write(place)
    guard refused == 0 else {
      discard()
      throw .unwritable(folder, errno: refused)
    }
  }

  deinit { discard() }

  /// A temporary path to write a file's content to; it ends like `name` (`.nii.gz`, `.png`) and becomes `name` at ``commit()``.
  /// - Precondition: `name` has no `/`.
  public func temporaryPath(for name: String) -> String {
    precondition(!name.contains("/"), "a name in the set's folder, not a path")
    let ending = name.hasSuffix(".gz") ? suffix(String(name.dropLast(3))) + ".gz" : suffix(name)
    let temporary = path(FileSet.temporaryName() + ending)
    let slot = unsafe cf_register(temporary, 0)
    files.append(Pending(name: name, temporary: temporary, target: path(name), slot: slot))
    return temporary
  }

  /// Whether a file of this name was added and is not in place yet.
  public func contains(_ name: String) -> Bool { files.contains { $0.name == name } }

  /// Adds a file of these bytes.
  /// - Throws: `.output`, naming the file, where the bytes cannot be written; the set is then empty.
  public func add(_ bytes: [UInt8], as name: String) throws(PellucidError) {
    let temporary = temporaryPath(for: name)
    let why = unsafe bytes.withUnsafeBytes { unsafe cf_write(temporary, $0.baseAddress, $0.count) }
    guard why == 0 else {
      discard()
      throw .unwritable(path(name), errno: why)
    }
  }

  /// Adds a file of UTF-8 text.
  public func add(_ text: String, as name: String) throws(PellucidError) { try add(Array(text.utf8), as: name) }

  /// Adds a file that `writer` writes to the temporary path it is given.
  /// - Throws: what the writer throws, placed at the file's own name; the set is then empty.
  public func add(as name: String, writer: (String) throws(PellucidError) -> Void) throws(PellucidError) {
    let temporary = temporaryPath(for: name)
    do throws(PellucidError) { try writer(temporary) } catch {
      discard()
      var placed = error
      if placed.place.file == nil || placed.place.file == temporary { placed.place.file = path(name) }
      throw placed
    }
  }

  /// Puts all files under their names; a second call has nothing to do.
  /// - Throws: `.output` where one cannot be put there; the others are then taken back and what was there before is restored.
  public func commit() throws(PellucidError) {
    for file in files {
      switch FileKind.at(file.target) {
      case .absent, .file: continue
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
      let former = path(FileSet.temporaryName())
      let kept = unsafe cf_link(file.target, former) == 0
      let why = unsafe cf_rename(file.temporary, file.target)
      done.append((file, kept ? former : nil))
      if why != 0 {
        failure = .unwritable(file.target, errno: why)
        break
      }
    }
    for (index, entry) in done.enumerated() {
      let isFailed = failure != nil && index == done.count - 1
      if failure != nil, !isFailed, let former = entry.former {
        _ = unsafe cf_rename(former, entry.file.target)
      } else {
        if failure != nil, !isFailed { _ = unsafe cf_remove(entry.file.target) }
        if let former = entry.former { _ = unsafe cf_remove(former) }
      }
    }
    if failure == nil {
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
      _ = unsafe cf_remove(file.temporary)
      cf_unregister(file.slot)
    }
    for folder in madeFolders.reversed() {
      _ = unsafe cf_remove_folder(folder.path)
      cf_unregister(folder.slot)
    }
    files = []
    madeFolders = []
  }

  private func make(_ path: String) throws(PellucidError) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    var here = path.hasPrefix("/") ? "" : "."
    while !parts.isEmpty {
      here += "/" + parts.removeFirst()
      switch FileKind.at(here) {
      case .folder: continue
      case .file, .other: throw .fileInTheWay(here)
      case .absent: break
      }
      let slot = unsafe cf_register(here, 1)
      let why = unsafe cf_make_folder(here)
      guard why == 0 || why == EEXIST else {
        cf_unregister(slot)
        throw .unwritable(folder, errno: why)
      }
      if why == 0 { madeFolders.append((here, slot)) } else { cf_unregister(slot) }
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

  private static func temporaryName() -> String {
    ".pellucid-\(cf_process())-" + String(UInt64.random(in: .min ... .max), radix: 36)
  }
}
