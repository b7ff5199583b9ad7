internal import CPellucidNIfTI
import PellucidFaults
import PellucidFiles

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file being read, plain or gzip-compressed; it owns the C handle and closes it, which is what makes it safe.
@safe struct InputStream: ~Copyable {
  private let handle: OpaquePointer
  let file: String
  private let version: InputFiles.Version?

  /// Opens a file.
  init(_ file: String) throws(PellucidError) {
    let version = InputFiles.note(file)
    guard let handle = unsafe pv_stream_open(PathBytes.cString(file)) else {
      throw .unreadable(file, why: systemWords(errno))
    }
    self.version = version
    unsafe self.handle = handle
    self.file = file
  }

  deinit { _ = unsafe pv_stream_close(handle) }

  /// Unpacks a compressed file of which nothing was read yet at once, if it holds just so many bytes; else they come block by block.
  func unpack(_ count: Int) { unsafe pv_stream_unpack(handle, PathBytes.cString(file), count) }

  /// Whether the file is compressed; known after the first read.
  var isCompressed: Bool { unsafe pv_stream_is_compressed(handle) != 0 }

  /// Up to `count` bytes; fewer only at the end of the file.
  /// - Throws: `.badData` where the compressed data are damaged or cut.
  func read(_ count: Int, part: String) throws(PellucidError) -> [UInt8] {
    var failure: PellucidError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      guard count > 0, let base = buffer.baseAddress else { return }
      do throws(PellucidError) { filled = try unsafe read(into: base, count, part: part) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads up to `count` bytes into memory of at least that size; returns how many there were.
  func read(into memory: UnsafeMutableRawPointer, _ count: Int, part: String) throws(PellucidError) -> Int {
    let got = unsafe pv_stream_read(handle, memory, count)
    let isCut = unsafe pv_stream_is_cut(handle) != 0
    if isCut, got < count { throw .cutGzip(file, part: part) }
    guard got >= 0 else { throw .damagedGzip(file, part: part) }
    return Int(got)
  }

  /// Reads on to the end of the compressed data, so that gzip's checksum is compared; trailing bytes are nobody's business.
  ///
  /// A file of which everything was read then need not be read again for its digest.
  func finish(part: String) throws(PellucidError) {
    _ = try read(1, part: part)
    var digest = [UInt8](repeating: 0, count: 32)
    if unsafe pv_stream_digest(handle, &digest) != 0 { InputFiles.keep(digest, of: file, at: version) }
  }
}
