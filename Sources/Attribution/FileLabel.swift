/// Names of methods, values, targets and layers as parts of file names.
public enum FileLabel {
  /// A name as a part of a file name.
  ///
  /// Every run of characters other than A–Z a–z 0–9 . _ - becomes one hyphen, and none stands at the ends.
  /// - Parameter letters: which further letters and digits stay: those of every script, or none.
  public static func text(_ name: String, letters: Letters = .latin) -> String {
    var out = ""
    var isInRun = false
    for scalar in name.unicodeScalars {
      switch scalar {
      case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-":
        out.unicodeScalars.append(scalar)
        isInRun = false
      case _ where letters == .all && isWordly(scalar.properties):
        out.unicodeScalars.append(scalar)
        isInRun = false
      default:
        if !isInRun { out += "-" }
        isInRun = true
      }
    }
    let rest = out.drop { $0 == "-" }
    return String(rest.prefix(rest.count - rest.reversed().prefix { $0 == "-" }.count))
  }

  /// Letters in parts of file names.
  public enum Letters: Sendable {
    /// A–Z and a–z alone.
    case latin
    /// Letters and digits of every script, with their accents.
    case all
  }

  private static func isWordly(_ properties: Unicode.Scalar.Properties) -> Bool {
    properties.isAlphabetic || properties.numericType != nil || properties.generalCategory == .nonspacingMark
      || properties.generalCategory == .spacingMark
  }

  /// The names as parts of file names, no two alike, also where upper and lower case are not told apart: repeats are numbered.
  public static func distinct(_ names: [String], letters: Letters = .latin) -> [String] {
    var taken: Set<String> = []
    return names.map { name in
      let text = text(name, letters: letters)
      let plain = text.isEmpty ? "unnamed" : text
      var label = plain
      var number = 2
      while !taken.insert(label.lowercased()).inserted {
        label = "\(plain)-\(number)"
        number += 1
      }
      return label
    }
  }
}
