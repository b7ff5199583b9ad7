import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A command that hands options on to attribution methods.
protocol TakesMethodOptions: ParsableCommand {
  var methodOptions: OptionValues { get set }
}

/// The methods' own options on the command line: known from the methods' specifications, so that a new method brings its options along.
enum MethodArguments {
  /// Takes `--name value` and `--name=value` of method options out of the arguments of the commands that take them.
  static func separated(from arguments: [String]) throws(PellucidError) -> ([String], OptionValues) {
    guard Vocabulary.takesMethods(Vocabulary.command(of: arguments)) else { return (arguments, OptionValues()) }
    var rest: [String] = []
    var given: [String: String] = [:]
    var place = 0
    while place < arguments.count {
      let argument = arguments[place]
      place += 1
      if argument == "--" {
        rest += arguments[(place - 1)...]
        break
      }
      let parts = argument.hasPrefix("--") ? argument.dropFirst(2).split(separator: "=", maxSplits: 1) : []
      guard let first = parts.first, optionNames.contains(String(first)) else {
        rest.append(argument)
        continue
      }
      let name = String(first)
      let value: String
      if flagNames.contains(name) {
        guard !argument.contains("=") else { throw .flagWithValue("--" + name) }
        value = "on"
      } else if argument.contains("=") {
        value = parts.count == 2 ? String(parts[1]) : ""
      } else {
        guard place < arguments.count else { throw .missingValue(name) }
        value = arguments[place]
        place += 1
      }
      guard !value.isEmpty else { throw .missingValue(name) }
      guard given.updateValue(value, forKey: name) == nil else { throw .repeated("--" + name) }
    }
    return (rest, OptionValues(given))
  }

  /// Names of all methods' options, without dashes.
  static let optionNames = MethodCatalogue.methods.flatMap { $0.options.map(\.name) }

  /// Names of those that take no value.
  private static let flagNames = MethodCatalogue.methods.flatMap { $0.options.filter(\.isFlag).map(\.name) }

  /// The methods and then their options, laid out like the rest of the help; an option that several methods share stands once.
  static var help: String {
    let methods = MethodCatalogue.methods.map { entry($0.name, $0.summary) }
    var shared: [(option: MethodOption, methods: [String])] = []
    for method in MethodCatalogue.methods {
      for option in method.options {
        if let place = shared.firstIndex(where: { $0.option == option }) {
          shared[place].methods.append(method.name)
        } else {
          shared.append((option, [method.name]))
        }
      }
    }
    let options = shared.map { option, methods in
      let choices = option.placeholder.split(separator: "|")
      let isChoice = choices.count > 1 && choices.allSatisfy { $0.count > 1 }
      let values = isChoice ? "values: \(choices.joined(separator: ", ")); " : ""
      if option.isFlag { return entry("--\(option.name)", "\(methods.joined(separator: ", ")): \(option.help).") }
      return entry(
        "--\(option.name) <\(isChoice ? "choice" : option.placeholder.lowercased())>",
        "\(methods.joined(separator: ", ")): \(option.help). (\(values)default: \(option.fallback))")
    }
    return "\nMETHODS:\n" + methods.joined(separator: "\n") + "\n\nMETHOD OPTIONS:\n" + options.joined(separator: "\n")
      + "\n"
  }

  /// A name and, from column 26 on, what it means.
  private static func entry(_ name: String, _ text: String) -> String {
    let margin = 26
    let width = max(60, ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80)
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if !last.isEmpty, margin + last.count + 1 + word.count > width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
      }
    }
    let indent = String(repeating: " ", count: margin)
    let first = "  " + name
    if first.count < margin - 1 {
      lines[0] = first + String(repeating: " ", count: margin - first.count) + lines[0]
    } else {
      lines[0] = first + "\n" + indent + lines[0]
    }
    return lines.joined(separator: "\n" + indent)
  }
}
