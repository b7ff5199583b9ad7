internal import PellucidFaults
internal import PellucidFiles
internal import PellucidSubjects
internal import PellucidTables
internal import PellucidVolumes

/// What is known of the subjects, as columns: numbers, and words of which each is a column of ones and zeros.
struct BiasCovariates {
  /// A covariate as a table has it.
  struct Covariate {
    var name: String
    /// What stands in the table, a cell a subject.
    var cells: [String?]
    /// Its numbers; nil: it holds words.
    var numbers: [Double?]?

    /// The words, sorted; empty for numbers.
    var words: [String] { numbers == nil ? Set(cells.compactMap { $0 }).sorted() : [] }

    /// What relevance is correlated with: the numbers, or whether a subject has the word; of two words the second stands for both.
    var columns: [(name: String, values: [Double?])] {
      if let numbers { return [(name, numbers)] }
      let words = words
      return (words.count == 2 ? [words[1]] : words).map { word in
        ("\(name)=\(word)", cells.map { $0.map { $0 == word ? 1 : 0 } })
      }
    }

    /// Whether all who have it have the same.
    var isConstant: Bool { Set(cells.compactMap { $0 }).count < 2 }
  }

  private(set) var covariates: [Covariate] = []
  private(set) var notes: [Note] = []

  /// Finds the subjects in a table.
  /// - Parameters:
  ///   - wanted: columns; empty: all covariates of the table.
  /// - Throws: `.usage` for a column that is not there; `.badData` where no subject is in the table.
  init(_ path: String, wanted: [String], of subjects: [BiasData.Subject]) throws(PellucidError) {
    let table = try SubjectTable(contentsOf: path)
    let rows = Rows(table)
    let places = subjects.map(rows.place)
    guard places.contains(where: { $0 != nil }) else { throw .strangers(path, subjects[0].name) }
    let missing = subjects.indices.filter { places[$0] == nil }
    if let first = missing.first {
      notes.append(
        Note(
          what: "\(path) does not know \(missing.count) of \(subjects.count) scans (\(subjects[first].name))",
          how: "they have no covariates", weight: .warning))
    }
    let names = wanted.isEmpty ? table.covariates.map(\.name) : wanted
    guard !names.isEmpty else { throw .nothingKnown(path) }
    for name in names {
      let cells: [String?]
      var numbers: [Double?]?
      switch name.lowercased() {
      case "group": cells = places.map { $0.flatMap { table.subjects[$0].group } }
      case "fold": cells = places.map { $0.flatMap { table.subjects[$0].fold } }
      default:
        switch try table.covariate(name).values {
        case .numbers(let values):
          numbers = places.map { $0.flatMap { values[$0] } }
          cells = numbers?.map { $0.map { NumberText.significant($0, digits: 15) } } ?? []
        case .categories(let words): cells = places.map { $0.flatMap { words[$0] } }
        }
      }
      add(Covariate(name: name, cells: cells, numbers: numbers), wanted: !wanted.isEmpty)
    }
  }

  private mutating func add(_ covariate: Covariate, wanted: Bool) {
    let words = covariate.words.count
    if covariate.isConstant {
      notes.append(
        Note(
          what: "the covariate \(covariate.name) is the same for all", how: "it is left out", weight: .warning))
    } else if words > 2, words > covariate.cells.count / 2 {
      notes.append(
        Note(
          what: "the covariate \(covariate.name) has \(words) words for \(covariate.cells.count) scans",
          how: "it names them rather than groups them, and is left out", weight: wanted ? .warning : .told))
    } else {
      covariates.append(covariate)
    }
  }

  /// Where a subject stands in a table: by participant and session, or by what the scan is called.
  private struct Rows {
    private var places: [String: Int] = [:]

    init(_ table: SubjectTable) {
      for (place, subject) in table.subjects.enumerated() {
        let label = BIDSName.label(subject.participant, without: "sub-")
        let session = subject.session.map { BIDSName.label($0, without: "ses-") }
        // A line without a session is every visit's.
        for key in [Self.key(label, session), subject.participant, subject.scan?.stem] {
          if let key, places[key] == nil { places[key] = place }
        }
      }
    }

    private static func key(_ label: String, _ session: String?) -> String { label + "\t" + (session ?? "") }

    func place(of subject: BiasData.Subject) -> Int? {
      let label = BIDSName.label(subject.participant, without: "sub-")
      let session = subject.session.map { BIDSName.label($0, without: "ses-") }
      return places[Self.key(label, session)] ?? places[Self.key(label, nil)] ?? places[subject.participant]
    }
  }
}
