/// What the views of a network alone are named after.
public enum ModelName {
  /// A model file's name without folders and without `.onnx`.
  public static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = ".onnx"
    return name.lowercased().hasSuffix(ending) && name.count > ending.count ? String(name.dropLast(ending.count)) : name
  }
}
