import ArgumentParser

struct ConceptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "concepts",
    abstract:
      "Asks of which concepts a class is made: concepts that you bring (tcav), a layer's channels (crp), or learned ones (train, explain).",
    subcommands: [ConceptsTCAV.self, ConceptsCRP.self, ConceptsTrain.self, ConceptsExplain.self])
}
