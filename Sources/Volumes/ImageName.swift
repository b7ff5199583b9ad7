/// The names of image files: which endings there are, here and nowhere else.
public enum ImageName {
  /// What the name of an image that can be read ends in, in lower case; the longer of two that fit stands first.
  public static let endings = [
    ".nii.gz", ".nii", ".hdr.gz", ".hdr", ".img.gz", ".img", ".mgh.gz", ".mgh", ".mgz",
  ]

  /// The ending of a name, in lower case; nil where it is no image's.
  public static func ending(of name: some StringProtocol) -> String? {
    let lower = name.lowercased()
    return endings.first { lower.hasSuffix($0) }
  }

  /// A file's name without folders and without its ending: what its results are named after.
  public static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if let ending = ending(of: name), ending.count < name.count { return String(name.dropLast(ending.count)) }
    return name.lowercased().hasSuffix(".gz") && name.count > 3 ? String(name.dropLast(3)) : name
  }

  /// The images among the names of a folder's files, in their order: hidden ones are left out, and of a pair its voxels.
  public static func images(among names: [String]) -> [String] {
    let all = Set(names.map { $0.lowercased() })
    return names.filter { name in
      guard !name.hasPrefix("."), let ending = ending(of: name) else { return false }
      guard ending.hasPrefix(".img") else { return true }
      let stem = name.lowercased().dropLast(ending.count)
      return !all.contains(stem + ".hdr") && !all.contains(stem + ".hdr.gz")
    }
  }
}
