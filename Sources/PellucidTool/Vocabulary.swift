import ArgumentParser
import PellucidFaults

/// The words that may stand on the command line, as the commands describe themselves, so that misspellings can be named before anything
/// else is found missing.
enum Vocabulary {
  /// Full names of all commands, such as `evaluate truth`, in the order of the help.
  private static let commands = CommandDescription.program.namesBelow

  private static let dump = "--experimental-dump-help"

  /// The command that was called, or that help was asked for, with its full name.
  static func command(of arguments: [String]) -> String? {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    let (one, two) = (words.first, words.prefix(2).joined(separator: " "))
    return commands.first { $0 == two } ?? commands.first { $0 == one }
  }

  /// Checks that the command exists, and that what stands behind it can be meant.
  ///
  /// - Parameter arguments: the command line without the methods' options.
  /// - Throws: `.usage` with near misses.
  static func check(_ arguments: [String]) throws(PellucidError) {
    // What packages are made with: swift-argument-parser writes shells' completions and describes the commands for man pages.
    if let first = arguments.first, first == dump || first.hasPrefix("--generate-completion-script") { return }
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    if let named = words.first, !named.hasPrefix("-"), !commands.contains(named) {
      throw .unknownCommand(named, among: commands.filter { !$0.contains(" ") })
    }
    let command = command(of: arguments)
    let below = commands.filter { $0.hasPrefix((command ?? " ") + " ") }
    if let command, !below.isEmpty, let named = words.dropFirst().first, !named.hasPrefix("-") {
      throw .unknownCommand("\(command) \(named)", among: below)
    }
    guard arguments.first != "help" else { return }
    let description = command.flatMap(CommandDescription.program.command) ?? .program
    let behind = words.dropFirst(command?.split(separator: " ").count ?? 0)
    try ArgumentCheck(command: command, description: description).check(Array(behind))
  }

  /// The error of an option that a command does not have.
  static func unknownOption(_ name: String, of command: String?) -> PellucidError {
    let owners = commands.filter { $0 != command && options(of: $0).contains(name) }
    return .unknownOption(name, of: command, known: options(of: command), owners: owners)
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
    var type: any ParsableCommand.Type = RootCommand.self
    for word in command?.split(separator: " ") ?? [] {
      guard let next = type.configuration.subcommands.first(where: { $0._commandName == word }) else { return false }
      type = next
    }
    return type is any TakesMethodOptions.Type
  }

  /// Names of a command's options, without dashes; nil: those of the program itself.
  private static func options(of command: String?) -> [String] {
    let description = command.map { CommandDescription.program.command(named: $0) } ?? .program
    return (takesMethods(command) ? MethodArguments.optionNames : []) + (description?.optionNames ?? [])
  }
}
