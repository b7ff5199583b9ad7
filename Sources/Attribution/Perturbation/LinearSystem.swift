/// A symmetric, positive definite system of linear equations, solved by Cholesky's method.
package struct LinearSystem: Sendable {
  /// Lower triangle of L, row by row, with A = L·Lᵀ.
  private var lower: [Double]
  private let size: Int

  /// The system of a matrix, row by row; nil where it is not positive definite.
  package init?(_ matrix: [Double], size: Int) {
    precondition(matrix.count == size * size)
    self.size = size
    lower = matrix
    for i in 0..<size {
      for j in 0...i {
        var sum = matrix[i * size + j]
        for k in 0..<j { sum -= lower[i * size + k] * lower[j * size + k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          lower[i * size + i] = sum.squareRoot()
        } else {
          lower[i * size + j] = sum / lower[j * size + j]
        }
      }
    }
  }

  /// x with A·x = b.
  package func solution(of b: [Double]) -> [Double] {
    var x = b
    for i in 0..<size {
      for k in 0..<i { x[i] -= lower[i * size + k] * x[k] }
      x[i] /= lower[i * size + i]
    }
    for i in (0..<size).reversed() {
      for k in (i + 1)..<max(size, i + 1) { x[i] -= lower[k * size + i] * x[k] }
      x[i] /= lower[i * size + i]
    }
    return x
  }

  /// Σ_n w_n · x_n·x_nᵀ, row by row.
  static func gram(_ rows: [[Double]], weights: [Double], size: Int) -> [Double] {
    var matrix = [Double](repeating: 0, count: size * size)
    for (row, weight) in zip(rows, weights) {
      for i in 0..<size where row[i] != 0 {
        let factor = weight * row[i]
        for j in 0...i { matrix[i * size + j] += factor * row[j] }
      }
    }
    for i in 0..<size { for j in 0..<i { matrix[j * size + i] = matrix[i * size + j] } }
    return matrix
  }

  /// Σ_n w_n · y_n · x_n.
  static func moments(_ rows: [[Double]], _ y: [Double], weights: [Double], size: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: size)
    for (n, row) in rows.enumerated() { for i in 0..<size { sums[i] += weights[n] * y[n] * row[i] } }
    return sums
  }
}
