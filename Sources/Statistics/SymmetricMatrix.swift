internal import CPellucidLinear

/// A symmetric matrix of numbers of double precision, and what linear algebra makes of it; Eigen does the arithmetic.
public struct SymmetricMatrix: Sendable {
  /// Rows, and columns.
  public let size: Int
  /// The values, row by row.
  public var values: [Double]

  /// A matrix of its values, row by row.
  /// - Precondition: there are `size`² of them.
  public init(size: Int, values: [Double]) {
    precondition(values.count == size * size, "a symmetric matrix is square")
    (self.size, self.values) = (size, values)
  }

  /// The products of every two of some rows of equal length, x_n·x_m, summed up in double.
  /// - Parameter centred: whether each column's mean is taken from it first.
  public init(gramOf rows: Rows, centred: Bool) {
    var gram = [Double](repeating: 0, count: rows.count * rows.count)
    if rows.count > 0, rows.width > 0 {
      let status = unsafe pl_gram(Int64(rows.count), Int64(rows.width), rows.values, centred ? 1 : 0, &gram)
      precondition(status == 0, "no memory for a product of rows")
    }
    self.init(size: rows.count, values: gram)
  }

  /// Rows of numbers, one a subject.
  public struct Rows: Sendable {
    /// How many.
    public let count: Int
    /// Numbers of each.
    public let width: Int
    /// All of them, row by row.
    public let values: [Float]

    /// Rows of their values, one after the other.
    /// - Precondition: there are `count` × `width` of them.
    public init(count: Int, width: Int, values: [Float]) {
      precondition(values.count == count * width, "rows are equally long")
      (self.count, self.width, self.values) = (count, width, values)
    }

    /// Rows of equal length.
    public init(_ rows: [[Float]]) {
      self.init(count: rows.count, width: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }

    /// The numbers of a row.
    public subscript(row: Int) -> ArraySlice<Float> { values[(row * width)..<((row + 1) * width)] }

    /// Some of the rows.
    public func picked(_ rows: [Int]) -> Rows {
      var picked: [Float] = []
      picked.reserveCapacity(rows.count * width)
      for row in rows { picked += self[row] }
      return Rows(count: rows.count, width: width, values: picked)
    }

    /// Σ_n w_n·x_n, of the rows less their mean where `centred`.
    public func sum(weighted weights: [Double], centred: Bool) -> [Double] {
      precondition(weights.count == count, "a weight a row")
      var sum = [Double](repeating: 0, count: width)
      guard count > 0, width > 0 else { return sum }
      let status = unsafe pl_combine(Int64(count), Int64(width), values, centred ? 1 : 0, weights, &sum)
      precondition(status == 0, "no memory for a sum of rows")
      return sum
    }
  }

  /// The element of a row and a column.
  public subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// The same for rows less their mean, from the products of the rows themselves: H·K·H with H = 1 − 1/n.
  public var centred: SymmetricMatrix {
    let n = Double(size)
    let means = (0..<size).map { row in values[(row * size)..<((row + 1) * size)].reduce(0, +) / n }
    let mean = means.reduce(0, +) / max(1, n)
    var copy = self
    for row in 0..<size { for column in 0..<size { copy[row, column] += mean - means[row] - means[column] } }
    return copy
  }

  /// Eigenvalues, descending, with their eigenvectors of length 1; nil where a value is not finite.
  public func eigen() -> (values: [Double], vectors: [[Double]])? {
    guard size > 0 else { return ([], []) }
    var (found, vectors) = ([Double](repeating: 0, count: size), [Double](repeating: 0, count: size * size))
    guard unsafe pl_eigen(Int64(size), values, &found, &vectors) == 0 else { return nil }
    return (found, (0..<size).map { Array(vectors[($0 * size)..<(($0 + 1) * size)]) })
  }

  /// L with L·Lᵀ the matrix; nil where it is not positive definite.
  public func cholesky() -> CholeskyFactor? {
    guard size > 0 else { return nil }
    var lower = [Double](repeating: 0, count: size * size)
    guard unsafe pl_cholesky(Int64(size), values, &lower) == 0 else { return nil }
    return CholeskyFactor(size: size, lower: lower)
  }
}

/// A positive definite matrix as L·Lᵀ, with which equations are solved.
public struct CholeskyFactor: Sendable {
  /// Rows, and columns.
  public let size: Int
  /// L, row by row; above the diagonal 0.
  public let lower: [Double]

  /// x with A·x = b.
  public func solution(of b: [Double]) -> [Double] { solved(b, half: false) }

  /// x with L·x = b, whose squares add up to bᵀ·A⁻¹·b.
  public func halfSolution(of b: [Double]) -> [Double] { solved(b, half: true) }

  /// L·x: numbers of this covariance from independent ones.
  public func applied(to x: [Double]) -> [Double] {
    (0..<size).map { row in (0...row).reduce(0) { $0 + lower[row * size + $1] * x[$1] } }
  }

  /// A⁻¹.
  public var inverse: SymmetricMatrix {
    var identity = [Double](repeating: 0, count: size * size)
    for n in 0..<size { identity[n * size + n] = 1 }
    let status = unsafe pl_solve(Int64(size), lower, 0, Int64(size), &identity)
    precondition(status == 0, "no memory for an inverse")
    return SymmetricMatrix(size: size, values: identity)
  }

  /// The logarithm of A's determinant.
  public var logDeterminant: Double { (0..<size).reduce(0) { $0 + 2 * logarithm(lower[$1 * size + $1]) } }

  private func solved(_ b: [Double], half: Bool) -> [Double] {
    precondition(b.count == size, "a value an equation")
    var x = b
    let status = unsafe pl_solve(Int64(size), lower, half ? 1 : 0, 1, &x)
    precondition(status == 0, "no memory for a solution")
    return x
  }
}
