internal import CPellucidPNG
public import PellucidFaults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// 8-bit sRGB pixels with what a PNG file says about them.
///
/// The file holds no date: the same pixels and texts give the same bytes.
public struct PNGPicture: Sendable {
  /// Pixels a row.
  public var width: Int
  /// Rows.
  public var height: Int
  /// Red, green, blue of every pixel; rows from the top.
  public var rgb: [UInt8]
  /// Pixels an inch, as the file states them; nil: not stated.
  public var dotsPerInch: Double?
  /// Text chunks, such as `Title`, `Software` and `Description`.
  public var texts: [(key: String, text: String)]

  /// A picture made of its parts.
  /// - Precondition: `rgb.count == 3 * width * height`, neither extent 0.
  public init(
    width: Int, height: Int, rgb: [UInt8], dotsPerInch: Double? = nil, texts: [(key: String, text: String)] = []
  ) {
    precondition(width > 0 && height > 0 && rgb.count == 3 * width * height, "pixels do not fill the picture")
    self.width = width
    self.height = height
    self.rgb = rgb
    self.dotsPerInch = dotsPerInch
    self.texts = texts
  }

  /// The bytes of a PNG file.
  /// - Throws: `.internalFault` where libpng refuses (no memory).
  public func encoded() throws(PellucidError) -> [UInt8] {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe texts.flatMap { unsafe [strdup($0.key), strdup($0.text)] }
    defer { unsafe pointers.forEach { unsafe free($0) } }
    unsafe pointers.append(nil)
    let keys: [UnsafePointer<CChar>?] = unsafe texts.indices.map { unsafe UnsafePointer(pointers[2 * $0]) }
    let values: [UnsafePointer<CChar>?] = unsafe texts.indices.map { unsafe UnsafePointer(pointers[2 * $0 + 1]) }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var why = [CChar](repeating: 0, count: 200)
    let whySize = why.count
    let perMetre = UInt32(((dotsPerInch ?? 0) / 0.0254).rounded())
    // libpng reads exactly 3 * width * height bytes of `rgb` and `texts.count` strings of each list; both are that long.
    let status = unsafe cpng_encode(
      rgb, UInt32(width), UInt32(height), perMetre, keys, values, Int32(texts.count), &bytes, &count, &why, whySize)
    defer { unsafe free(bytes) }
    guard status == 0, let bytes = unsafe bytes else { throw .drawingFailed("libpng: " + Self.text(why)) }
    return unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Reads a PNG file: any kind, brought to 8-bit RGB without its transparency.
  /// - Throws: `.badData` where the bytes are no PNG or end too early.
  public init(decoding file: [UInt8]) throws(PellucidError) {
    var pixels: UnsafeMutablePointer<UInt8>?
    var words: UnsafeMutablePointer<UInt8>?
    var (width, height, perMetre): (UInt32, UInt32, UInt32) = (0, 0, 0)
    var wordsCount = 0
    var why = [CChar](repeating: 0, count: 200)
    let whySize = why.count
    let status = unsafe cpng_decode(
      file, file.count, &pixels, &width, &height, &perMetre, &words, &wordsCount, &why, whySize)
    defer {
      unsafe free(pixels)
      unsafe free(words)
    }
    guard status == 0, let pixels = unsafe pixels, let words = unsafe words else { throw .notAPicture(Self.text(why)) }
    // cpng_decode allocated both blocks with these sizes.
    let rgb = unsafe [UInt8](UnsafeBufferPointer(start: pixels, count: 3 * Int(width) * Int(height)))
    let chunks = unsafe [UInt8](UnsafeBufferPointer(start: words, count: wordsCount)).split(separator: 0)
    let texts = chunks.map { chunk in
      let parts = String(decoding: chunk, as: UTF8.self).split(
        separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return (key: String(parts[0]), text: parts.count > 1 ? String(parts[1]) : "")
    }
    self.init(
      width: Int(width), height: Int(height), rgb: rgb, dotsPerInch: perMetre == 0 ? nil : Double(perMetre) * 0.0254,
      texts: texts)
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
