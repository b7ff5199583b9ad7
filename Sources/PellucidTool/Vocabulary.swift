import ArgumentParser
import Faults

/// The words that may stand on the command line, read off the commands' own help, so that misspellings can be named before anything
/// else is found missing.
enum Vocabulary {
  /// The commands' names, in the order of the help.
  static let commands = RootCommand.configuration.subcommands.map { $0._commandName }

  /// The command that was called, or that help was asked for.
  static func command(of arguments: [String]) -> String? {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    return words.first.flatMap { commands.contains($0) ? $0 : nil }
  }

  /// Checks that the command and its options exist.
  ///
  /// - Parameter arguments: the command line without the methods' options.
  /// - Throws: `.usage` with near misses.
  static func check(_ arguments: [String]) throws(PellucidError) {
    let named = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
    if let named, !named.hasPrefix("-"), !commands.contains(named) {
      throw .unknownCommand(named, among: commands + ["help"])
    }
    let command = command(of: arguments)
    let known = options(of: command)
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let name = String(argument.dropFirst(2).prefix { $0 != "=" })
      guard !known.contains(name) else { continue }
      let owners = commands.filter { $0 != command && options(of: $0).contains(name) }
      throw .unknownOption(name, of: command, known: known, owners: owners)
    }
  }

  /// What help shows after the options of a command that takes methods: the methods and their options.
  static func appendix(for arguments: [String]) -> String {
    guard let command = command(of: arguments), MethodArguments.commands.contains(command),
      !arguments.contains("--version")
    else {
      return ""
    }
    return MethodArguments.help
  }

  /// Names of a command's options, without dashes.
  private static func options(of command: String?) -> [String] {
    let type = RootCommand.configuration.subcommands.first { $0._commandName == command }
    let help =
      type.map { RootCommand.helpMessage(for: $0, columns: 10_000) } ?? RootCommand.helpMessage(columns: 10_000)
    var names = command.map { MethodArguments.commands.contains($0) ? MethodArguments.optionNames : [] } ?? []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      for word in line.split(separator: " ").prefix(2) where word.hasPrefix("--") {
        names.append(String(word.dropFirst(2)))
      }
    }
    return names
  }
}
