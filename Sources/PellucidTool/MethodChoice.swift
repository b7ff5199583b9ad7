import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults

/// The methods that a command runs, each with options of its own where it has them.
struct MethodChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The methods, separated by commas; one may have options of its own: lrp,lrp:composite=epsilon. They are listed below.",
      valueName: "name[,name]"))
  var method: [String] = []

  /// The methods named, each once; nil: none was named.
  /// - Parameter shared: options for all methods that have them.
  /// - Throws: `.usage` for an unknown method or option, and for an option of none of the methods.
  func variants(_ shared: OptionValues) throws(PellucidError) -> [MethodVariant]? {
    guard !method.isEmpty else { return nil }
    let found = try MethodVariant.list(parsing: method.joined(separator: ","), shared: shared)
    if found.isEmpty { throw .noMethod() }
    try MethodCatalogue.check(options: shared.names, of: found.map(\.method))
    // A value that cannot be is told before any file is read.
    for variant in found { _ = try variant.make() }
    return found
  }

  /// The methods named; there must be one.
  func required(_ shared: OptionValues, by command: String = "explain") throws(PellucidError) -> [MethodVariant] {
    guard let found = try variants(shared) else { throw .methodMissing(command) }
    return found
  }
}
