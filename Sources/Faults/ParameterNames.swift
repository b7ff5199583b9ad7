/// Names of parameters in the texts of errors and notes: they stand in backquotes, as in "take more `steps`".
///
/// So whoever shows a text can call them what its reader calls them: the command line says `--steps`.
public enum ParameterNames {
  /// A text with every name in backquotes replaced, backquotes and all; a name is a lower-case letter, then letters, digits and hyphens.
  public static func replaced(in text: String, by spelling: (String) -> String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    var out = String(parts[0])
    var place = 1
    while place < parts.count {
      if place + 1 < parts.count, isName(parts[place]) {
        out += spelling(String(parts[place])) + parts[place + 1]
        place += 2
      } else {
        out += "`" + parts[place]
        place += 1
      }
    }
    return out
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.first, ("a"..."z").contains(first) else { return false }
    return text.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" }
  }
}
