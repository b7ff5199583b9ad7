/// What files of a network without a scan are called.
public enum NetworkStem {
  /// The model's file name without folder and `.onnx`.
  public static func of(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".onnx") && name.count > 5 ? String(name.dropLast(5)) : name
  }
}
