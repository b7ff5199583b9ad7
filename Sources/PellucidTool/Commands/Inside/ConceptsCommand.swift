import ArgumentParser

struct ConceptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "concepts",
    abstract: "Asks of which concepts a class is made: concepts that you bring (tcav), or a layer's channels (crp).",
    subcommands: [ConceptsTCAV.self, ConceptsCRP.self])
}
