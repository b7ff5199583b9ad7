/// An option of a method, as command line, help and provenance show it.
public struct MethodOption: Hashable, Sendable {
  /// Name without dashes.
  public let name: String
  /// What stands for the value in help, such as `N` or `i,j,k`.
  public let placeholder: String
  /// The default in words or numbers.
  public let fallback: String
  /// One line of help.
  public let help: String

  /// An option.
  public init(_ name: String, _ placeholder: String, default fallback: String, _ help: String) {
    self.name = name
    self.placeholder = placeholder
    self.fallback = fallback
    self.help = help
  }

  /// An option without a value, which is off unless it is given.
  public init(flag name: String, _ help: String) {
    self.init(name, "", default: "off", help)
  }

  /// Whether it takes no value.
  public var isFlag: Bool { placeholder.isEmpty }
}
