import ArgumentParser
import PellucidAttribution
import PellucidResults

struct Methods: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Lists the methods with their options and papers.")

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var threads: ThreadOption

  func run() throws {
    if json {
      try StandardOutput.write(JSONValue.array(MethodCatalogue.methods.map(Self.document)).text(pretty: true))
      return
    }
    for method in MethodCatalogue.methods {
      try StandardOutput.write("\(method.name): \(method.summary)")
      try StandardOutput.write("    \(method.paper)")
      try StandardOutput.write("    explains the \(method.defaultScore.rawValue) unless --score says otherwise")
      try StandardOutput.write("    \(method.measure.meaning)")
      for option in method.options {
        let value = option.isFlag ? "" : " \(option.placeholder)"
        try StandardOutput.write("    --\(option.name)\(value)  \(option.help) [\(option.fallback)]")
      }
    }
  }

  private static func document(_ method: any AttributionMethod.Type) -> JSONValue {
    [
      "name": .string(method.name), "summary": .string(method.summary), "paper": .string(method.paper),
      "default_score": .string(method.defaultScore.rawValue), "measure": .string(method.measure.rawValue),
      "options": .array(
        method.options.map {
          [
            "name": .string($0.name), "value": .string($0.placeholder), "default": .string($0.fallback),
            "help": .string($0.help),
          ]
        }),
    ]
  }
}
