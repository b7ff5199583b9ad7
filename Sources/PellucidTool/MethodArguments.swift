import ArgumentParser
import Attribution
import Faults

/// A command that hands options on to attribution methods.
protocol TakesMethodOptions: ParsableCommand {
  var methodOptions: OptionValues { get set }
}

/// The methods' own options on the command line: known from the methods' specifications, so that a new method brings its options along.
enum MethodArguments {
  /// Takes `--name value` and `--name=value` of method options out of the arguments of `explain` and `bench`.
  static func separated(from arguments: [String]) throws(PellucidError) -> ([String], OptionValues) {
    guard let command = arguments.first, ["explain", "bench"].contains(command) else {
      return (arguments, OptionValues())
    }
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
      if argument.contains("=") {
        value = parts.count == 2 ? String(parts[1]) : ""
      } else {
        guard place < arguments.count else { throw .missingValue(name) }
        value = arguments[place]
        place += 1
      }
      guard given.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
    }
    return (rest, OptionValues(given))
  }

  /// Our one line for an unknown option, with near misses among all options there are.
  static func suggestion(for message: String) -> String? {
    guard message.hasPrefix("Unknown option '--") else { return nil }
    let name = message.dropFirst("Unknown option '".count).prefix { $0 != "'" }
    let near = NearMiss.suggestions(for: String(name), among: (optionNames + generalNames).map { "--" + $0 })
    return "unknown option \(name); "
      + (near.isEmpty ? "see pellucid explain --help" : "did you mean \(near.joined(separator: " or "))?")
  }

  static let optionNames = MethodCatalogue.methods.flatMap { $0.options.map(\.name) }
  private static let generalNames = [
    "model", "card", "method", "target", "score", "atlas", "labels", "out", "threads", "nan", "input", "space",
    "channels", "overlay",
    "plane", "slices", "at", "threshold", "colormap", "alpha", "json", "repeat", "what", "help", "version",
  ]

  /// The methods with their options, for help.
  static var help: String {
    MethodCatalogue.methods.map { method in
      let options = method.options.map { "    --\($0.name) \($0.placeholder)  \($0.help) [\($0.fallback)]" }
      return (["  \(method.name): \(method.summary)"] + options).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension PellucidError {
  fileprivate static func missingValue(_ option: String) -> Self {
    .init(.usage, what: "--\(option) needs a value", remedy: "see pellucid methods")
  }

  fileprivate static func repeated(_ option: String) -> Self {
    .init(.usage, what: "--\(option) is given twice", remedy: "give it once")
  }
}
