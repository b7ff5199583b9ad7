import ArgumentParser

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how good explanations are.",
    subcommands: [
      EvaluateFaithfulness.self, EvaluateRandomization.self, EvaluateRobustness.self, EvaluateBias.self,
      EvaluateAgreement.self,
      EvaluateCriteria.self, EvaluateTruth.self, EvaluateSummary.self,
    ])
}
