internal import PellucidAttribution
internal import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
public import PellucidStatistics
public import PellucidSubjects
internal import PellucidVolumes

/// How the subjects of a study lie to each other inside a network: principal components, neighbours, likeness of layers, and what a line
/// through each layer knows of the subjects.
public struct Manifold: Sendable {
  /// What is looked for.
  public struct Options: Sendable {
    /// Principal components of each layer.
    public var components = 10
    /// Nearest subjects of each.
    public var neighbours = 5
    /// Parts of the cross-validation.
    public var folds = 5
    /// Start of the random numbers that deal out the folds.
    public var seed = 0

    /// The defaults.
    public init() {}
  }

  /// A layer.
  public struct Layer: Sendable {
    /// Which.
    public let choice: LayerChoice
    /// Numbers of a row.
    public let width: Int
    /// The directions in which the subjects differ most; nil: none differs.
    public let components: PrincipalComponents?
    /// Of each subject the nearest others with their distance in the layer's values, nearest first.
    public let neighbours: [[(subject: Int, distance: Double)]]
    /// What a line knows, in the order of the questions.
    public let probes: [LinearProbe.Result?]
  }

  /// Something about the subjects that layers may know.
  public struct Question: Sendable {
    /// The column's name.
    public let name: String
    /// The places of the subjects that have a value.
    public let subjects: [Int]
    /// Their values; of classes the places of their names.
    public let values: [Double]
    /// The names of classes; nil: numbers.
    public let classes: [String]?
    /// Their folds.
    public let folds: LinearProbe.Folds
  }

  /// The layers, from the first to the last.
  public let layers: [Layer]
  /// What is asked.
  public let questions: [Question]
  /// Linear centred kernel alignment of every two layers.
  public let alignment: [[Double?]]
  /// The same without bias.
  public let unbiasedAlignment: [[Double?]]
  /// What could not be asked.
  public let notes: [Note]

  /// Looks at the rows of a study.
  ///
  /// - Parameters:
  ///   - columns: which covariates are asked for, `group` among them; nil: all.
  /// - Throws: `.usage` for a covariate that is not there.
  public init(
    _ activations: CohortActivations, of table: SubjectTable, columns: [String]? = nil, options: Options = Options()
  ) throws(PellucidError) {
    (questions, notes) = try Question.all(of: table, columns, options)
    let grams = activations.rows.map { SymmetricMatrix(gramOf: $0, centred: true) }
    alignment = grams.map { a in grams.map { KernelAlignment.linear(a, $0) } }
    unbiasedAlignment = grams.map { a in grams.map { KernelAlignment.unbiased(a, $0) } }
    var layers: [Layer] = []
    for (place, choice) in activations.layers.enumerated() {
      let rows = activations.rows[place]
      let probes = questions.map { question -> LinearProbe.Result? in
        let own = rows.picked(question.subjects)
        return question.classes == nil
          ? LinearProbe.numbers(question.values, of: own, folds: question.folds)
          : LinearProbe.classes(question.values.map { Int($0) }, of: own, folds: question.folds)
      }
      layers.append(
        Layer(
          choice: choice, width: rows.width,
          components: PrincipalComponents(of: rows, count: options.components),
          neighbours: Self.neighbours(grams[place], options.neighbours), probes: probes))
    }
    self.layers = layers
  }

  /// The nearest others of each subject, by the products of rows.
  static func neighbours(_ gram: SymmetricMatrix, _ count: Int) -> [[(subject: Int, distance: Double)]] {
    (0..<gram.size).map { row in
      let all = (0..<gram.size).filter { $0 != row }.map { other in
        (
          subject: other,
          distance: max(0, gram[row, row] + gram[other, other] - 2 * gram[row, other]).squareRoot()
        )
      }
      return Array(all.sorted { ($0.distance, $0.subject) < ($1.distance, $1.subject) }.prefix(count))
    }
  }
}

extension Manifold.Question {
  /// What a table knows of its subjects, and a note of each column that cannot be asked.
  static func all(
    of table: SubjectTable, _ columns: [String]?, _ options: Manifold.Options
  ) throws(PellucidError) -> ([Manifold.Question], [Note]) {
    var covariates: [SubjectTable.Covariate] = []
    let groups = SubjectTable.Covariate(name: "group", cells: table.subjects.map(\.group))
    if let columns {
      for name in columns {
        covariates.append(name.lowercased() == "group" ? groups : try table.covariate(name))
      }
    } else {
      covariates = (table.columns.contains("group") ? [groups] : []) + table.covariates
    }
    var (found, notes) = ([Manifold.Question](), [Note]())
    for covariate in covariates {
      let isGroup = covariate.name == "group"
      if let question = question(covariate, isClasses: isGroup, options) {
        found.append(question)
      } else if columns != nil || isGroup {
        notes.append(
          Note(
            what:
              "the column \(covariate.name) does not tell at least two classes of two subjects, or numbers that differ",
            how: "no layer is asked about it", weight: .told))
      }
    }
    return (found, notes)
  }

  private static func question(
    _ covariate: SubjectTable.Covariate, isClasses: Bool, _ options: Manifold.Options
  ) -> Manifold.Question? {
    switch covariate.values {
    case .numbers(let numbers) where !isClasses:
      let known = numbers.indices.filter { numbers[$0] != nil }
      let values = known.compactMap { numbers[$0] }
      guard known.count >= 2 * options.folds, Set(values).count > 1 else { return nil }
      return Manifold.Question(
        name: covariate.name, subjects: known, values: values, classes: nil,
        folds: LinearProbe.Folds(options.folds, classes: known.map { _ in 0 }, seed: options.seed))
    case .numbers(let numbers):
      // Groups may be called 0 and 1.
      return classes(
        covariate.name, numbers.map { $0.map { "\($0 == $0.rounded() ? "\(Int($0))" : "\($0)")" } }, options)
    case .categories(let names):
      return classes(covariate.name, names, options)
    }
  }

  /// Classes of at least two subjects; more than twelve are names, not classes.
  private static func classes(
    _ name: String, _ cells: [String?], _ options: Manifold.Options
  ) -> Manifold.Question? {
    let counts = cells.reduce(into: [String: Int]()) { counts, cell in
      if let cell { counts[cell, default: 0] += 1 }
    }
    let names = counts.filter { $0.value > 1 }.keys.sorted()
    guard (2...12).contains(names.count) else { return nil }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let known = cells.indices.filter { cells[$0].map { places[$0] != nil } ?? false }
    let values = known.compactMap { cells[$0].flatMap { places[$0] } }
    let folds = min(options.folds, names.compactMap { counts[$0] }.min() ?? 2)
    return Manifold.Question(
      name: name, subjects: known, values: values.map(Double.init), classes: names,
      folds: LinearProbe.Folds(folds, classes: values, seed: options.seed))
  }
}
