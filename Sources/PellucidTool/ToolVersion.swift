import PellucidNetworks
import PellucidResults

enum ToolVersion {
  static var text: String {
    "pellucid \(pellucidVersion) (\(build) build, \(Engine.library), \(Engine.instructionSet), \(system))"
  }

  private static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  private static var system: String {
    #if os(Linux) && arch(x86_64)
      "Linux x86-64"
    #elseif os(Linux) && arch(arm64)
      "Linux arm64"
    #elseif os(macOS)
      "macOS"
    #else
      "another system"
    #endif
  }
}
