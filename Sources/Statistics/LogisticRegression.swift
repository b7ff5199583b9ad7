/// A line between two classes: logistic regression with a penalty on its slopes.
///
///     min over w, b of ½·|w|² + C·Σ_n ln(1 + exp(−y_n·(w·x_n + b))),  y_n = ±1
///
/// Newton's method on w = Σ_n α_n·x_n, so that rows may be far longer than there are of them.
/// - Accuracy: w within 1e-6 of scikit-learn's `LogisticRegression(C)` where that is run to its end.
/// - Complexity: O(n³) a step for n rows, with about ten steps.
public struct LogisticRegression: Sendable {
  /// α, a number a row; they add up to 0.
  public let weights: [Double]
  /// b.
  public let intercept: Double
  /// w·x_n + b of the rows that it was fitted to.
  public let scores: [Double]

  /// The fit to rows by their products.
  ///
  /// - Parameters:
  ///   - gram: x_n·x_m.
  ///   - isPositive: the class of each row.
  ///   - c: how much the rows count beside the penalty.
  /// - Returns: nil where a class is empty.
  public init?(gram: SymmetricMatrix, isPositive: [Bool], c: Double = 1) {
    precondition(gram.size == isPositive.count && c > 0, "a class a row")
    let n = gram.size
    guard isPositive.contains(true), isPositive.contains(false) else { return nil }
    var (alpha, intercept) = ([Double](repeating: 0, count: n), 0.0)
    var scores = [Double](repeating: 0, count: n)
    func products(_ alpha: [Double]) -> [Double] {
      (0..<n).map { row in (0..<n).reduce(0) { $0 + gram[row, $1] * alpha[$1] } }
    }
    func loss(_ alpha: [Double], _ products: [Double], _ intercept: Double) -> Double {
      var sum = 0.0
      for k in 0..<n {
        let score = products[k] + intercept
        sum += 0.5 * alpha[k] * products[k] + c * softplus(isPositive[k] ? -score : score)
      }
      return sum
    }
    var current = loss(alpha, scores, intercept)
    for _ in 0..<100 {
      guard let next = Self.step(gram, isPositive, c, scores) else { break }
      // Where a whole step overshoots, a part of it does not: the loss is convex.
      var part = 1.0
      var improved = false
      let wanted = products(next.alpha)
      let now = products(alpha)
      while part > 1e-8 {
        let tried = zip(alpha, next.alpha).map { $0 + part * ($1 - $0) }
        let between = zip(now, wanted).map { $0 + part * ($1 - $0) }
        let moved = intercept + part * (next.intercept - intercept)
        let value = loss(tried, between, moved)
        if value <= current {
          let gain = current - value
          (alpha, intercept, current) = (tried, moved, value)
          scores = between.map { $0 + moved }
          improved = gain > 1e-14 * abs(current)
          break
        }
        part /= 2
      }
      if !improved { break }
    }
    (weights, self.intercept, self.scores) = (alpha, intercept, scores)
  }

  /// Where Newton's step from these scores leads.
  ///
  /// With p the probabilities, W = C·p·(1 − p) and z = scores + (C·(y − p))/W it solves (K + W⁻¹)·α + b = z, Σα = 0, by a system that
  /// stays well-conditioned where W is nearly 0: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, algorithm 3.1.
  private static func step(
    _ gram: SymmetricMatrix, _ isPositive: [Bool], _ c: Double, _ scores: [Double]
  ) -> (alpha: [Double], intercept: Double)? {
    let n = gram.size
    var (roots, targets) = ([Double](), [Double]())
    for k in 0..<n {
      let p = logistic(scores[k])
      let weight = max(c * p * (1 - p), 1e-12)
      roots.append(weight.squareRoot())
      targets.append(weight * scores[k] + c * ((isPositive[k] ? 1 : 0) - p))
    }
    var matrix = gram
    for i in 0..<n {
      for j in 0..<n { matrix[i, j] *= roots[i] * roots[j] }
      matrix[i, i] += 1
    }
    guard let factor = matrix.cholesky() else { return nil }
    func solved(_ right: [Double]) -> [Double] {
      zip(roots, factor.solution(of: zip(right, roots).map { $0 / $1 })).map { $0 * $1 }
    }
    let (values, ones) = (solved(targets), solved(roots.map { $0 * $0 }))
    let intercept = values.reduce(0, +) / ones.reduce(0, +)
    return (zip(values, ones).map { $0 - intercept * $1 }, intercept)
  }
}

/// Linear regression with a penalty on its slopes, by the rows' products.
///
///     min over w, b of Σ_n (y_n − w·x_n − b)² + λ·|w|²
///
/// - Accuracy: within 1e-8 of scikit-learn's `Ridge(λ)`.
public struct KernelRidge: Sendable {
  /// α with w = Σ_n α_n·x_n.
  public let weights: [Double]
  /// b.
  public let intercept: Double

  /// The fit; nil where there are no rows or λ is not above 0.
  public init?(gram: SymmetricMatrix, _ y: [Double], penalty: Double) {
    precondition(gram.size == y.count, "a value a row")
    guard penalty > 0 else { return nil }
    var matrix = gram
    for n in 0..<gram.size { matrix[n, n] += penalty }
    guard let factor = matrix.cholesky() else { return nil }
    let (values, ones) = (factor.solution(of: y), factor.solution(of: y.map { _ in 1 }))
    let intercept = values.reduce(0, +) / ones.reduce(0, +)
    weights = zip(values, ones).map { $0 - intercept * $1 }
    self.intercept = intercept
  }
}
