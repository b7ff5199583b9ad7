/// A Gaussian process from covariates to one number: what is expected at covariates that nobody had, and how sure that is.
///
///     k(a, b) = s²·exp(−½·Σ_d (a_d − b_d)²/ℓ_d²) + Σ_d v_d·a_d·b_d,   y ~ N(m, K + σ²·1)
///
/// Covariates and values are standardized first. The hyperparameters s², ℓ, v and σ² are those of the largest marginal likelihood; they are
/// found by gradient ascent (L-BFGS) on their logarithms from several starts; all else is exact, by Cholesky's factor.
/// - Source: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, algorithm 2.1 and equation 5.9.
/// - Accuracy: predictions within 1e-8 of scikit-learn's `GaussianProcessRegressor` for the same hyperparameters.
/// - Complexity: O(n³) an evaluation, n subjects.
public struct GaussianProcess: Sendable {
  /// The hyperparameters, in units of standardized covariates and values.
  public struct Kernel: Sendable, Hashable {
    /// s², the variance of what bends.
    public var variance: Double
    /// ℓ, how far along each covariate that reaches.
    public var lengths: [Double]
    /// v, the variance of each covariate's slope.
    public var slopes: [Double]
    /// σ², the variance of what no covariate explains.
    public var noise: Double

    /// Hyperparameters.
    public init(variance: Double, lengths: [Double], slopes: [Double], noise: Double) {
      precondition(lengths.count == slopes.count, "a length and a slope a covariate")
      (self.variance, self.lengths, self.slopes, self.noise) = (variance, lengths, slopes, noise)
    }

    /// Their logarithms in one list: s², ℓ…, v…, σ².
    fileprivate var logarithms: [Double] { ([variance] + lengths + slopes + [noise]).map(logarithm) }

    fileprivate init(logarithms: [Double]) {
      let count = (logarithms.count - 2) / 2
      let values = logarithms.map(exponential)
      self.init(
        variance: values[0], lengths: Array(values[1...count]), slopes: Array(values[(count + 1)...(2 * count)]),
        noise: values[2 * count + 1])
    }

    /// k(a, b) without noise.
    public func covariance(_ a: [Double], _ b: [Double]) -> Double {
      var (distance, product) = (0.0, 0.0)
      for d in a.indices {
        let difference = (a[d] - b[d]) / lengths[d]
        distance += difference * difference
        product += slopes[d] * a[d] * b[d]
      }
      return variance * exponential(-0.5 * distance) + product
    }
  }

  /// The hyperparameters.
  public let kernel: Kernel
  /// The logarithm of the marginal likelihood of the standardized values.
  public let logLikelihood: Double
  private let inputs: [[Double]]
  private let inputScale: [(mean: Double, deviation: Double)]
  private let valueScale: (mean: Double, deviation: Double)
  private let factor: CholeskyFactor
  private let weights: [Double]
  private let values: [Double]

  /// A process of subjects' covariates, a list a subject, and their values.
  ///
  /// - Parameter kernel: the hyperparameters; nil: those of the largest marginal likelihood.
  /// - Returns: nil for fewer than three subjects, or values that do not vary.
  public init?(_ covariates: [[Double]], _ values: [Double], kernel: Kernel? = nil) {
    precondition(covariates.count == values.count, "a value a subject")
    guard values.count > 2, let width = covariates.first?.count, let own = Self.scale(values), own.deviation > 0 else {
      return nil
    }
    let scales = (0..<width).map { d in
      let scale = Self.scale(covariates.map { $0[d] }) ?? (0, 1)
      return (mean: scale.mean, deviation: scale.deviation > 0 ? scale.deviation : 1)
    }
    let x = covariates.map { row in zip(row, scales).map { ($0 - $1.mean) / $1.deviation } }
    let y = values.map { ($0 - own.mean) / own.deviation }
    guard let found = kernel ?? Self.likeliest(x, y), let state = State(x, y, found) else { return nil }
    (self.kernel, inputs, inputScale, valueScale) = (found, x, scales, own)
    (factor, weights, logLikelihood, self.values) = (state.factor, state.weights, state.logLikelihood, y)
  }

