internal import CPellucidFiles
public import PellucidFaults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A lock that runs on several machines agree on by a file: the system lets go of it when its process ends, however it ends.
///
/// The file is removed with the lock; one that a killed process has left locks nobody out. Where a file system has no locks
/// (``isHeld`` is false), nobody is kept out.
public final class FileLock: Sendable {
  private let path: String
  private let file: Int32
  /// Whether the file system has locks.
  public let isHeld: Bool

  /// Takes a lock; nil where somebody else has it.
  /// - Parameters:
  ///   - path: the lock's file; its folder must be there.
  ///   - waiting: whether to wait until it is free.
  /// - Throws: `.output` where the file cannot be made.
  public init?(_ path: String, waiting: Bool) throws(PellucidError) {
    var held: Int32 = 0
    let opened = unsafe cf_lock(PathBytes.cString(path), waiting ? 1 : 0, &held)
    if opened == -EWOULDBLOCK { return nil }
    guard opened >= 0 else { throw .unwritable(path, errno: -opened) }
    self.path = path
    file = opened
    isHeld = held != 0
  }

  deinit { unsafe cf_unlock(PathBytes.cString(path), file) }
}
