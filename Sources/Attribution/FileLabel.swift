/// Names of methods, values, targets and layers as parts of file names.
public enum FileLabel {
  /// A name as a part of a file name.
  ///
  /// Every run of characters other than A–Z a–z 0–9 . _ - becomes one hyphen, and none stands at the ends.
  public static func text(_ name: String) -> String {
    var out = ""
    var isInRun = false
    for scalar in name.unicodeScalars {
      switch scalar {
      case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-":
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

  /// The names as parts of file names, no two alike, also where upper and lower case are not told apart: repeats are numbered.
  public static func distinct(_ names: [String]) -> [String] {
    var taken: Set<String> = []
    return names.map { name in
      let plain = text(name)
      var label = plain.isEmpty ? "unnamed" : plain
      var number = 2
      while !taken.insert(label.lowercased()).inserted {
        label = "\(plain)-\(number)"
        number += 1
      }
      return label
    }
  }
}
