import Networks
import Pellucid

enum ToolVersion {
  static var text: String { "pellucid \(pellucidVersion) (\(Engine.library))" }
}
