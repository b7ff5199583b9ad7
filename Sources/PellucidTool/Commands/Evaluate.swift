import ArgumentParser

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how good explanations are.",
    subcommands: [EvaluateTruth.self, EvaluateSummary.self])
}
