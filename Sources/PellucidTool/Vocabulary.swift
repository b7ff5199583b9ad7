import ArgumentParser
import Faults

/// The words that may stand on the command line, read off the commands' own help, so that misspellings can be named before anything
/// else is found missing.
enum Vocabulary {
  /// A command with its full name, such as `evaluate truth`.
  private struct Command {
    var name: String
    var type: any ParsableCommand.Type
  }

  /// All commands, each followed by those below it, in the order of the help.
  private static let all = RootCommand.configuration.subcommands.flatMap { type in
    [Command(name: type._commandName, type: type)]
      + type.configuration.subcommands.map { Command(name: "\(type._commandName) \($0._commandName)", type: $0) }
  }

  /// The command that was called, or that help was asked for, with its full name.
  static func command(of arguments: [String]) -> String? {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    let (one, two) = (words.first, words.prefix(2).joined(separator: " "))
    return all.first { $0.name == two }?.name ?? all.first { $0.name == one }?.name
  }

  /// Checks that the command and its options exist.
  ///
  /// - Parameter arguments: the command line without the methods' options.
  /// - Throws: `.usage` with near misses.
  static func check(_ arguments: [String]) throws(PellucidError) {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    if let named = words.first, !named.hasPrefix("-"), !all.contains(where: { $0.name == named }) {
      throw .unknownCommand(named, among: all.map(\.name).filter { !$0.contains(" ") } + ["help"])
    }
    let command = command(of: arguments)
    let below = all.filter { $0.name.hasPrefix((command ?? " ") + " ") }.map(\.name)
    if let command, !below.isEmpty, let named = words.dropFirst().first, !named.hasPrefix("-") {
      throw .unknownCommand("\(command) \(named)", among: below)
    }
    let known = options(of: command)
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let name = String(argument.dropFirst(2).prefix { $0 != "=" })
      guard !known.contains(name) else { continue }
      let owners = all.map(\.name).filter { $0 != command && options(of: $0).contains(name) }
      throw .unknownOption(name, of: command, known: known, owners: owners)
    }
  }

  /// What help shows after the options of a command that takes methods: the methods and their options.
  static func appendix(for arguments: [String]) -> String {
    guard let command = command(of: arguments), takesMethods(command), !arguments.contains("--version") else {
      return ""
    }
    return MethodArguments.help
  }

  /// Whether a command hands options on to methods.
  static func takesMethods(_ command: String?) -> Bool {
    all.first { $0.name == command }?.type is any TakesMethodOptions.Type
  }

  /// Names of a command's options, without dashes.
  private static func options(of command: String?) -> [String] {
    let type = all.first { $0.name == command }?.type
    let help =
      type.map { RootCommand.helpMessage(for: $0, columns: 10_000) } ?? RootCommand.helpMessage(columns: 10_000)
    var names = takesMethods(command) ? MethodArguments.optionNames : []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      for word in line.split(separator: " ").prefix(2) where word.hasPrefix("--") {
        names.append(String(word.dropFirst(2)))
      }
    }
    return names
  }
}
