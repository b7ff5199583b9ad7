internal import CPellucidNIfTI
import PellucidFaults
import PellucidFiles

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file being written, plain or gzip-compressed; it owns the C handle and closes it, which is what makes it safe.
@safe struct OutputStream: ~Copyable {
  private let handle: OpaquePointer
  private let file: String
  private var isOpen = true

  /// Creates (or empties) a file; `level` 0 writes plain bytes, 1…9 gzip.
  /// - Parameters:
  ///   - sample: what is going to be written; decides how gzip searches. Float maps hardly repeat but for their zeros, and looking
  ///     for runs alone takes 0.25 s instead of 1 s for 28 MB at the same size; piecewise constant maps need the full search.
  init(_ file: String, level: Int, for sample: [Float] = []) throws(PellucidError) {
    let runs = level > 0 ? unsafe sample.withUnsafeBytes { unsafe OutputStream.runsSuffice($0, level) } : false
    let path = PathBytes.cString(file)
    guard let handle = unsafe pv_stream_create(path, Int32(level), runs ? 1 : 0) else {
      throw .unwritable(file, errno: errno)
    }
    unsafe self.handle = handle
    self.file = file
  }

  deinit {
    if isOpen { _ = unsafe pv_stream_close(handle) }
  }

  func write(_ bytes: [UInt8]) throws(PellucidError) {
    let why = unsafe bytes.withUnsafeBytes { unsafe put($0) }
    guard why == 0 else { throw .unwritable(file, errno: why) }
  }

  func write(_ values: [Float]) throws(PellucidError) {
    let why = unsafe values.withUnsafeBytes { unsafe put($0) }
    guard why == 0 else { throw .unwritable(file, errno: why) }
  }

  /// Closes the file; only then is everything in it.
  mutating func close() throws(PellucidError) {
    guard isOpen else { return }
    isOpen = false
    let why = unsafe pv_stream_close(handle)
    guard why == 0 else { throw .unwritable(file, errno: why) }
  }

  /// Writes a gzip file at once, which is faster; false: it is too large for that.
  static func pack(_ header: [UInt8], _ voxels: [Float], into file: String, level: Int) throws(PellucidError) -> Bool {
    let path = PathBytes.cString(file)
    let why = unsafe voxels.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return Int32(-1) }
      return unsafe pv_write_packed(path, Int32(level), header, header.count, start, bytes.count)
    }
    if why > 0 { throw .unwritable(file, errno: why) }
    return why == 0
  }

  private static func runsSuffice(_ bytes: UnsafeRawBufferPointer, _ level: Int) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return unsafe pv_runs_suffice(base, bytes.count, Int32(level)) != 0
  }

  private func put(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return 0 }
    return unsafe pv_stream_write(handle, base, bytes.count)
  }
}
