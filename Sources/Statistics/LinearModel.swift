/// Least squares by an orthonormal basis of the design.
public struct LinearModel: Sendable {
  /// The design: a list of columns, each a value a subject.
  public let columns: [[Double]]
  /// Subjects.
  public let count: Int
  /// n − rank.
  public var degreesOfFreedom: Int { count - columns.count }
  /// Orthonormal columns that span the design, and the design in them: upper triangular.
  let basis: [[Double]]
  private let triangle: [[Double]]

  /// A model; nil where the columns depend on one another, or there are as many as subjects.
  /// - Precondition: all columns are equally long.
  public init?(_ columns: [[Double]]) {
    guard let first = columns.first, columns.count < first.count else { return nil }
    precondition(columns.allSatisfy { $0.count == first.count }, "a value a subject")
    self.columns = columns
    count = first.count
    // Gram–Schmidt done twice keeps the columns orthogonal to working precision (Giraud and others 2005, Numer. Math. 101:87).
    var basis: [[Double]] = []
    var triangle: [[Double]] = []
    for column in columns {
      var rest = column
      var parts = [Double](repeating: 0, count: basis.count)
      let size = Self.dot(column, column).squareRoot()
      for _ in 0..<2 {
        for (place, direction) in basis.enumerated() {
          let part = Self.dot(direction, rest)
          parts[place] += part
          for n in rest.indices { rest[n] -= part * direction[n] }
        }
      }
      let left = Self.dot(rest, rest).squareRoot()
      guard left > 1e-10 * size, left > 0 else { return nil }
      basis.append(rest.map { $0 / left })
      triangle.append(parts + [left])
    }
    (self.basis, self.triangle) = (basis, triangle)
  }

  /// The first column that is a combination of those before it; nil: there is none.
  public static func dependentColumn(_ columns: [[Double]]) -> Int? {
    for count in columns.indices where LinearModel(Array(columns[...count])) == nil { return count }
    return nil
  }

  /// What of the values the design explains.
  public func fitted(_ values: [Double]) -> [Double] {
    var fitted = [Double](repeating: 0, count: count)
    for direction in basis {
      let part = Self.dot(direction, values)
      for n in fitted.indices { fitted[n] += part * direction[n] }
    }
    return fitted
  }

  /// What it does not explain.
  public func residuals(_ values: [Double]) -> [Double] {
    var rest = values
    for direction in basis {
      let part = Self.dot(direction, rest)
      for n in rest.indices { rest[n] -= part * direction[n] }
    }
    return rest
  }

  /// The coefficients, a column each.
  public func coefficients(_ values: [Double]) -> [Double] {
    var right = basis.map { Self.dot($0, values) }
    for place in right.indices.reversed() {
      right[place] /= triangle[place][place]
      for before in 0..<place { right[before] -= triangle[place][before] * right[place] }
    }
    return right
  }

  /// The t of the last column's coefficient; nil where nothing is left over.
  ///
  /// With orthonormal columns it is q·y / s: the last one is what the others do not explain of that column.
  public func lastT(_ values: [Double]) -> Double? {
    guard let last = basis.last else { return nil }
    let rest = residuals(values)
    let variance = Self.dot(rest, rest) / Double(degreesOfFreedom)
    guard variance > 1e-28 * Self.dot(values, values) else { return nil }
    return Self.dot(last, values) / variance.squareRoot()
  }

  /// The last column's coefficient with its standard error.
  public func lastCoefficient(_ values: [Double]) -> (value: Double, error: Double)? {
    guard let last = basis.last, let size = triangle.last?.last else { return nil }
    let rest = residuals(values)
    let variance = Self.dot(rest, rest) / Double(degreesOfFreedom)
    return (Self.dot(last, values) / size, variance.squareRoot() / abs(size))
  }

  static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for n in a.indices { sum += a[n] * b[n] }
    return sum
  }
}
