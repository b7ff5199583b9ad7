/// The directions in which rows of numbers vary most.
///
/// Exact, by the eigenvectors of the rows' products: as scikit-learn's `PCA(svd_solver="full")`, with its sign: of each component the
/// largest entry is positive.
/// - Complexity: O(n²·width + n³) for n rows; rows may be as long as memory holds.
public struct PrincipalComponents: Sendable {
  /// Coordinates, a list a row: x less the mean, along each component.
  public let coordinates: [[Double]]
  /// The components, each of length 1, as long as a row.
  public let components: [[Double]]
  /// The variance along each, with n − 1.
  public let variances: [Double]
  /// What part of the whole variance each has.
  public let shares: [Double]

  /// The first components, fewer where the rows vary along fewer; nil where no row differs from another.
  public init?(of rows: SymmetricMatrix.Rows, count: Int) {
    guard rows.count > 1 else { return nil }
    let gram = SymmetricMatrix(gramOf: rows, centred: true)
    let whole = (0..<gram.size).reduce(0) { $0 + gram[$1, $1] }
    guard whole > 0, let (values, vectors) = gram.eigen() else { return nil }
    let kept = min(count, values.prefix { $0 > 1e-12 * values[0] }.count)
    var (coordinates, components) = ([[Double]](repeating: [], count: rows.count), [[Double]]())
    for place in 0..<kept {
      let size = values[place].squareRoot()
      var component = rows.sum(weighted: vectors[place], centred: true).map { $0 / size }
      let largest = component.indices.max { abs(component[$0]) < abs(component[$1]) } ?? 0
      let sign: Double = component[largest] < 0 ? -1 : 1
      component = component.map { $0 * sign }
      for row in 0..<rows.count { coordinates[row].append(vectors[place][row] * size * sign) }
      components.append(component)
    }
    (self.coordinates, self.components) = (coordinates, components)
    variances = values.prefix(kept).map { $0 / Double(rows.count - 1) }
    shares = values.prefix(kept).map { $0 / whole }
  }
}

/// How alike two sets of numbers about the same subjects are, whatever their axes.
public enum KernelAlignment {
  /// Linear centred kernel alignment, 0…1; nil where one does not vary.
  ///
  ///     CKA = ⟨HKH, HLH⟩ / (‖HKH‖·‖HLH‖),  K = X·Xᵀ, L = Y·Yᵀ, H = 1 − 1/n
  ///
  /// With few subjects and many numbers the value is near 1 whatever the numbers are.
  /// - Parameters: the products of the rows, X·Xᵀ and Y·Yᵀ, centred or not.
  /// - Source: Kornblith et al. 2019, arXiv:1905.00414, equations 3 to 5.
  public static func linear(_ a: SymmetricMatrix, _ b: SymmetricMatrix) -> Double? {
    precondition(a.size == b.size, "both are about the same subjects")
    let (x, y) = (a.centred.values, b.centred.values)
    func product(_ p: [Double], _ q: [Double]) -> Double { zip(p, q).reduce(0) { $0 + $1.0 * $1.1 } }
    let sizes = (product(x, x) * product(y, y)).squareRoot()
    return sizes > 0 ? product(x, y) / sizes : nil
  }

  /// The same without the bias that few subjects bring, about 0 for numbers that have nothing in common; may be negative.
  ///
  ///     HSIC₁ = ( Σ K̃L̃ᵀ + ΣK̃·ΣL̃/((n−1)(n−2)) − 2/(n−2)·Σ_i (K̃1)_i·(L̃1)_i ) / (n(n−3)),  K̃: K with 0 on its diagonal
  /// - Returns: nil for fewer than four subjects, or where one does not vary.
  /// - Source: Song et al. 2012, JMLR 13:1393, equation 5, as Nguyen, Raghu & Kornblith 2021, arXiv:2010.15327, use it.
  public static func unbiased(_ a: SymmetricMatrix, _ b: SymmetricMatrix) -> Double? {
    guard let own = hsic(a, a), let other = hsic(b, b), let both = hsic(a, b), own > 0, other > 0 else { return nil }
    return both / (own * other).squareRoot()
  }

  private static func hsic(_ a: SymmetricMatrix, _ b: SymmetricMatrix) -> Double? {
    precondition(a.size == b.size, "both are about the same subjects")
    let n = a.size
    guard n > 3 else { return nil }
    var (x, y) = (a.centred, b.centred)
    for place in 0..<n { (x[place, place], y[place, place]) = (0, 0) }
    let rows = (0..<n).map { row in
      ((0..<n).reduce(0) { $0 + x[row, $1] }, (0..<n).reduce(0) { $0 + y[row, $1] })
    }
    let trace = zip(x.values, y.values).reduce(0) { $0 + $1.0 * $1.1 }
    let sums = rows.reduce(0) { $0 + $1.0 } * rows.reduce(0) { $0 + $1.1 }
    let cross = rows.reduce(0) { $0 + $1.0 * $1.1 }
    let m = Double(n)
    return (trace + sums / ((m - 1) * (m - 2)) - 2 / (m - 2) * cross) / (m * (m - 3))
  }
}
