/// What went wrong, where, why, and how to mend it: the one error type of every room.
///
/// The parts are one clause each, present tense, without a full stop; ``line`` joins them into the single line that the
/// command-line tool prints. Rooms make errors through factories (`PellucidError+<Room>.swift`), so that words stand in one place.
public struct PellucidError: Error, Sendable {
  /// The sort of failure; decides the exit status of the tool.
  public enum Kind: Sendable, Hashable {
    /// The caller asked for something that does not exist or cannot be combined (exit status 64).
    case usage
    /// The input cannot be what it claims to be (65).
    case badData
    /// The input is valid, but uses something that Pellucid lacks (65).
    case unsupported
    /// A computation left the finite numbers (65).
    case numeric
    /// A file could not be written (74).
    case output
    /// A fault of Pellucid's own (70).
    case internalFault
  }

  /// The user's place: a file and a part of it.
  public struct Place: Hashable, Sendable {
    /// The file's name or path, as the user gave it.
    public var file: String?
    /// The part of the file, such as `header field pixdim[2]` or `node /conv1/Conv`.
    public var part: String?

    /// A place, of which either part may be unknown.
    public init(file: String? = nil, part: String? = nil) {
      self.file = file
      self.part = part
    }
  }

  /// The sort of failure.
  public var kind: Kind
  /// Where it happened, in the user's terms.
  public var place: Place
  /// What is wrong.
  public var what: String
  /// Why: the numbers or names wanted and found; may be empty.
  public var why: String
  /// How to mend it; may be empty.
  public var remedy: String
  /// The error of another library that led to this one.
  public var cause: (any Error)?

  /// An error made of its six facts.
  public init(
    _ kind: Kind, at place: Place = Place(), what: String, why: String = "", remedy: String = "",
    cause: (any Error)? = nil
  ) {
    self.kind = kind
    self.place = place
    self.what = what
    self.why = why
    self.remedy = remedy
    self.cause = cause
  }

  /// The one line shown to a person: `FILE, PART: what: why; remedy`.
  public var line: String {
    let place = [place.file, place.part].compactMap { $0 }.joined(separator: ", ")
    var text = [place, what, why].filter { !$0.isEmpty }.joined(separator: ": ")
    if !remedy.isEmpty { text += "; " + remedy }
    return text.split(whereSeparator: \.isNewline).joined(separator: " ").shown()
  }

  /// The same error, placed in a file if it has none yet.
  public func located(in file: String) -> Self {
    var copy = self
    if copy.place.file == nil { copy.place.file = file }
    return copy
  }
}

extension PellucidError: CustomStringConvertible {
  /// The same as ``line``.
  public var description: String { line }
}
