import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What swift-argument-parser says of one command in its own description (`ToolInfoV0`): what may stand behind it.
struct CommandDescription: Decodable {
  var arguments: [Argument]?

  /// An argument, an option or a flag.
  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      /// `long`, `short` or `longWithSingleDash`.
      var kind: String
      var name: String

      /// With its dashes.
      var spelt: String { (kind == "long" ? "--" : "-") + name }
    }

    var kind: Kind
    var isOptional: Bool
    var isRepeating: Bool
    /// How it finds its value: `unconditional` takes the next word whatever it looks like.
    var parsingStrategy: String
    var names: [Name]?
    var preferredName: Name?
    var valueName: String?
    /// The words that it takes; nil: any.
    var allValues: [String]?

    /// `--model <onnx>`, `<image>`, or under another of its names.
    func shown(as name: String? = nil) -> String {
      let value = kind == .flag ? nil : valueName.map { "<\($0)>" }
      return [name ?? preferredName?.spelt, value].compactMap(\.self).joined(separator: " ")
    }
  }

  /// Describes a command alone: to describe all of them takes longer than most answers.
  static func of(_ command: any ParsableCommand.Type) -> CommandDescription {
    struct Program: Decodable { var command: CommandDescription }
    do {
      return try JSONDecoder().decode(Program.self, from: Data(command._dumpHelp().utf8)).command
    } catch {
      preconditionFailure("swift-argument-parser describes commands in another way: \(error)")
    }
  }

  /// The option or flag of a name with its dashes.
  func option(_ spelt: String) -> Argument? {
    arguments?.first { $0.names?.contains { $0.spelt == spelt } == true }
  }

  /// Names of the options and flags with two dashes, without them.
  var optionNames: [String] {
    (arguments ?? []).flatMap { ($0.names ?? []).filter { $0.kind == "long" }.map(\.name) }
  }
}
