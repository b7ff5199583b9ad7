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

/// The letters that a package brings, for machines that have no fonts of their own (containers, clusters).
enum BundledFonts {
  /// Makes them known to fontconfig, unless the user has a configuration of his own.
  ///
  /// To be called before anything is drawn. They lie in the installation's `share/pellucid/fonts`, beside the program's `bin`; without
  /// that folder nothing changes.
  static func use() {
    #if os(Linux)
      guard ProcessInfo.processInfo.environment["FONTCONFIG_FILE"] == nil,
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        let bin = program.lastIndex(of: "/"), let prefix = program[..<bin].lastIndex(of: "/")
      else { return }
      let configuration = program[..<prefix] + "/share/pellucid/fonts/fonts.conf"
      guard FileManager.default.fileExists(atPath: String(configuration)) else { return }
      unsafe setenv("FONTCONFIG_FILE", String(configuration), 0)
    #endif
  }
}
