internal import PellucidExplaining
public import PellucidFaults
internal import PellucidFiles
internal import PellucidVolumes

/// Further inputs of a network that differ from subject to subject: an age, the file of a second image.
///
/// A pattern holds the names of columns in braces: `{pet}` is what the table's column `pet` says (a path is seen from the table),
/// `/data/{participant_id}_pet.nii.gz` a file for each.
public struct SubjectInputs: Sendable {
  /// The inputs with their patterns.
  public var patterns: [(name: String, pattern: String)] = []

  /// No input of their own.
  public init() {}

  /// Whether a text names something for each subject.
  public static func isPattern(_ text: String) -> Bool {
    text.firstIndex(of: "{").map { text[$0...].contains("}") } ?? false
  }

  /// The numbers and files of a visit.
  /// - Throws: `.badData` for a column that is not there or has nothing for the visit, and a file that is not there.
  func own(
    _ visit: Cohort.Visit, in source: String
  ) throws(PellucidError) -> (values: [String: [Float]], files: [String: String]) {
    var (values, files): ([String: [Float]], [String: String]) = ([:], [:])
    for (name, pattern) in patterns {
      let text = try filled(pattern, visit, source)
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
      if ImageName.ending(of: text) == nil, !numbers.isEmpty, !numbers.contains(nil) {
        values[name] = numbers.compactMap { $0 }
        continue
      }
      var tried = visit.paths(of: text)
      if pattern.hasPrefix("{"), !text.hasPrefix("/"), let end = source.lastIndex(of: "/") {
        tried.append(String(source[...end]) + text)
      }
      guard let found = tried.last(where: FileKind.exists) else {
        throw .patternNamesNothing(pattern, visit, tried: tried.reversed())
      }
      files[name] = found
    }
    return (values, files)
  }

  /// The first visit's values as options write them, for a network that is looked at before the first scan is read.
  /// - Throws: `.badData` where no visit has them, as the first one says.
  public func examples(in cohort: Cohort) throws(PellucidError) -> [String] {
    var fault: PellucidError?
    for visit in cohort.visits {
      let values: [String: [Float]]
      do throws(PellucidError) {
        values = try own(visit, in: cohort.source).values
      } catch {
        fault = fault ?? error
        continue
      }
      return values.sorted { $0.key < $1.key }.map { name, values in
        name + "=" + values.map { "\($0)" }.joined(separator: ",")
      }
    }
    if let fault { throw fault }
    return []
  }

  /// The pattern with what the table says in the place of columns; participant and session stay, since they may be written in several ways.
  private func filled(_ pattern: String, _ visit: Cohort.Visit, _ source: String) throws(PellucidError) -> String {
    var text = ""
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      text += rest[..<open]
      let column = rest[rest.index(after: open)..<close].lowercased()
      if ["participant_id", "session_id"].contains(column) {
        text += "{\(column)}"
      } else {
        guard let cell = visit.cells[column] else { throw .inputCellMissing(column, pattern, visit, source) }
        text += cell
      }
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }
}

extension PellucidError {
  static func inputCellMissing(_ column: String, _ pattern: String, _ visit: Cohort.Visit, _ source: String) -> Self {
    .init(
      .badData, at: .init(file: source, part: visit.place),
      what: "\(visit.name.stem) has nothing in a column \(column)",
      why: "the input's pattern is \(pattern)",
      remedy: visit.cells.isEmpty
        ? "the table has no further columns"
        : "its further columns are \(visit.cells.keys.sorted().joined(separator: ", "))")
  }
}
