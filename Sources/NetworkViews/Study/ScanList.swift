public import PellucidFaults
internal import PellucidFiles
internal import PellucidSubjects
public import PellucidVolumes

/// The scans that a path stands for.
public enum ScanList {
  /// The images of a folder, the column `image` of a table (`.tsv`, `.csv`), or a scan itself.
  /// - Throws: `.badData` for a folder without images and a table that is none.
  public static func scans(_ path: String) throws(PellucidError) -> [ScanReference] {
    if case .folder = FileKind.at(path) {
      let names = ImageName.images(among: (FileContents.names(inFolder: path) ?? []).sorted())
      guard !names.isEmpty else { throw .folderWithoutScans(path) }
      return names.map { ScanReference(path.hasSuffix("/") ? path + $0 : "\(path)/\($0)") }
    }
    let ending = path.lowercased()
    guard ending.hasSuffix(".tsv") || ending.hasSuffix(".csv") else { return [ScanReference(path)] }
    return try SubjectTable(contentsOf: path, required: ["image"]).scans(atLeast: 1)
  }
}
