extension Volume {
  /// What an image's header says that it is (`descrip`), without reading its voxels; nil where it says nothing or cannot be read.
  public static func description(ofFile path: String) -> String? {
    guard let files = try? ImageFiles(path), let stream = try? InputStream(files.header),
      let bytes = try? stream.read(544, part: "header"), bytes.count >= 348
    else { return nil }
    // NIfTI-2 begins with its header's size, 540, in either byte order.
    let isSecond = bytes[0] == 0x1c && bytes[1] == 2 || bytes[3] == 0x1c && bytes[2] == 2
    let start = isSecond ? 240 : 148
    guard bytes.count >= start + 80 else { return nil }
    let text = String(decoding: bytes[start..<(start + 80)].prefix { $0 != 0 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }
}
