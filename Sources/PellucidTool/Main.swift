import ArgumentParser
import Faults
import Files

@main
enum Main {
  static func main() {
    RemovalOnSignals.install()
    do {
      var (arguments, methodOptions) = try MethodArguments.separated(from: Array(CommandLine.arguments.dropFirst()))
      if arguments.isEmpty { arguments = ["--help"] }
      var command = try RootCommand.parseAsRoot(arguments)
      if var explaining = command as? any TakesMethodOptions {
        explaining.methodOptions = methodOptions
        try explaining.run()
      } else {
        try command.run()
      }
    } catch let fault as PellucidError {
      StandardError.write("pellucid: \(fault.line)")
      RootCommand.exit(withError: ExitCode(fault.exitStatus))
    } catch {
      if let line = MethodArguments.suggestion(for: RootCommand.message(for: error)) {
        StandardError.write("pellucid: \(line)")
        RootCommand.exit(withError: ExitCode(ExitCode.validationFailure.rawValue))
      }
      RootCommand.exit(withError: error)
    }
  }
}

extension PellucidError {
  /// The exit status that scripts rely on.
  var exitStatus: Int32 {
    switch kind {
    case .usage: 64
    case .badData, .unsupported, .numeric: 65
    case .internalFault: 70
    case .output: 74
    }
  }
}

struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pellucid",
    abstract: "Says which voxels and which brain regions made a 3D classifier decide as it did.",
    discussion: """
      A trained network (ONNX) and a brain scan (NIfTI) go in; relevance volumes on the scan's own grid, pictures and region tables \
      come out. A first try:

        pellucid explain patient.nii.gz --model cnn.onnx --method grad-cam,lrp --atlas aal --out results

      Exit status: 0 done, 64 usage error, 65 bad input, 74 a file could not be written.
      """,
    version: ToolVersion.text,
    subcommands: [
      Explain.self, Predict.self, Inspect.self, Regions.self, MontageCommand.self, Methods.self, AtlasesCommand.self,
      Bench.self,
    ])
}
