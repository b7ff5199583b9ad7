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

  /// Creates (or empties) a file.
  init(_ file: String, packed: Bool) throws(PellucidError) {
    let path = PathBytes.cString(file)
    guard let handle = unsafe pv_stream_create(path, packed ? 1 : 0) else { throw .unwritable(file, errno: errno) }
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

  private func put(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return 0 }
    return unsafe pv_stream_write(handle, base, bytes.count)
  }
}
