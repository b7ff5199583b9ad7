public import Faults

/// A method with option values of its own, so that one run can hold several settings of a method: `lrp:composite=epsilon`.
public struct MethodVariant: Sendable {
  /// As it was written; what tables show.
  public let name: String
  /// The method.
  public let method: any AttributionMethod.Type
  /// Its option values.
  public let values: OptionValues

  /// A method in its standard setting, or with these values.
  public init(_ method: any AttributionMethod.Type, values: OptionValues = OptionValues()) {
    name = method.name
    self.method = method
    self.values = values.restricted(to: method.options)
  }

  /// A method as `NAME` or `NAME:OPTION=VALUE:…`; an option's value may hold no colon.
  ///
  /// - Parameter shared: values for every method that has such options; the variant's own come first.
  /// - Throws: `.usage` for an unknown method or option, or an option without its value.
  public init(parsing text: String, shared: OptionValues = OptionValues()) throws(PellucidError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let method = try MethodCatalogue.method(named: parts[0])
    var given: [String: String] = [:]
    for option in method.options { given[option.name] = shared.text(option.name) }
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2 else { throw .variantOption(text, part) }
      try MethodCatalogue.check(options: [pair[0]], of: [method])
      given[pair[0]] = pair[1]
    }
    name = text
    self.method = method
    var values = OptionValues(given)
    if given["composite"] == shared.text("composite") { values.recipe = shared.recipe }
    self.values = values
  }
}