  /// Mean and population deviation, as scikit-learn's `StandardScaler`.
  private static func scale(_ values: [Double]) -> (mean: Double, deviation: Double)? {
    guard let mean = Sample(values).mean else { return nil }
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, square.squareRoot())
  }

  /// What is expected at covariates: the mean of the value and the deviation of that mean, without the noise of a single subject.
  public func predicted(at covariates: [Double]) -> (mean: Double, deviation: Double) {
    let x = zip(covariates, inputScale).map { ($0 - $1.mean) / $1.deviation }
    let cross = inputs.map { kernel.covariance($0, x) }
    let mean = zip(cross, weights).reduce(0) { $0 + $1.0 * $1.1 }
    let half = factor.halfSolution(of: cross)
    let variance = max(0, kernel.covariance(x, x) - half.reduce(0) { $0 + $1 * $1 })
    return (valueScale.mean + valueScale.deviation * mean, valueScale.deviation * variance.squareRoot())
  }

  /// What is expected of each subject from all others, with the hyperparameters as they are (Rasmussen & Williams 2006, equation 5.12).
  public var leftOut: [Double] {
    let inverse = factor.inverse
    return weights.indices.map { n in
      let own = values[n] - weights[n] / inverse[n, n]
      return valueScale.mean + valueScale.deviation * own
    }
  }

  /// The deviation of single subjects about what is expected of them.
  public var noise: Double { valueScale.deviation * kernel.noise.squareRoot() }

  // MARK: Hyperparameters

  private struct State {
    let factor: CholeskyFactor
    let weights: [Double]
    let logLikelihood: Double
    private let matrix: SymmetricMatrix

    init?(_ x: [[Double]], _ y: [Double], _ kernel: Kernel) {
      let n = y.count
      var matrix = SymmetricMatrix(size: n, values: Array(repeating: 0, count: n * n))
      for i in 0..<n {
        for j in 0...i {
          let value = kernel.covariance(x[i], x[j])
          (matrix[i, j], matrix[j, i]) = (value, value)
        }
        matrix[i, i] += kernel.noise
      }
      guard let factor = matrix.cholesky() else { return nil }
      self.matrix = matrix
      self.factor = factor
      weights = factor.solution(of: y)
      logLikelihood =
        -0.5 * zip(y, weights).reduce(0) { $0 + $1.0 * $1.1 } - 0.5 * factor.logDeterminant
        - 0.5 * Double(n) * logarithm(2 * .pi)
    }

    /// ∂ ln p(y)/∂ ln θ = ½·tr((α·αᵀ − K⁻¹)·∂K/∂ ln θ).
    func gradient(_ x: [[Double]], _ kernel: Kernel) -> [Double] {
      let (n, width) = (weights.count, kernel.lengths.count)
      let inverse = factor.inverse
      var gradient = [Double](repeating: 0, count: 2 * width + 2)
      for i in 0..<n {
        for j in 0..<n {
          let share = 0.5 * (weights[i] * weights[j] - inverse[i, j])
          var linear = 0.0
          for d in 0..<width { linear += kernel.slopes[d] * x[i][d] * x[j][d] }
          let bend = matrix[i, j] - linear - (i == j ? kernel.noise : 0)
          gradient[0] += share * bend
          for d in 0..<width {
            let difference = (x[i][d] - x[j][d]) / kernel.lengths[d]
            gradient[1 + d] += share * bend * difference * difference
            gradient[1 + width + d] += share * kernel.slopes[d] * x[i][d] * x[j][d]
          }
          if i == j { gradient[2 * width + 1] += share * kernel.noise }
        }
      }
      return gradient
    }
  }

  /// The hyperparameters of the largest marginal likelihood, each between 1e-5 and 1e5, as scikit-learn bounds them; but a length of less
  /// than a tenth of the covariate's deviation would call noise what bends.
  private static func likeliest(_ x: [[Double]], _ y: [Double]) -> Kernel? {
    let width = x[0].count
    let starts = [(0.5, 1.0, 0.5, 0.5), (0.1, 2.0, 0.5, 1.0), (1.0, 0.5, 0.05, 0.1)].map { start in
      Kernel(
        variance: start.0, lengths: Array(repeating: start.1, count: width),
        slopes: Array(repeating: start.2, count: width), noise: start.3)
    }
    var best: (kernel: Kernel, value: Double)?
    for start in starts {
      let bounds = start.logarithms.indices.map { place in
        logarithm((1...width).contains(place) ? 0.1 : 1e-5)...logarithm(1e5)
      }
      let found = Descent.lowest(from: start.logarithms, within: bounds) { place in
        let kernel = Kernel(logarithms: place)
        guard let state = State(x, y, kernel) else { return nil }
        return (-state.logLikelihood, state.gradient(x, kernel).map { -$0 })
      }
      if let found, -found.value > best?.value ?? -.infinity {
        best = (Kernel(logarithms: found.place), -found.value)
      }
    }
    return best?.kernel
  }
}

