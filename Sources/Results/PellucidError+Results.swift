internal import PellucidFaults

extension PellucidError {
  static func unreadableRecord(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the record cannot be read", why: "it is missing or not permitted",
      remedy: "name a folder that pellucid explain wrote")
  }

  static func notARecord(_ path: String, isDamaged: Bool, cause: any Error) -> Self {
    var why = ""
    if let error = cause as? DecodingError {
      switch error {
      case .keyNotFound(let key, _): why = "it has no \(key.stringValue)"
      case .typeMismatch(_, let context), .valueNotFound(_, let context):
        why = "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is something else"
      default: why = isDamaged ? "it is cut short, or no JSON from some place on" : "it is no JSON"
      }
    }
    return .init(
      .badData, at: .init(file: path), what: isDamaged ? "the record is damaged" : "it is no record of a result",
      why: why, remedy: isDamaged ? "copy it again, or explain the scan again" : "explain the scan again", cause: cause)
  }

  static func otherSchema(_ path: String, _ schema: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the record is of the form \(schema)",
      why: "this version reads \(ResultRecord.currentSchema)",
      remedy: "use the version of Pellucid that wrote it, or explain the scan again")
  }

  static func noFolderOfResults(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "it is not a folder that can be read",
      remedy: "name a folder that pellucid explain wrote")
  }

  static func noPart(_ record: String, role: String, has roles: [String]) -> Self {
    .init(
      .usage, at: .init(file: record), what: "the result has no \(role)",
      remedy: NearMiss.remedy(for: role, among: roles, noun: "it has"))
  }

  static func partsChanged(_ record: String, missing: [String], altered: [String]) -> Self {
    let parts = [
      missing.isEmpty ? nil : "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") missing",
      altered.isEmpty ? nil : "\(altered.joined(separator: ", ")) \(altered.count == 1 ? "was" : "were") altered",
    ]
    return .init(
      .badData, at: .init(file: record), what: parts.compactMap { $0 }.joined(separator: "; "),
      remedy: "copy the folder again, or explain the scan again")
  }

  static func resultsOfAnother(_ record: String, scan: String) -> Self {
    .init(
      .output, at: .init(file: record), what: "it is the result of another scan", why: scan,
      remedy: "explain this one into another folder, or remove the file")
  }

  static func resultTwice(_ name: String) -> Self {
    .init(
      .usage, what: "two results would be called \(name)",
      remedy: "leave one out, or write them to folders of their own")
  }
}
