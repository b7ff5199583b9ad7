/// Two independent groups compared: Welch's t test, the interval of the difference, Cohen's d.
public struct TwoGroups: Sendable {
  /// The groups.
  public let a, b: Sample

  /// Two groups.
  public init(_ a: Sample, _ b: Sample) { (self.a, self.b) = (a, b) }

  /// mean(a) − mean(b); nil where one is empty.
  public var difference: Double? {
    guard let x = a.mean, let y = b.mean else { return nil }
    return x - y
  }

  /// mean(a) / mean(b) (Böhle and others 2019); nil where one is empty or b's is 0.
  public var gain: Double? {
    guard let x = a.mean, let y = b.mean, y != 0 else { return nil }
    return x / y
  }

  /// The difference in standard deviations, those of the two pooled: (n₁−1)s₁² + (n₂−1)s₂² over n₁ + n₂ − 2 (Cohen 1988).
  public var cohensD: Double? {
    guard let difference, let x = a.variance, let y = b.variance else { return nil }
    let pooled = (Double(a.count - 1) * x + Double(b.count - 1) * y) / Double(a.count + b.count - 2)
    return pooled > 0 ? difference / pooled.squareRoot() : nil
  }

  /// Welch's test, which does not take the variances for equal; nil where a group has fewer than two values, or none vary.
  ///
  /// Source: Welch 1947, Biometrika 34:28; degrees of freedom after Satterthwaite 1946.
  public var welch: (t: Double, degreesOfFreedom: Double, p: Double)? {
    guard let difference, let (error, degrees) = standardError, error > 0 else { return nil }
    let t = difference / error
    return StudentT.twoSided(t, degreesOfFreedom: degrees).map { (t, degrees, $0) }
  }

  /// The interval of the difference that holds 95 %, by Welch's standard error.
  public var interval: (low: Double, high: Double)? {
    guard let difference, let (error, degrees) = standardError,
      let width = StudentT.critical(0.05, degreesOfFreedom: degrees)
    else { return nil }
    return (difference - width * error, difference + width * error)
  }

  private var standardError: (error: Double, degreesOfFreedom: Double)? {
    guard let x = a.variance, let y = b.variance else { return nil }
    let (first, second) = (x / Double(a.count), y / Double(b.count))
    guard first + second > 0 else { return nil }
    let degrees =
      (first + second) * (first + second)
      / (first * first / Double(a.count - 1) + second * second / Double(b.count - 1))
    return ((first + second).squareRoot(), degrees)
  }
}

/// Two measurements of the same subjects compared, such as two visits.
public struct Pairs: Sendable {
  /// The differences, a pair each.
  public let differences: Sample

  /// Pairs by their differences.
  public init(_ differences: [Double]) { self.differences = Sample(differences) }

  /// The paired t test: the differences' mean against 0; nil where there are fewer than two, or none vary.
  public var test: (t: Double, degreesOfFreedom: Double, p: Double)? {
    guard let mean = differences.mean, let deviation = differences.standardDeviation, deviation > 0 else { return nil }
    let t = mean / (deviation / Double(differences.count).squareRoot())
    let degrees = Double(differences.count - 1)
    return StudentT.twoSided(t, degreesOfFreedom: degrees).map { (t, degrees, $0) }
  }

  /// The interval of the mean difference that holds 95 %.
  public var interval: (low: Double, high: Double)? {
    guard let mean = differences.mean, let deviation = differences.standardDeviation,
      let width = StudentT.critical(0.05, degreesOfFreedom: Double(differences.count - 1))
    else { return nil }
    let half = width * deviation / Double(differences.count).squareRoot()
    return (mean - half, mean + half)
  }

  /// The mean difference in standard deviations of the differences.
  public var effect: Double? {
    guard let mean = differences.mean, let deviation = differences.standardDeviation, deviation > 0 else { return nil }
    return mean / deviation
  }
}
