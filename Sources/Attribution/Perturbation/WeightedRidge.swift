/// Weighted linear regression with an intercept and a penalty on the coefficients.
///
///     min over β, β₀ of Σ_n w_n·(y_n − β₀ − x_n·β)² + α·|β|²
///
/// - Accuracy: within 1e-9 of scikit-learn's `Ridge(alpha)` with `sample_weight`; R² is weighted as its `score` is.
package struct WeightedRidge: Sendable {
  /// β.
  package let coefficients: [Double]
  /// β₀, which is not penalized.
  package let intercept: Double
  /// The weighted share of y's variance that the fit explains; 1 where y does not vary.
  package let r2: Double

  /// The fit; nil where the system cannot be solved (α = 0 and too few rows).
  package init?(_ rows: [[Double]], _ y: [Double], weights: [Double], alpha: Double) {
    let size = rows.first?.count ?? 0
    let total = weights.reduce(0, +)
    guard total > 0, size > 0 else { return nil }
    var means = [Double](repeating: 0, count: size)
    for (row, weight) in zip(rows, weights) { for i in 0..<size { means[i] += weight * row[i] / total } }
    let mean = zip(y, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    let centred = rows.map { row in zip(row, means).map { $0 - $1 } }
    var matrix = LinearSystem.gram(centred, weights: weights, size: size)
    for i in 0..<size { matrix[i * size + i] += alpha }
    guard let system = LinearSystem(matrix, size: size) else { return nil }
    let moments = LinearSystem.moments(centred, y.map { $0 - mean }, weights: weights, size: size)
    let coefficients = system.solution(of: moments)
    let intercept = mean - zip(coefficients, means).reduce(0) { $0 + $1.0 * $1.1 }
    var (residual, variance) = (0.0, 0.0)
    for (n, row) in rows.enumerated() {
      let fitted = intercept + zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 }
      residual += weights[n] * (y[n] - fitted) * (y[n] - fitted)
      variance += weights[n] * (y[n] - mean) * (y[n] - mean)
    }
    self.coefficients = coefficients
    self.intercept = intercept
    r2 = variance > 0 ? 1 - residual / variance : 1
  }
}
