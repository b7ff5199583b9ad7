internal import PellucidFiles

/// One subject's scan as the user names it: a file, or several joined with `+`, one a channel.
public struct ScanReference: Hashable, Sendable {
  /// What the user wrote.
  public let text: String
  /// The files.
  public let paths: [String]

  /// One file's path, or several joined as in `t1.nii.gz+gm.nii.gz`.
  ///
  /// A file whose own name holds a `+` is taken as it is.
  public init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "+", omittingEmptySubsequences: true).map(String.init)
    let isOneFile = if case .file = FileKind.at(text) { true } else { false }
    paths = parts.count > 1 && !isOneFile ? parts : [text]
  }

  /// The first file's name without folder and ending: what results are named after.
  public var stem: String { ImageName.stem(of: paths[0]) }
}
