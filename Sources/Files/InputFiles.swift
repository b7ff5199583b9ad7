internal import CPellucidFiles
internal import Synchronization

/// The files that this process has read, so that no result takes the place of one.
///
/// They are told apart by device and inode: a name may lead to a file in several ways. A program that writes over what it read on purpose
/// does not ask for the guard; the command-line tool does.
public enum InputFiles {
  private struct Identity: Hashable {
    var device, node: UInt64
  }

  private struct Read {
    var paths: [Identity: String] = [:]
    var isGuarded = false
  }

  private static let read = Mutex(Read())

  /// From now on, results that would replace a file that was read are refused; for the tool, once at its start.
  public static func guardAgainstReplacement() { read.withLock { $0.isGuarded = true } }

  /// Notes a file that is being read.
  public static func note(_ path: String) {
    guard let identity = identity(path) else { return }
    read.withLock { $0.paths[identity] = $0.paths[identity] ?? path }
  }

  /// The file that was read and stands where a result is to go; nil: none, or nobody asked.
  static func standing(at target: String) -> String? {
    guard let identity = identity(target), let path = read.withLock({ $0.isGuarded ? $0.paths[identity] : nil }) else {
      return nil
    }
    // The number of a file that was removed may be another's now.
    return Self.identity(path) == identity ? path : nil
  }

  private static func identity(_ path: String) -> Identity? {
    var identity = Identity(device: 0, node: 0)
    var changed = 0.0
    return unsafe cf_identity(PathBytes.cString(path), &identity.device, &identity.node, &changed) == 0 ? identity : nil
  }
}
