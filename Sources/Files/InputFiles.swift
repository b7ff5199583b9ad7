internal import CPellucidFiles
internal import Synchronization

/// The files that this process has read: so that no result takes the place of one, and that none is read again for its digest.
///
/// They are told apart by device and inode: a name may lead to a file in several ways. A program that writes over what it read on purpose
/// does not ask for the guard; the command-line tool does.
public enum InputFiles {
  fileprivate struct Identity: Hashable {
    var device, node: UInt64
  }

  /// Which file stands at a path, as it was left by its last change.
  package struct Version: Equatable, Sendable {
    fileprivate var identity: Identity
    /// Seconds since 1970.
    fileprivate var changed: Double
  }

  private struct Read {
    var paths: [Identity: String] = [:]
    var digests: [Identity: (version: Version, digest: String)] = [:]
    var isGuarded = false
  }

  private static let read = Mutex(Read())

  /// From now on, results that would replace a file that was read are refused; for the tool, once at its start.
  public static func guardAgainstReplacement() { read.withLock { $0.isGuarded = true } }

  /// Notes a file that is being read.
  /// - Returns: what it is now; nil where there is none.
  @discardableResult
  package static func note(_ path: String) -> Version? {
    guard let version = version(path) else { return nil }
    read.withLock { $0.paths[version.identity] = $0.paths[version.identity] ?? path }
    return version
  }

  /// Keeps the digest of a file's bytes that were all read.
  /// - Parameters:
  ///   - digest: the 32 bytes of its SHA-256.
  ///   - version: what the file was before it was opened.
  package static func keep(_ digest: [UInt8], of path: String, at version: Version?) {
    // Two changes within one tick of the file system's clock bear the same time, so a change a moment ago may not be the last.
    guard let version, version == Self.version(path), cf_now() - version.changed > 0.1 else { return }
    read.withLock { $0.digests[version.identity] = (version, SHA256.text(of: digest)) }
  }

  /// The digest of a file that was read and has not changed since.
  package static func digest(of path: String) -> String? {
    guard let version = version(path), let kept = read.withLock({ $0.digests[version.identity] }),
      kept.version == version
    else { return nil }
    return kept.digest
  }

  /// The file that was read and stands where a result is to go; nil: none, or nobody asked.
  static func standing(at target: String) -> String? {
    guard let identity = version(target)?.identity,
      let path = read.withLock({ $0.isGuarded ? $0.paths[identity] : nil })
    else {
      return nil
    }
    // The number of a file that was removed may be another's now.
    return version(path)?.identity == identity ? path : nil
  }

  private static func version(_ path: String) -> Version? {
    var version = Version(identity: Identity(device: 0, node: 0), changed: 0)
    let why = unsafe cf_identity(
      PathBytes.cString(path), &version.identity.device, &version.identity.node, &version.changed)
    return why == 0 ? version : nil
  }
}
