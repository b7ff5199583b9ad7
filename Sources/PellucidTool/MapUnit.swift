import PellucidFiles
import PellucidVolumes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The unit of a map's or a region table's numbers: the score that the map shares out.
enum MapUnit {
  /// `logit`, `probability` or what else the provenance beside a file says, or the map's own header; nil where neither does.
  static func of(_ path: String) -> String? {
    provenance(of: path).flatMap(score) ?? Volume.description(ofFile: path).flatMap(unit)
  }

  /// A quantity and its unit, as axes and colour bars name it; arbitrary units where nothing says which.
  static func label(_ quantity: String, _ unit: String?) -> String { "\(quantity) (\(unit ?? "a.u."))" }

  /// The one unit of several files; nil where one is unknown or they differ.
  static func shared(by paths: [String]) -> String? {
    let units = Set(paths.map(of))
    return units.count == 1 ? units.first ?? nil : nil
  }

  /// Where the provenance of a result lies: `STEM_METHOD.json` beside `STEM_METHOD.nii.gz` and `STEM_METHOD_regions.tsv`.
  private static func provenance(of path: String) -> String? {
    for ending in [".nii.gz", ".nii", ".hdr", ".img", "_regions.tsv", "_matrix.tsv"] where path.hasSuffix(ending) {
      return String(path.dropLast(ending.count)) + ".json"
    }
    return nil
  }

  private struct Provenance: Decodable {
    var score: String?
    var schema: String?
    var probabilities: [Double]?
  }

  private static func score(_ file: String) -> String? {
    // A folder may hold any JSON; provenance has some thousand bytes.
    guard case .file(let count) = FileKind.at(file), count < 1 << 24,
      let bytes = FileContents.bytes(of: file, isInput: false)
    else {
      return nil
    }
    guard let record = try? JSONDecoder().decode(Provenance.self, from: Data(bytes)), let score = record.score else {
      return nil
    }
    // What has no probabilities has no logits either.
    if record.schema != nil, record.probabilities == nil { return "score" }
    return isWord(score) ? score : nil
  }

  /// The word in brackets of `Pellucid 0.2.0 lrp (logit) of AD`.
  private static func unit(_ description: String) -> String? {
    guard description.hasPrefix("Pellucid "), let open = description.firstIndex(of: "(") else { return nil }
    let word = String(description[description.index(after: open)...].prefix { $0 != ")" })
    return isWord(word) ? word : nil
  }

  private static func isWord(_ text: String) -> Bool {
    (1...24).contains(text.count) && text.allSatisfy { $0.isLetter || $0 == "-" || $0 == " " }
  }
}
