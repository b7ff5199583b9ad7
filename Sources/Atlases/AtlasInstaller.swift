internal import FoundationEssentials
public import PellucidFaults
internal import PellucidFiles

/// Puts atlases of an unpacked package into the user's folder of atlases.
public struct AtlasInstaller: Sendable {
  /// The folder that gets a folder an atlas.
  public let folder: String

  /// - Parameter folder: nil: `$XDG_DATA_HOME/pellucid/atlases`, where that is not set `~/.local/share/pellucid/atlases`.
  /// - Throws: `.usage` where there is neither a folder nor a home.
  public init(folder: String? = nil) throws(PellucidError) {
    guard let place = folder ?? AtlasLibrary.userFolder(ProcessInfo.processInfo.environment) else {
      throw .noHome()
    }
    self.folder = place
  }

  /// The atlas of a name.
  /// - Throws: `.usage` for an unknown name, with the near misses.
  public static func atlas(named name: String) throws(PellucidError) -> AtlasPackage {
    if let found = AtlasPackage.all.first(where: { $0.name == name.lowercased() }) { return found }
    throw .notInstallable(name, known: AtlasPackage.all.map(\.name))
  }

  /// Copies an atlas out of an unpacked package, with its label file, a card and the package's words on licences.
  ///
  /// - Parameters:
  ///   - unpacked: the package's folder; image and labels may lie deeper in it.
  ///   - source: where it came from, for the card.
  /// - Returns: the atlas as the library now finds it.
  /// - Throws: `.badData` where the package lacks the atlas or it cannot be read; `.output` where the folder cannot be written.
  public func install(_ atlas: AtlasPackage, from unpacked: String, source: String) throws(PellucidError) -> Atlas {
    let image = try file(atlas.image, in: unpacked, atlas)
    let labels = try file(atlas.labels, in: unpacked, atlas)
    // Read before anything is written: a damaged package leaves no atlas behind.
    _ = try Atlas(contentsOf: image, labels: labels)
    let target = folder + "/" + atlas.name
    let files = try FileSet(folder: target)
    try files.add(try bytes(image), as: atlas.image)
    try files.add(try bytes(labels), as: atlas.labels)
    if let notice = find(AtlasPackage.notice, in: unpacked).flatMap({ FileContents.bytes(of: $0) }) {
      try files.add([UInt8](notice), as: "NOTICE.md")
    }
    let facts = [
      ("name", atlas.name), ("title", atlas.title), ("image", atlas.image), ("labels", atlas.labels),
      ("space", atlas.space), ("citation", atlas.citation), ("licence", atlas.licence),
      ("source", "\(source), unchanged"),
    ]
    try files.add(facts.map { "\($0.0): \"\($0.1)\"\n" }.joined(), as: AtlasCard.fileName)
    try files.commit()
    return try Atlas(contentsOf: target)
  }

  private func file(_ name: String, in folder: String, _ atlas: AtlasPackage) throws(PellucidError) -> String {
    guard let path = find(name, in: folder) else { throw .notInPackage(folder, atlas: atlas.name, file: name) }
    return path
  }

  private func bytes(_ path: String) throws(PellucidError) -> [UInt8] {
    guard let bytes = FileContents.bytes(of: path) else { throw .unreadable(path) }
    return bytes
  }

  /// The file whose path ends in a name, anywhere in a folder.
  private func find(_ name: String, in folder: String) -> String? {
    if FileKind.exists(folder + "/" + name) { return folder + "/" + name }
    let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return all.sorted { ($0.count, $0) < ($1.count, $1) }.first { $0.hasSuffix("/" + name) }.map { folder + "/" + $0 }
  }
}

extension AtlasLibrary {
  /// Where a user's own atlases lie; nil without a home.
  static func userFolder(_ environment: [String: String]) -> String? {
    if let data = environment["XDG_DATA_HOME"], !data.isEmpty { return data + "/pellucid/atlases" }
    return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.local/share/pellucid/atlases" }
  }
}
