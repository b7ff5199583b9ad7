/// What the files of a participant's visit are called in a data set laid out as BIDS has it.
///
/// Source: the Brain Imaging Data Structure, https://bids-specification.readthedocs.io, "Filenames": entities `KEY-LABEL` joined with `_`,
/// labels of letters and digits alone.
public struct BIDSName: Hashable, Sendable {
  /// The participant's label, without `sub-`.
  public let subject: String
  /// The visit's label, without `ses-`; nil: there is one.
  public let session: String?

  /// The name of a participant and visit as a table has them, `sub-01` or `01`; what no label can hold is left out.
  /// - Returns: nil where nothing of a name can stand in a label.
  public init?(participant: String, session: String?) {
    subject = Self.label(participant, without: "sub-")
    self.session = session.map { Self.label($0, without: "ses-") }
    guard !subject.isEmpty, self.session?.isEmpty != true else { return nil }
  }

  /// `sub-01`.
  public var participantID: String { "sub-" + subject }
  /// `ses-2`.
  public var sessionID: String? { session.map { "ses-" + $0 } }
  /// What its files begin with: `sub-01_ses-2`.
  public var stem: String { [participantID, sessionID].compactMap { $0 }.joined(separator: "_") }
  /// Where its files lie in the data set: `sub-01/ses-2/anat`.
  public var folder: String { [participantID, sessionID, "anat"].compactMap { $0 }.joined(separator: "/") }

  /// What the files of a result begin with: `sub-01_space-MNI152_desc-gradCam`.
  func start(space: String?, description: String) -> String {
    [stem, space.map { "space-" + $0 }, "desc-" + description].compactMap { $0 }.joined(separator: "_")
  }

  /// The letters and digits of a text.
  static func label(_ text: String, without prefix: String = "") -> String {
    let rest = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
    return String(rest.filter(Self.mayStand))
  }

  /// A method's name as a label: `grad-cam` is `gradCam`, `lrp_composite-epsilon` is `lrpCompositeEpsilon`.
  static func camelCase(_ name: String) -> String {
    let words = name.split { !mayStand($0) }
    return words.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
  }

  private static func mayStand(_ letter: Character) -> Bool { letter.isASCII && (letter.isLetter || letter.isNumber) }
}
