import Networks
import Results

enum ToolVersion {
  static var text: String { "pellucid \(pellucidVersion) (\(Engine.library))" }
}
