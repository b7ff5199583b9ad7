public import PellucidFaults
internal import PellucidFiles
public import PellucidSubjects
public import PellucidVolumes

/// The scans of a study, one a participant or a visit, and what is known of them.
public struct Cohort: Sendable {
  /// A scan.
  public struct Visit: Sendable {
    /// What its results are called.
    public var name: BIDSName
    /// The participant as the table writes it.
    public var participant: String
    /// The visit as the table writes it.
    public var session: String?
    /// The scan; nil: none is named.
    public var scan: ScanReference?
    /// The group.
    public var group: String?
    /// The part of a cross-validation that it was tested in.
    public var fold: String?
    /// An atlas of its own: a name, or the path of a label image.
    public var atlas: String?
    /// Its own label image, with the labels of the atlas.
    public var labels: String?
    /// What else the table says of it, by the columns' names in small letters.
    public var cells: [String: String] = [:]
    /// Where it is written, for messages: `line 3`; nil: in a folder's names.
    public var place: String?

    /// The files that a pattern names for it.
    ///
    /// `{participant_id}` and `{session_id}` stand for what the table writes, with `sub-` and `ses-` or without, whichever names a file.
    public func paths(of pattern: String) -> [String] {
      let participants = [participant, name.participantID, name.subject]
      let sessions: [String] = session.map { [$0] + [name.sessionID, name.session].compactMap { $0 } } ?? [""]
      var paths: [String] = []
      for participant in participants {
        for session in sessions {
          let path = pattern.replacing("{participant_id}", with: participant)
            .replacing("{session_id}", with: session)
          if !paths.contains(path) { paths.append(path) }
        }
      }
      return paths
    }
  }

  /// The table or folder.
  public let source: String
  /// At least one, in the table's order.
  public let visits: [Visit]
  /// What else is known, a value a visit.
  public let covariates: [SubjectTable.Covariate]
  /// What was decided about names.
  public let notes: [Note]

  /// A cohort of visits.
  /// - Throws: `.badData` where two visits would have the same name.
  init(
    source: String, visits: [Visit], covariates: [SubjectTable.Covariate], notes: [Note] = []
  ) throws(PellucidError) {
    var seen: [String: Visit] = [:]
    for visit in visits {
      if let other = seen.updateValue(visit, forKey: visit.name.stem.lowercased()) {
        throw .visitTwice(source, visit, other)
      }
    }
    (self.source, self.visits, self.covariates) = (source, visits, covariates)
    let renamed = visits.filter { $0.participant != $0.name.participantID && $0.participant != $0.name.subject }
    let note = renamed.first.map { first in
      Note(
        what: "\(renamed.count) of \(visits.count) participants have names that BIDS's labels cannot hold",
        how: "letters and digits stay: \(first.participant) is \(first.name.participantID)", weight: .told)
    }
    self.notes = notes + [note].compactMap { $0 }
  }

  /// Reads a table of subjects, with the columns `participant_id` (or `subject`) and `image`.
  /// - Throws: `.badData` as ``SubjectTable`` does, and for names of which nothing can stand in a file's.
  public init(table path: String) throws(PellucidError) {
    let table = try SubjectTable(contentsOf: path, required: ["image"])
    var visits: [Visit] = []
    let cells = table.cells()
    for (subject, cells) in zip(table.subjects, cells) {
      guard let name = BIDSName(participant: subject.participant, session: subject.session) else {
        throw .unnameable(path, subject.name, line: subject.line)
      }
      visits.append(
        Visit(
          name: name, participant: subject.participant, session: subject.session, scan: subject.scan,
          group: subject.group, fold: subject.fold, atlas: subject.atlas, labels: subject.labels, cells: cells,
          place: "line \(subject.line)"))
    }
    try self.init(source: path, visits: visits, covariates: table.covariates)
  }

  /// One of several equal parts: the visits I, I + N, I + 2N, … of all, counted from 1.
  func part(_ number: Int, of count: Int) -> [Visit] {
    visits.enumerated().filter { $0.offset % count == number - 1 }.map(\.element)
  }
}
