internal import PellucidAttribution
internal import PellucidNetworks
public import PellucidStatistics

/// A direction in a layer that tells examples of a concept from others: a concept activation vector.
///
/// The normal of a logistic regression (scikit-learn's `LogisticRegression(C=1)` on the values as they are), towards the concept.
/// - Source: Kim et al. 2018, arXiv:1711.11279.
public struct ConceptVector: Sendable {
  /// The direction, of length 1, as long as a row.
  public let direction: [Double]
  /// The part of examples that the line puts on their side, of those that it was not fitted to (five folds; both sides count alike).
  public let accuracy: Double

  /// The direction from some rows to others.
  ///
  /// - Parameters:
  ///   - rows: examples of both kinds.
  ///   - gram: the products of all rows.
  ///   - positives: the places of the concept's examples.
  ///   - negatives: those of the others.
  /// - Returns: nil where one kind is empty, or none differs from another.
  public init?(
    _ rows: SymmetricMatrix.Rows, gram: SymmetricMatrix, positives: [Int], negatives: [Int], seed: Int = 0
  ) {
    let places = positives + negatives
    let isPositive = places.indices.map { $0 < positives.count }
    let own = gram.picked(places)
    guard let fit = LogisticRegression(gram: own, isPositive: isPositive) else { return nil }
    let sum = rows.picked(places).sum(weighted: fit.weights, centred: false)
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return nil }
    direction = sum.map { $0 / length }
    accuracy = Self.accuracy(own, isPositive, seed: seed)
  }

  private static func accuracy(_ gram: SymmetricMatrix, _ isPositive: [Bool], seed: Int) -> Double {
    let folds = LinearProbe.Folds(5, classes: isPositive.map { $0 ? 1 : 0 }, seed: seed)
    var right = [true: 0, false: 0]
    for fold in 0..<folds.count {
      let train = isPositive.indices.filter { folds.places[$0] != fold }
      guard
        let fit = LogisticRegression(gram: gram.picked(train), isPositive: train.map { isPositive[$0] })
      else { continue }
      for test in isPositive.indices where folds.places[test] == fold {
        let score = zip(train, fit.weights).reduce(fit.intercept) { $0 + $1.1 * gram[test, $1.0] }
        if (score > 0) == isPositive[test] { right[isPositive[test], default: 0] += 1 }
      }
    }
    let positives = isPositive.count { $0 }
    return 0.5 * Double(right[true] ?? 0) / Double(max(1, positives))
      + 0.5 * Double(right[false] ?? 0) / Double(max(1, isPositive.count - positives))
  }
}

extension SymmetricMatrix {
  /// The rows and columns of some places.
  func picked(_ places: [Int]) -> SymmetricMatrix {
    SymmetricMatrix(size: places.count, values: places.flatMap { row in places.map { self[row, $0] } })
  }
}
