internal import PellucidAttribution
public import PellucidFaults
internal import PellucidResults
public import PellucidTables

/// The page of many scans: what the network said of each, where it looked, and the way to each one's own page.
///
/// Pictures are files of their own beside the pages, so that a thousand subjects open at once and only what is in sight is read.
public struct CohortPage: Sendable {
  /// A scan in the list.
  public struct Entry: Sendable {
    /// Its results.
    public let scan: StoredScan
    /// Where its page is, as a path from the cohort's page; nil: it has none.
    public var page: String?
    /// Where its picture is, likewise.
    public var picture: String?
    /// What is wrong with it; nil: nothing.
    public var fault: String?

    /// A scan with what was made of it.
    public init(_ scan: StoredScan, page: String?, picture: String?, fault: String? = nil) {
      (self.scan, self.page, self.picture, self.fault) = (scan, page, picture, fault)
    }
  }

  /// The file's bytes, UTF-8.
  public let html: [UInt8]

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - title: what stands above the list.
  ///   - studies: what was found in the cohort, each with the addresses of its pictures; shown above the list.
  ///   - views: of the network that belong to no single scan; shown below the studies.
  ///   - predictions: tables with a column `participant_id`; their other columns are shown beside the scans whose path, or whose
  ///     results, name the participant (and, where there is one, the session).
  /// - Throws: `.badData` where a region table cannot be read.
  public init(
    _ entries: [Entry], title: String, studies: [(section: StudySection, pictures: [String])] = [],
    views: [ViewSection] = [], predictions: [Table]
  ) throws(PellucidError) {
    let joined = Participants(predictions)
    var rows: [JSONValue] = []
    for entry in entries {
      let record = entry.scan.record
      var row: JSONValue = [
        "stem": .string(entry.scan.stem), "image": .string(record.image),
        "predicted": record.predicted.map { .string($0) } ?? .null, "answer": .string(record.answer),
        "probability": record.probabilities.flatMap { $0.max() }.map { .single($0) } ?? .null,
        "target": .string(record.target.name), "score": .number(record.scoreValue),
        "methods": .array(try entry.scan.results.map { (result) throws(PellucidError) in try Self.method(result) }),
        "columns": joined.cells(of: "\(record.image)/\(entry.scan.results[0].name)"),
      ]
      row["page"] = entry.page.map { .string(Self.link($0)) }
      row["picture"] = entry.picture.map { .string(Self.link($0)) }
      row["fault"] = entry.fault.map { .string($0) }
      rows.append(row)
    }
    let data: JSONValue = ["pellucid": .string(pellucidVersion), "scans": .array(rows)]
    let frame = PageFrame(
      product: "cohort", heading: title, images: "file: http: https: data:",
      script: .init(
        modules: FrontEnd.cohortModules, data: data, skip: ("list", "To the scans"),
        without: "The list of this page is made by a script, which this browser does not run."))
    html = frame.page(
      FrontEnd.filled(
        "cohort.html",
        [
          "studies": Array(studies.map { $0.section.html(pictures: $0.pictures.map(Self.link)) }.joined().utf8),
          "views": Array(views.map(\.html).joined().utf8),
        ]))
  }

  /// A method with its three strongest regions.
  private static func method(_ result: StoredResult) throws(PellucidError) -> JSONValue {
    var strongest: [JSONValue] = []
    if result.path(of: "regions") != nil, let table = try? result.regions() {
      let (names, shares) = (try table.texts("name"), try table.numbers("abs_share"))
      let indices = try table.wholes("index")
      let found = indices.indices.filter { indices[$0] != 0 }.sorted { (shares[$0] ?? 0) > (shares[$1] ?? 0) }
      strongest = found.prefix(3).map { row -> JSONValue in
        [.string(names[row] ?? ""), shares[row].map { .number($0) } ?? .null]
      }
    }
    return [
      "id": .string(result.idInPage), "sum": .number(result.record.sumOfRelevance), "strongest": .array(strongest),
    ]
  }

  /// A path as a relative address: characters that mean something there are told by their numbers.
  static func link(_ path: String) -> String {
    var out = ""
    for byte in path.utf8 {
      let scalar = Unicode.Scalar(byte)
      if byte < 128,
        scalar.properties.isAlphabetic || (48...57).contains(byte) || "/._-~".unicodeScalars.contains(scalar)
      {
        out.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        out += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return out
  }
}

/// The rows of tables of participants, found by the path of an image and the name of its result.
private struct Participants {
  private var rows: [(participant: String, session: String?, cells: [JSONValue.Member])] = []

  init(_ tables: [Table]) {
    for table in tables {
      guard let participants = (try? table.texts("participant_id")) ?? (try? table.texts("subject")) else { continue }
      let sessions = try? table.texts("session_id")
      let columns = table.names.compactMap { name in (try? table.texts(name)).map { (name, $0) } }
      for row in 0..<table.rowCount {
        guard let participant = participants[row] else { continue }
        let cells = columns.map { JSONValue.Member($0.0, $0.1[row].map { .string($0) } ?? .null) }
        rows.append((participant, sessions?[row], cells))
      }
    }
  }

  /// What is known of the participant whose name is a part of a path; of several, the one with the longest name: `sub-1_run-2` before
  /// `sub-1`.
  func cells(of image: String) -> JSONValue {
    let named = rows.filter { row in
      image.hasPart(row.participant) && (row.session.map { image.hasPart($0) } ?? true)
    }
    let longest = named.map(\.participant.count).max()
    let found = named.filter { $0.participant.count == longest }
    var cells: [JSONValue.Member] = []
    for row in found {
      for cell in row.cells where !cells.contains(where: { $0.key == cell.key }) { cells.append(cell) }
    }
    return .object(cells)
  }
}

extension String {
  /// Whether a name stands in it with neither a letter nor a digit beside.
  fileprivate func hasPart(_ name: String) -> Bool {
    !name.isEmpty
      && ranges(of: name).contains { range in
        let before = range.lowerBound > startIndex ? self[index(before: range.lowerBound)] : "/"
        let after = range.upperBound < endIndex ? self[range.upperBound] : "/"
        return ![before, after].contains { $0.isLetter || $0.isNumber }
      }
  }
}
