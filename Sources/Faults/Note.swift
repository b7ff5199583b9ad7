/// Something that was mended or decided on the way and that a reader of the results should know; kept in the provenance.
public struct Note: Hashable, Sendable {
  /// Who must hear of it.
  public enum Weight: Int, Hashable, Sendable, Comparable {
    /// Nobody at once: it changes no number, or only what was asked for; the provenance holds it.
    case record
    /// The user, at once: an assumption that changes numbers.
    case told
    /// The user, at once: it looks like a mistake.
    case warning

    /// By weight.
    public static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
  }

  /// What was found, such as `qform and sform disagree by 3.2 mm`.
  public var what: String
  /// What was done about it, such as `the sform is used`.
  public var how: String
  /// Who must hear of it.
  public var weight: Weight

  /// A note of what was found and what was done.
  public init(what: String, how: String, weight: Weight = .record) {
    self.what = what
    self.how = how
    self.weight = weight
  }

  /// What and how in one clause.
  public var text: String { "\(what); \(how)" }

  /// The same of a file, which is named first.
  public func of(_ file: String) -> Note {
    Note(what: "\(file): \(what)", how: how, weight: weight)
  }
}
