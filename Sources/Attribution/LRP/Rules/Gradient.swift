extension NamedRule {
  /// No rule: the step follows its gradient.
  static let gradient = NamedRule("gradient", []) { _ in nil }
}
