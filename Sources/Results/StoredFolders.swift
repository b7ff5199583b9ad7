public import PellucidFaults
internal import PellucidFiles
public import PellucidTables

/// The results in folders and the folders below, and the tables of participants and predictions that stand there.
public struct StoredFolders: Sendable {
  /// The results, folder by folder.
  public private(set) var results: [StoredResult] = []
  /// The views of networks, folder by folder.
  public private(set) var views: [StoredView] = []
  /// Every `participants.tsv` and `predictions.tsv`.
  public private(set) var predictions: [Table] = []

  /// How deep results may lie: `sub-X/ses-Y/anat` of BIDS derivatives is three.
  private static let depth = 4

  /// Reads the records in folders and those below.
  /// - Throws: `.badData` for a record that cannot be read, or a damaged table.
  public init(_ folders: [String]) throws(PellucidError) {
    for folder in folders { try look(into: ResultFolder(folder), depth: 0) }
  }

  private mutating func look(into folder: ResultFolder, depth: Int) throws(PellucidError) {
    results += try folder.results()
    views += try folder.views()
    for name in FileContents.names(inFolder: folder.path) ?? [] where !name.hasPrefix(".") {
      let path = folder.path(of: name)
      if name == "predictions.tsv" || name == "participants.tsv" {
        predictions.append(try Table(contentsOf: path))
      } else if depth < Self.depth, case .folder = FileKind.at(path) {
        try look(into: ResultFolder(path), depth: depth + 1)
      }
    }
  }
}
