/// Something that was mended or decided on the way and that a reader of the results should know; kept in the provenance.
public struct Note: Hashable, Sendable {
  /// What was found, such as `qform and sform disagree by 3.2 mm`.
  public var what: String
  /// What was done about it, such as `the sform is used`.
  public var how: String

  /// A note of what was found and what was done.
  public init(what: String, how: String) {
    self.what = what
    self.how = how
  }
}
