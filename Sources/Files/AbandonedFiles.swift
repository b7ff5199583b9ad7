internal import CPellucidFiles

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What runs that were killed have left in a folder.
enum AbandonedFiles {
  /// Removes the temporary files of processes that live no more.
  /// - Returns: how many folders, from this one upwards, were made for them: where nothing else is in them, they are rubbish too.
  static func remove(from folder: String) -> Int {
    var made = 0
    for name in FileContents.names(inFolder: folder) ?? [] {
      guard let temporary = TemporaryName(name) else { continue }
      let path = PathBytes.cString(folder + "/" + name)
      var (device, node, changed): (UInt64, UInt64, Double) = (0, 0, 0)
      guard unsafe cf_identity(path, &device, &node, &changed) == 0,
        temporary.isAbandoned(age: Double(time(nil)) - changed), unsafe cf_remove(path) == 0
      else { continue }
      made = max(made, temporary.madeFolders)
    }
    return made
  }
}
