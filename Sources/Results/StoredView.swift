internal import FoundationEssentials
public import PellucidFaults
internal import PellucidFiles

/// What a view of a network wrote into a folder (`features`, `maximize`, `concepts` …): its record, and the way to its files.
public struct StoredView: Sendable {
  /// The folder.
  public let folder: ResultFolder
  /// What its files begin with.
  public let name: String
  /// The record, `pellucid-view/…`.
  public let record: JSONValue

  /// The command that made it.
  public var view: String { record["view"]?.text ?? "view" }
  /// The scan, as the user named it; nil: it is of none.
  public var image: String? { record["image"]?.text }
  /// The digests of the scan's files; empty: it is of none.
  public var scan: [String] { record["scan"]?.items.compactMap { $0["sha256"]?.text } ?? [] }
  /// The layers that it is about.
  public var layers: [String] { record["layers"]?.items.compactMap(\.text) ?? [] }
  /// What was mended or decided on the way.
  public var notes: [(what: String, how: String)] {
    record["notes"]?.items.map { ($0["what"]?.text ?? "", $0["how"]?.text ?? "") } ?? []
  }
  /// Its files in the record's order: role and name.
  public var files: [(role: String, name: String)] {
    guard case .object(let members)? = record["files"] else { return [] }
    // A record may come from anywhere: only what lies beside it is its own.
    return members.compactMap { member in
      member.value["name"]?.text.map { (member.key, $0) }
    }.filter { !$0.1.contains("/") }
  }

  /// The bytes of a file; nil where it is gone.
  public func bytes(of name: String) -> [UInt8]? { FileContents.bytes(of: folder.path(of: name)) }
}

extension ResultFolder {
  private struct Schema: Decodable { var schema: String }

  /// The views in the folder, by name.
  /// - Throws: `.badData` where the folder cannot be read.
  public func views() throws(PellucidError) -> [StoredView] {
    guard let names = FileContents.names(inFolder: path) else { throw .noFolderOfResults(path) }
    return names.filter { $0.hasSuffix(StoredResult.recordEnding) && !$0.hasPrefix(".") }.compactMap { file in
      guard let bytes = FileContents.bytes(of: path(of: file), isInput: false),
        let schema = try? JSONDecoder().decode(Schema.self, from: Data(bytes)),
        schema.schema.hasPrefix("pellucid-view/"),
        let record = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
      else { return nil }
      return StoredView(folder: self, name: String(file.dropLast(StoredResult.recordEnding.count)), record: record)
    }
  }
}

extension JSONValue {
  /// The text; nil for anything else.
  package var text: String? { if case .string(let text) = self { text } else { nil } }
  /// The items of a list; none for anything else.
  package var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }
}
