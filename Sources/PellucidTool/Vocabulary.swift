import ArgumentParser
import PellucidFaults

/// The words that may stand on the command line, as the commands describe themselves, so that misspellings can be named before anything
/// else is found missing.
enum Vocabulary {
  /// All commands with their full names, such as `evaluate truth`, in the order of the help.
  private static let types = below(RootCommand.self)
  private static let commands = types.map(\.name)

  private static func below(_ parent: any ParsableCommand.Type) -> [(name: String, type: any ParsableCommand.Type)] {
    parent.configuration.subcommands.flatMap { command in
      [(command._commandName, command)] + below(command).map { ("\(command._commandName) \($0.name)", $0.type) }
    }
  }

  /// The type of a command's full name; the program's own for nil.
  private static func type(of command: String?) -> any ParsableCommand.Type {
    types.first { $0.name == command }?.type ?? RootCommand.self
  }

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
      throw .unknownCommand(named, among: commands.filter { !$0.contains(" ") } + ["help"])
    }
    let command = command(of: arguments)
    let below = commands.filter { $0.hasPrefix((command ?? " ") + " ") }
    if let command, !below.isEmpty, let named = words.dropFirst().first, !named.hasPrefix("-") {
      throw .unknownCommand("\(command) \(named)", among: below)
    }
    guard arguments.first != "help" else { return }
    let behind = words.dropFirst(command?.split(separator: " ").count ?? 0)
    try ArgumentCheck(command: command, description: .of(type(of: command)), leads: !below.isEmpty).check(Array(behind))
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
    type(of: command) is any TakesMethodOptions.Type
  }

  /// Names of a command's options, without dashes; nil: those of the program itself.
  ///
  /// Every command has the program's `version`.
  private static func options(of command: String?) -> [String] {
    (takesMethods(command) ? MethodArguments.optionNames : []) + CommandDescription.of(type(of: command)).optionNames
      + (command == nil ? [] : ["version"])
  }
}
