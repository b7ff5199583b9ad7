internal import CPellucidFiles
public import PellucidFaults

/// The hash function SHA-256, by which records name the files they were made from and made of.
///
/// Source: NIST FIPS 180-4, doi:10.6028/NIST.FIPS.180-4.
public enum SHA256 {
  /// The hash of some bytes as 64 lower-case hexadecimal digits.
  /// - Complexity: 1 to 2 GB a second where the processor has instructions for it, else about 0.3.
  public static func hexDigest(of bytes: RawSpan) -> String { digest(of: bytes, plainly: false) }

  /// The hash of a text in UTF-8.
  public static func hexDigest(of text: String) -> String { hexDigest(of: unsafe Array(text.utf8).span.bytes) }

  /// The same without the processor's own instructions, which a test compares.
  package static func plainHexDigest(of bytes: RawSpan) -> String { digest(of: bytes, plainly: true) }

  private static func digest(of bytes: RawSpan, plainly: Bool) -> String {
    var hash = cf_sha256()
    unsafe cf_sha256_begin(&hash, plainly ? 1 : 0)
    unsafe bytes.withUnsafeBytes { unsafe cf_sha256_add(&hash, $0.baseAddress, $0.count) }
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe cf_sha256_end(&hash, &digest)
    return text(of: digest)
  }

  /// The hash of a file's bytes; a file that was read a while ago and has not changed since is not read again.
  /// - Throws: `.badData` where it cannot be read.
  public static func hexDigest(ofFile path: String) throws(PellucidError) -> String {
    if let known = InputFiles.digest(of: path) { return known }
    var digest = [UInt8](repeating: 0, count: 32)
    let why = unsafe cf_sha256_file(PathBytes.cString(path), &digest)
    guard why == 0 else { throw .unreadable(path, errno: why) }
    return text(of: digest)
  }

  static func text(of digest: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
