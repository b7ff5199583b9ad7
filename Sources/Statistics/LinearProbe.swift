/// How much of something a set of numbers knows, by a line through it: fitted to some subjects, asked about the others.
///
/// Numbers are standardized by the subjects that are fitted to (those that do not vary there are left out) and divided by the root of how
/// many they are, so that one penalty fits layers of any width. Folds keep the classes' shares.
/// - Source: Alain & Bengio 2017, arXiv:1610.01644.
public enum LinearProbe {
  /// What a probe found.
  public struct Result: Sendable, Hashable {
    /// What the fitted lines say of each subject: the value, or the class's place.
    public let predicted: [Double]
    /// Of numbers the share of variance, R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)²; of classes the mean of their recalls (balanced accuracy).
    public let score: Double
    /// What knowing nothing gives: 0, or one over the number of classes.
    public let chance: Double
    /// Of two classes the area under the curve of the scores of all folds; nil otherwise.
    public let auc: Double?
  }

  /// How many parts the subjects are divided into, and how; the rest is left to be what it is.
  public struct Folds: Sendable {
    /// The fold of each subject, from 0.
    public let places: [Int]

    /// Folds that are dealt out in shuffled order, class by class (`nil`: all alike).
    public init(_ count: Int, classes: [Int], seed: Int) {
      var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(seed)), stream: 0x70726f6265)
      var places = [Int](repeating: 0, count: classes.count)
      var next = 0
      for kind in Set(classes).sorted() {
        let members = classes.indices.filter { classes[$0] == kind }
        for place in numbers.permutation(members.count) {
          places[members[place]] = next % count
          next += 1
        }
      }
      self.places = places
    }

    /// Folds that are given.
    public init(places: [Int]) { self.places = places }

    /// How many there are.
    public var count: Int { (places.max() ?? -1) + 1 }
  }

  /// A probe of numbers, by ridge regression.
  /// - Returns: nil where they do not vary, or a fold leaves nothing to fit to.
  public static func numbers(
    _ y: [Double], of rows: SymmetricMatrix.Rows, folds: Folds, penalty: Double = 1
  ) -> Result? {
    guard let mean = Sample(y).mean else { return nil }
    let whole = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard whole > 0 else { return nil }
    var predicted = [Double](repeating: 0, count: y.count)
    for fold in 0..<folds.count {
      let part = Part(rows, folds, fold)
      guard !part.test.isEmpty else { continue }
      guard let fit = KernelRidge(gram: part.gram, part.train.map { y[$0] }, penalty: penalty) else { return nil }
      for (place, row) in part.test.enumerated() { predicted[row] = part.value(place, fit.weights, fit.intercept) }
    }
    let left = zip(y, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return Result(predicted: predicted, score: 1 - left / whole, chance: 0, auc: nil)
  }

  /// A probe of classes, by logistic regression, of more than two each against the others.
  /// - Parameter classes: from 0, without gaps.
  /// - Returns: nil where there are fewer than two classes, or one is missing from what a fold leaves.
  public static func classes(
    _ classes: [Int], of rows: SymmetricMatrix.Rows, folds: Folds, c: Double = 1
  ) -> Result? {
    let count = (classes.max() ?? 0) + 1
    guard count > 1 else { return nil }
    var scores = [[Double]](repeating: [], count: classes.count)
    for fold in 0..<folds.count {
      let part = Part(rows, folds, fold)
      guard !part.test.isEmpty else { continue }
      for kind in count == 2 ? [1] : Array(0..<count) {
        let isOwn = part.train.map { classes[$0] == kind }
        guard let fit = LogisticRegression(gram: part.gram, isPositive: isOwn, c: c) else { return nil }
        for (place, row) in part.test.enumerated() {
          scores[row].append(part.value(place, fit.weights, fit.intercept))
        }
      }
    }
    let predicted = scores.map { own in
      count == 2 ? (own[0] > 0 ? 1 : 0) : own.indices.max { own[$0] < own[$1] } ?? 0
    }
    let recalls = (0..<count).map { kind in
      let members = classes.indices.filter { classes[$0] == kind }
      return Double(members.count { predicted[$0] == kind }) / Double(max(1, members.count))
    }
    var auc: Double?
    if count == 2 {
      func own(_ kind: Int) -> [Double] { classes.indices.filter { classes[$0] == kind }.map { scores[$0][0] } }
      auc = Performance.auc(positives: own(1), negatives: own(0))?.area
    }
    return Result(
      predicted: predicted.map(Double.init), score: recalls.reduce(0, +) / Double(count), chance: 1 / Double(count),
      auc: auc)
  }

  /// The subjects that a fold fits to and those that it asks about.
  private struct Part {
    let train: [Int]
    let test: [Int]
    let gram: SymmetricMatrix
    private let cross: [[Double]]

    init(_ rows: SymmetricMatrix.Rows, _ folds: Folds, _ fold: Int) {
      train = folds.places.indices.filter { folds.places[$0] != fold }
      test = folds.places.indices.filter { folds.places[$0] == fold }
      let all = rows.picked(train + test).standardized(by: train.count)
      let whole = SymmetricMatrix(gramOf: all, centred: false)
      let (n, m) = (train.count, test.count)
      var values: [Double] = []
      for row in 0..<n { values += whole.values[(row * whole.size)..<(row * whole.size + n)] }
      gram = SymmetricMatrix(size: n, values: values)
      cross = (0..<m).map { row in
        Array(whole.values[((n + row) * whole.size)..<((n + row) * whole.size + n)])
      }
    }

    /// What a line says of one of the others.
    func value(_ place: Int, _ weights: [Double], _ intercept: Double) -> Double {
      zip(cross[place], weights).reduce(intercept) { $0 + $1.0 * $1.1 }
    }
  }
}

extension SymmetricMatrix.Rows {
  /// Columns less their mean over the first rows, divided by their deviation there and by the root of the number of columns that vary.
  public func standardized(by count: Int) -> SymmetricMatrix.Rows {
    var (means, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for row in 0..<count { for (place, value) in self[row].enumerated() { means[place] += Double(value) } }
    for place in means.indices { means[place] /= Double(max(1, count)) }
    for row in 0..<count {
      for (place, value) in self[row].enumerated() {
        squares[place] += (Double(value) - means[place]) * (Double(value) - means[place])
      }
    }
    let deviations = squares.map { ($0 / Double(max(1, count))).squareRoot() }
    let varies = zip(deviations, means).map { $0 > 1e-6 * abs($1) && $0 > 0 }
    let size = Double(max(1, varies.count { $0 })).squareRoot()
    var out: [Float] = []
    out.reserveCapacity(values.count)
    for row in 0..<self.count {
      for (place, value) in self[row].enumerated() {
        out.append(varies[place] ? Float((Double(value) - means[place]) / deviations[place] / size) : 0)
      }
    }
    return SymmetricMatrix.Rows(count: self.count, width: width, values: out)
  }
}