/// The lowest point of a smooth function, by L-BFGS with its places kept within bounds.
/// - Source: Nocedal & Wright 2006, Numerical Optimization, algorithm 7.4, with backtracking.
enum Descent {
  static func lowest(
    from start: [Double], within bounds: [ClosedRange<Double>], steps: Int = 200,
    _ function: ([Double]) -> (value: Double, gradient: [Double])?
  ) -> (place: [Double], value: Double)? {
    var place = start
    guard var now = function(place) else { return nil }
    var history: [(move: [Double], turn: [Double])] = []
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    for _ in 0..<steps {
      // Bounds that the way down leads across hold their coordinates.
      let held = place.indices.map { d in
        (place[d] <= bounds[d].lowerBound && now.gradient[d] > 0)
          || (place[d] >= bounds[d].upperBound && now.gradient[d] < 0)
      }
      var direction = zip(now.gradient, held).map { $1 ? 0 : -$0 }
      guard direction.contains(where: { abs($0) > 1e-7 }) else { break }
      var shares: [Double] = []
      for (move, turn) in history.reversed() {
        let share = dot(move, direction) / dot(move, turn)
        shares.append(share)
        for d in direction.indices { direction[d] -= share * turn[d] }
      }
      if let (move, turn) = history.last {
        let scale = dot(move, turn) / dot(turn, turn)
        direction = direction.map { $0 * scale }
      } else {
        let size = dot(direction, direction).squareRoot()
        direction = direction.map { $0 / max(1, size) }
      }
      for ((move, turn), share) in zip(history, shares.reversed()) {
        let other = dot(turn, direction) / dot(move, turn)
        for d in direction.indices { direction[d] += (share - other) * move[d] }
      }
      for d in direction.indices where held[d] { direction[d] = 0 }
      if dot(direction, now.gradient) >= 0 {
        history = []
        direction = zip(now.gradient, held).map { $1 ? 0 : -$0 }
      }
      var (part, found) = (1.0, false)
      while part > 1e-10 {
        let tried = place.indices.map { d in
          min(bounds[d].upperBound, max(bounds[d].lowerBound, place[d] + part * direction[d]))
        }
        let move = zip(tried, place).map { $0 - $1 }
        if let next = function(tried), next.value <= now.value + 1e-4 * dot(now.gradient, move),
          dot(move, move) > 0
        {
          let turn = zip(next.gradient, now.gradient).map { $0 - $1 }
          if dot(move, turn) > 1e-12 * dot(turn, turn) {
            history.append((move, turn))
            if history.count > 8 { history.removeFirst() }
          }
          found = now.value - next.value > 1e-11 * max(1, abs(now.value))
          (place, now) = (tried, next)
          break
        }
        part /= 2
      }
      if !found { break }
    }
    return (place, now.value)
  }
}
