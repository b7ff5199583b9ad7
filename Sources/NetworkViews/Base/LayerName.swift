/// What a layer is called in the name of a file.
public enum LayerName {
  /// A tensor's or node's name with every run of characters outside `A–Z a–z 0–9 . _ -` turned into one `-`, none at the ends.
  ///
  ///     LayerName.file("/layer1/conv/Conv_output_0")   // "layer1-conv-Conv_output_0"
  ///
  /// - Returns: `layer` where nothing of the name is left.
  public static func file(_ name: String) -> String {
    var out = ""
    var isInRun = false
    for scalar in name.unicodeScalars {
      let isKept =
        ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
        || [".", "_", "-"].contains(scalar)
      if isKept { out.unicodeScalars.append(scalar) } else if !isInRun { out.append("-") }
      isInRun = !isKept
    }
    let isDash = { (character: Character) in character == "-" }
    let trimmed = out.drop(while: isDash).reversed().drop(while: isDash).reversed()
    return trimmed.isEmpty ? "layer" : String(trimmed)
  }
}
