public import PellucidFaults

/// A method with option values of its own, so that one run can hold several settings of a method: `lrp:composite=epsilon`.
public struct MethodVariant: Sendable {
  /// As it was written; what tables show.
  public let name: String
  /// What its files are called after, as `STEM_LABEL.nii.gz`: the method's name, and where the method occurs more than once the options
  /// that set this one apart, as `occlusion_patch-8`.
  public internal(set) var fileLabel: String
  /// The method.
  public let method: any AttributionMethod.Type
  /// Its option values.
  public let values: OptionValues

  /// A method in its standard setting, or with these values.
  public init(_ method: any AttributionMethod.Type, values: OptionValues = OptionValues()) {
    self.init(name: method.name, method, values: values.restricted(to: method.options))
  }

  /// A method as `NAME` or `NAME:OPTION=VALUE:…`, or with `NAME:FLAG`.
  ///
  /// - Parameter shared: values for every method that has such options; the variant's own come first.
  /// - Throws: `.usage` for an unknown method or option, or an option without its value.
  public init(parsing text: String, shared: OptionValues = OptionValues()) throws(PellucidError) {
    let written = try WrittenMethod(text.trimmingBlanks)
    self.init(
      name: written.text, written.method,
      values: shared.restricted(to: written.method.options).merging(written.values))
  }

  init(name: String, _ method: any AttributionMethod.Type, values: OptionValues) {
    self.name = name
    self.method = method
    self.values = values
    fileLabel = method.name
  }

  /// Several methods as `NAME[:OPTION=VALUE]…,NAME…`, each once.
  ///
  /// A comma begins a method only before a method's name, so `occlusion:patch=8,8,4,lrp` is two; blanks behind it are ignored. A colon
  /// begins an option only before the name of one, so a file's path may have colons.
  ///
  /// - Parameter shared: values for every method that has such options; a variant's own come first.
  /// - Returns: variants with different ``fileLabel``s.
  /// - Throws: `.usage` for an unknown method or option, or an option without its value.
  public static func list(
    parsing text: String, shared: OptionValues = OptionValues()
  ) throws(PellucidError) -> [MethodVariant] {
    var found: [MethodVariant] = []
    for part in WrittenMethod.parts(of: text) { found.append(try MethodVariant(parsing: part, shared: shared)) }
    return labelled(found, shared: shared)
  }
}

extension MethodVariant {
  /// Options whose values differ from the shared ones or, where none is shared, from the defaults.
  private func ownOptions(_ shared: OptionValues) -> [(name: String, value: String)] {
    method.options.compactMap { option in
      guard let value = values.text(option.name) else { return nil }
      let usual = shared.text(option.name) ?? option.fallback
      return Self.isSame(value, usual) ? nil : (option.name, value)
    }
  }

  /// Whether two values are the same text, blanks aside, or the same number.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    let (x, y) = (a.filter { !$0.isWhitespace }, b.filter { !$0.isWhitespace })
    if x == y { return true }
    guard let number = Float(x), let other = Float(y) else { return false }
    return number == other
  }

  /// Each variant once, with labels of which no two are alike.
  private static func labelled(_ variants: [MethodVariant], shared: OptionValues) -> [MethodVariant] {
    var distinct: [(variant: MethodVariant, own: [(name: String, value: String)])] = []
    for variant in variants {
      let own = variant.ownOptions(shared)
      let isRepeat = distinct.contains { known in
        known.variant.method.name == variant.method.name && known.own.count == own.count
          && zip(known.own, own).allSatisfy { $0.name == $1.name && isSame($0.value, $1.value) }
      }
      if !isRepeat { distinct.append((variant, own)) }
    }
    let labels = distinct.map { variant, own in
      guard distinct.count(where: { $0.variant.method.name == variant.method.name }) > 1 else {
        return variant.method.name
      }
      let parts = own.map { option in [option.name, FileLabel.text(option.value)].filter { !$0.isEmpty } }
      return ([variant.method.name] + parts.map { $0.joined(separator: "-") }).joined(separator: "_")
    }
    // Values may differ only in what file names cannot have.
    return zip(distinct, FileLabel.distinct(labels)).map { entry, label in
      var copy = entry.variant
      copy.fileLabel = label
      return copy
    }
  }
}
