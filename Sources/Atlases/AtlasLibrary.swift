internal import FoundationEssentials
public import PellucidFaults
internal import PellucidFiles

/// The atlases that are found by name: folders `NAME/` with a card (`atlas.yaml`), an image and a label file.
///
/// Searched in this order, of two atlases of one name the first counts: the folders of `PELLUCID_ATLASES` (separated by `:`), the
/// user's `$XDG_DATA_HOME/pellucid/atlases` (`~/.local/share/pellucid/atlases`), the installation's `share/pellucid/atlases` beside the executable's `bin`, a folder `atlases` in a folder above the executable (a
/// checkout's `.build/release/pellucid`), one in or above the current directory, and that of the package that this library was compiled
/// from, so that a program that depends on it finds them, too.
public struct AtlasLibrary: Sendable {
  /// An atlas that can be asked for by name.
  public struct Entry: Sendable {
    /// What its card says.
    public var card: AtlasCard
    /// Its folder.
    public var folder: String
    /// Regions that its label file names; nil where that cannot be read.
    public var regionCount: Int?

    /// Its name.
    public var name: String { card.name }
    /// Path of its label image.
    public var imagePath: String { folder + "/" + card.image }
    /// Path of its label file.
    public var labelsPath: String { folder + "/" + card.labels }
  }

  /// The folders that hold atlases, in the order of search; only those that are there.
  public let folders: [String]
  /// Where they were looked for, in words.
  let searched: String
  /// The atlases, by name.
  public let entries: [Entry]
  /// Cards that cannot be read, and why.
  public let notes: [Note]

  /// The library as the process sees it.
  public static func standard() -> AtlasLibrary {
    AtlasLibrary(
      environment: ProcessInfo.processInfo.environment, executable: executablePath(),
      currentDirectory: FileManager.default.currentDirectoryPath, sources: packageFolder)
  }

  /// A library of the folders that these places lead to.
  /// - Parameter sources: the last folder that is looked in; nil: none.
  public init(environment: [String: String], executable: String?, currentDirectory: String, sources: String? = nil) {
    var candidates = (environment["PELLUCID_ATLASES"] ?? "").split(separator: ":").map(String.init)
    if let own = Self.userFolder(environment) { candidates.append(own) }
    if let executable {
      let above = Self.foldersAbove(executable)
      candidates += above.dropFirst().prefix(1).map { $0 + "/share/pellucid/atlases" }
      candidates += above.map { $0 + "/atlases" }
    }
    candidates += ([currentDirectory] + Self.foldersAbove(currentDirectory)).map { $0 + "/atlases" }
    if let sources { candidates.append(sources) }

    var folders: [String] = []
    var entries: [Entry] = []
    var notes: [Note] = []
    for folder in candidates where !folders.contains(folder) {
      guard let names = FileContents.names(inFolder: folder) else { continue }
      let atlasFolders = names.sorted().map { folder + "/" + $0 }.filter {
        FileKind.exists($0 + "/" + AtlasCard.fileName)
      }
      guard !atlasFolders.isEmpty else { continue }
      folders.append(folder)
      for atlasFolder in atlasFolders {
        do throws(PellucidError) {
          let card = try AtlasCard(contentsOf: atlasFolder + "/" + AtlasCard.fileName)
          if entries.contains(where: { $0.name == card.name }) { continue }
          let count = try? LabelTable(contentsOf: atlasFolder + "/" + card.labels).regions.count
          entries.append(Entry(card: card, folder: atlasFolder, regionCount: count))
        } catch {
          notes.append(Note(what: error.line, how: "the atlas is left out"))
        }
      }
    }
    self.folders = folders
    searched =
      "PELLUCID_ATLASES names none; there is none in or above \(executable ?? "the program") and \(currentDirectory), in "
      + "\(Self.userFolder(environment) ?? "the user's data folder") and in \(sources ?? "the library's sources")"
    self.entries = entries.sorted { $0.name < $1.name }
    self.notes = notes
  }

  /// The entry of a name, in any case.
  /// - Throws: `.usage` for an unknown name, with the near misses.
  public func entry(named name: String) throws(PellucidError) -> Entry {
    if let found = entries.first(where: { $0.name.lowercased() == name.lowercased() }) { return found }
    throw .unknownAtlas(name, known: entries.map(\.name), searched: folders.isEmpty ? searched : nil)
  }

  /// The atlases of the package's sources, where they still are.
  package static let packageFolder = foldersAbove(#filePath).dropFirst(2).first.map { $0 + "/atlases" }

  /// `/a/b` and `/a`, …, `/` of `/a/b/c`, nearest first.
  private static func foldersAbove(_ path: String) -> [String] {
    var parts = path.split(separator: "/")
    var out: [String] = []
    while !parts.isEmpty {
      parts.removeLast()
      out.append(parts.isEmpty ? "" : "/" + parts.joined(separator: "/"))
    }
    return out
  }

  /// The real path of the running program, through links; nil where the system does not tell.
  private static func executablePath() -> String? {
    #if os(Linux)
      if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
    #endif
    guard let called = CommandLine.arguments.first else { return nil }
    let searched = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/" + called }
    let path = called.contains("/") ? called : searched.first(where: FileManager.default.isExecutableFile(atPath:))
    return path.map { URL(filePath: $0).resolvingSymlinksInPath().path }
  }
}
