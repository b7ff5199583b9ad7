import ArgumentParser
import CPellucidExhaustion
import PellucidFaults
import PellucidFiles

@main
enum Main {
  static func main() {
    ce_return_large_blocks()
    StandardStreams.keepClosedOnesApart()
    RemovalOnSignals.install()
    InputFiles.guardAgainstReplacement()
    MemoryShortage.whenNoneIsLeft { ce_end($0) }
    BundledFonts.use()
    let given = RawArguments.all
    let arguments = CohortNorms.joined(given.isEmpty ? ["--help"] : given)
    do {
      try run(arguments)
    } catch let fault as PellucidError {
      end(fault)
    } catch  where RootCommand.exitCode(for: error).isSuccess {
      // Help and version are asked for by errors of swift-argument-parser.
      do throws(PellucidError) {
        try StandardOutput.write(RootCommand.fullMessage(for: error) + Vocabulary.appendix(for: arguments))
      } catch {
        end(error)
      }
    } catch {
      end(.usage(RootCommand.message(for: error), command: Vocabulary.command(of: arguments)))
    }
  }

  private static func run(_ arguments: [String]) throws {
    let (rest, methodOptions) = try MethodArguments.separated(from: arguments)
    try Vocabulary.check(rest)
    var command = try RootCommand.parseAsRoot(rest)
    if var explaining = command as? any TakesMethodOptions {
      explaining.methodOptions = methodOptions
      try explaining.run()
    } else {
      try command.run()
    }
  }

  private static func end(_ fault: PellucidError) -> Never {
    if !StandardOutput.hasLostItsReader { StandardError.write("pellucid: \(fault.line)") }
    RootCommand.exit(withError: ExitCode(fault.exitStatus))
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
      come out. A first try, with the answer alone and then its explanation:

        pellucid predict patient.nii.gz --model cnn.onnx
        pellucid explain patient.nii.gz --model cnn.onnx \\
          --method grad-cam,lrp --atlas aal --out results

      Where the network wants another orientation, voxel size or normalization than the scan has, a model card says so: \
      cnn.yaml beside cnn.onnx.

      Exit status: 0 done, 64 usage error, 65 bad input, 74 a file could not be written.
      """,
    version: ToolVersion.text,
    subcommands: [Explain.self, Report.self, ViewCommand.self, Predict.self],
    groupedSubcommands: [
      CommandGroup(name: "Network", subcommands: [Inspect.self, CardCommand.self, LesionCommand.self, Bench.self]),
      CommandGroup(
        name: "Network view",
        subcommands: [
          Features.self, FiltersCommand.self, ReceptiveFieldCommand.self, Maximize.self, Invert.self,
          CascadeCommand.self, AttentionCommand.self, LatentsCommand.self, ConceptsCommand.self, ManifoldCommand.self,
        ]),
      CommandGroup(name: "Evaluation", subcommands: [Evaluate.self, Plant.self]),
      CommandGroup(name: "Study", subcommands: [CohortCommand.self, CohortNorms.self, GroupCommand.self]),
      CommandGroup(
        name: "Volume", subcommands: [Regions.self, Clusters.self, MontageCommand.self, Chart.self]),
      CommandGroup(name: "Catalogue", subcommands: [Methods.self, AtlasesCommand.self]),
    ])
}
