internal import CPellucidFiles

/// The name of a file that is being written: whose it is, so that what a crash has left can be told from what another run is writing.
///
///     .pellucid-HOST-PROCESS-START-RANDOM[-mN]
///
/// Host (its boot, and the space of its process numbers), process and start are numbers in base 36; N says how many folders down to this
/// one were made for the file.
struct TemporaryName {
  static let prefix = ".pellucid-"

  /// A new name of this process.
  static func make(madeFolders: Int) -> String {
    prefix + own + String(UInt64.random(in: .min ... .max), radix: 36) + (madeFolders > 0 ? "-m\(madeFolders)" : "")
  }

  private static let host = String(cf_host(), radix: 36)
  private static let own =
    "\(host)-" + String(cf_process(), radix: 36) + "-" + String(cf_process_start(cf_process()), radix: 36) + "-"

  /// How many folders down to its own were made for the file.
  let madeFolders: Int
  private let host: String
  private let process: Int32
  /// nil: a name of version 0.1, without host and start.
  private let start: UInt64?

  /// Reads a name; nil for one that is not of this kind.
  init?(_ name: String) {
    guard name.hasPrefix(Self.prefix) else { return nil }
    // What follows the first dot is the file's ending.
    let parts = name.dropFirst(Self.prefix.count).prefix { $0 != "." }.split(
      separator: "-", omittingEmptySubsequences: false)
    if parts.count == 2, let process = Int32(parts[0]) {
      (host, self.process, start, madeFolders) = ("", process, nil, 0)
      return
    }
    guard parts.count == 4 || parts.count == 5 && parts[4].hasPrefix("m"), let process = Int32(parts[1], radix: 36),
      let start = UInt64(parts[2], radix: 36)
    else { return nil }
    (host, self.process, self.start) = (String(parts[0]), process, start)
    madeFolders = parts.count == 5 ? Int(parts[4].dropFirst()) ?? 0 : 0
  }

  /// Whether nobody will finish the file.
  ///
  /// Of this machine's processes it is known which live; that another has the number meanwhile, its start tells. A file of another
  /// machine on a network file system, of another container, or from before the last boot is left for a month: no run takes so long.
  /// - Parameter age: seconds since the file's last change.
  func isAbandoned(age: Double) -> Bool {
    let day = 86_400.0
    guard process > 0 else { return false }
    guard let start else { return age > day && cf_process_lives(process) == 0 }
    guard host == Self.host, host != "0" else { return age > 30 * day }
    if cf_process_lives(process) == 0 { return true }
    let running = cf_process_start(process)
    return start != 0 && running != 0 && running != start
  }
}
