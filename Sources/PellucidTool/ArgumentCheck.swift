import PellucidFaults

/// Looks whether the words behind a command are what its description asks for, so that what is wrong is said in Pellucid's words;
/// what the words then mean is swift-argument-parser's.
struct ArgumentCheck {
  private typealias Argument = CommandDescription.Argument

  /// Full name; nil: the program itself.
  let command: String?
  let description: CommandDescription
  /// Whether it leads to other commands; alone it answers with its help.
  let leads: Bool

  /// - Throws: `.usage` for an option that is not there, one that is given twice but holds one value, one without its value, a value that
  ///   is no choice, what is missing and what is too much.
  func check(_ words: [String]) throws(PellucidError) {
    var given: Set<String> = []
    var positionals: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        positionals += rest
        break
      }
      guard Self.isOption(word) else {
        positionals.append(word)
        continue
      }
      if ["--help", "--version"].contains(word) { return }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let argument = description.option(parts[0]) else {
        if word.hasPrefix("--") { throw Vocabulary.unknownOption(String(parts[0].dropFirst(2)), of: command) }
        throw .unknownLetter(word, command: command)
      }
      let name = argument.preferredName?.spelt ?? parts[0]
      if name == "--help" { return }
      let isAgain = !given.insert(name).inserted && !argument.isRepeating
      guard argument.kind == .option else {
        if parts.count > 1 { throw .flagWithValue(name) }
        continue
      }
      let value = parts.count > 1 ? parts[1] : value(of: argument, from: &rest)
      guard let value, !value.isEmpty || parts.count == 1 else {
        throw .valueMissing(argument.shown(as: parts[0]), command: command)
      }
      if isAgain { throw .repeated(name) }
      try checkChoice(value, of: argument, named: parts[0])
      if argument.parsingStrategy == "upToNextOption" { rest = rest.drop { !Self.isOption($0) } }
    }
    try checkComplete(given, positionals)
  }

  /// The word behind an option; nil where it is another option, or none.
  private func value(of argument: Argument, from rest: inout ArraySlice<String>) -> String? {
    guard let next = rest.first, argument.parsingStrategy == "unconditional" || !Self.isOption(next) else { return nil }
    return rest.popFirst()
  }

  private static func isOption(_ word: String) -> Bool { word.hasPrefix("-") && word != "-" }

  private func checkChoice(_ value: String, of argument: Argument, named name: String) throws(PellucidError) {
    guard let choices = argument.allValues, !choices.isEmpty, !choices.contains(value) else { return }
    throw .noChoice(value, of: argument.shown(as: name), choices: choices, command: command)
  }

  /// Checks that nothing is missing, and nothing too much.
  private func checkComplete(_ given: Set<String>, _ positionals: [String]) throws(PellucidError) {
    var left = positionals[...]
    for argument in description.arguments ?? [] {
      let isThere: Bool
      if argument.kind == .positional {
        isThere = !left.isEmpty
        left = argument.isRepeating ? [] : left.dropFirst()
      } else {
        isThere = given.contains(argument.preferredName?.spelt ?? "")
      }
      guard isThere || argument.isOptional else {
        throw .argumentMissing(argument.shown() + (argument.isRepeating ? " ..." : ""), command: command)
      }
    }
    if let first = left.first, !leads { throw .unexpected(first, command: command) }
  }
}
