import PellucidNetworks
import PellucidResults

enum ToolVersion {
  static var text: String { "pellucid \(pellucidVersion) (\(Engine.library))" }
}
