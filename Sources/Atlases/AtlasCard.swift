public import PellucidFaults
internal import PellucidFiles
internal import Yams

/// What `atlas.yaml` says of an atlas: where it lies, whose it is and how it may be used.
public struct AtlasCard: Hashable, Sendable {
  /// The name by which it is asked for; the folder's name where the card gives none.
  public var name: String
  /// One line for people.
  public var title: String
  /// The label image, relative to the card's folder.
  public var image: String
  /// The label file, relative to the card's folder.
  public var labels: String
  /// The space of its coordinates, as in `MNI (Colin27)`.
  public var space: String
  /// Version or date.
  public var version: String
  /// The paper to cite.
  public var citation: String
  /// Its licence.
  public var licence: String
  /// Where the files come from.
  public var source: String

  /// The card's file name in an atlas's folder.
  public static let fileName = "atlas.yaml"

  /// Reads a card.
  /// - Throws: `.badData` for a file that cannot be read, is not YAML, or names no image.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path) else { throw .unreadable(path) }
    let folder = path.split(separator: "/").dropLast().last.map(String.init) ?? "atlas"
    try self.init(text: String(decoding: data, as: UTF8.self), source: path, folderName: folder)
  }

  /// Reads a card's text.
  /// - Throws: as ``init(contentsOf:)``.
  public init(text: String, source: String, folderName: String) throws(PellucidError) {
    let facts: [String: String]
    do {
      guard let mapping = try Yams.compose(yaml: text)?.mapping else {
        throw PellucidError.badCard(source, why: "it is no mapping")
      }
      facts = Dictionary(
        mapping.compactMap { key, value in key.string.flatMap { k in value.string.map { (k, $0) } } },
        uniquingKeysWith: { a, _ in a })
    } catch let error as PellucidError {
      throw error
    } catch {
      throw .badCard(source, why: "it is not YAML", cause: error)
    }
    guard let image = facts["image"], !image.isEmpty else { throw .badCard(source, why: "it has no key image") }
    self.name = facts["name"] ?? folderName
    self.title = facts["title"] ?? self.name
    self.image = image
    self.labels = facts["labels"] ?? "labels.tsv"
    self.space = facts["space"] ?? "n/a"
    self.version = facts["version"] ?? "n/a"
    self.citation = facts["citation"] ?? "n/a"
    self.licence = facts["licence"] ?? facts["license"] ?? "n/a"
    self.source = facts["source"] ?? "n/a"
  }
}
