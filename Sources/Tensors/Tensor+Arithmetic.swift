internal import CPellucidKernels

/// Elementwise functions of two tensors; see the C header for what each computes.
public enum Combination: Sendable {
  /// a + b
  case add
  /// a − b
  case subtract
  /// a·b
  case multiply
  /// a / b
  case divide
  /// max(a, b)
  case maximum
  /// min(a, b)
  case minimum
  /// a where b > 0, else 0
  case gate
  /// max(a, 0) where b > 0, else 0
  case guidedGate
  /// a / (b ± ε), with b's sign, + at zero
  case stabilizedQuotient(epsilon: Float)
  /// a·factor + b
  case scaledSum(factor: Float)
  /// 1 where a ≥ b, else 0
  case notBelow
  /// a / b where |b| > threshold, else 0
  case quotientBeyond(threshold: Float)
  /// a where |b| ≤ threshold, else 0
  case within(threshold: Float)
  /// a to the power b
  case power
  /// max(a + b, 0)
  case rectifiedSum

  fileprivate var kernel: (pk_binary_function, Float) {
    switch self {
    case .add: (PK_ADD, 0)
    case .subtract: (PK_SUBTRACT, 0)
    case .multiply: (PK_MULTIPLY, 0)
    case .divide: (PK_DIVIDE, 0)
    case .maximum: (PK_MAXIMUM, 0)
    case .minimum: (PK_MINIMUM, 0)
    case .gate: (PK_GATE, 0)
    case .guidedGate: (PK_GUIDED_GATE, 0)
    case .stabilizedQuotient(let epsilon): (PK_STABLE_QUOTIENT, epsilon)
    case .scaledSum(let factor): (PK_SCALE_ADD, factor)
    case .notBelow: (PK_NOT_BELOW, 0)
    case .quotientBeyond(let threshold): (PK_QUOTIENT_BEYOND, threshold)
    case .within(let threshold): (PK_WITHIN, threshold)
    case .power: (PK_POWER, 0)
    case .rectifiedSum: (PK_ADD_RELU, 0)
    }
  }
}

extension Tensor {
  /// The function of each pair of values, with NumPy's broadcasting.
  ///
  /// In this tensor's memory order, or the other's where only that has the result's rank; where two of three axes (tokens) differ in it,
  /// row-major, as all that reads tokens wants it.
  /// - Precondition: the shapes can be broadcast together.
  public func combined(_ function: Combination, with other: Tensor) -> Tensor {
    guard let shape = Shape.broadcast(self.shape, other.shape) else {
      preconditionFailure("shapes \(self.shape) and \(other.shape) cannot be combined")
    }
    var order =
      self.shape.rank == shape.rank && (count == shape.count || other.shape.rank < shape.rank)
      ? self.order : other.order
    if shape.rank == 3, self.shape == other.shape, self.order != other.order { order = .rowMajor }
    // Where all is contiguous alike, one run; else strides by axis, axes in the result's memory order.
    var result: Tensor
    if shape == self.shape, order == self.order {
      result = self
      if other.shape == shape, other.order == order {
        result.combineInPlace(function, with: other)
        return result
      }
    }
    result = Tensor(unfilled: shape, order: order)
    let axes = order.axes(ofRank: shape.rank)
    let a = broadcastStrides(to: shape)
    let b = other.broadcastStrides(to: shape)
    let extents = axes.map { Int64(shape[$0]) }
    let (kernel, alpha) = function.kernel
    withValues { x in
      other.withValues { z in
        result.withMutableValues { y in
          unsafe pk_combine(
            kernel, alpha, Int32(axes.count), extents, x.start, axes.map { Int64(a[$0]) }, z.start,
            axes.map { Int64(b[$0]) },
            y.start)
        }
      }
    }
    return result
  }

  /// Replaces each value by the function of it and the other's; without a copy where nobody shares this tensor.
  /// - Precondition: equal shapes and orders.
  public mutating func combineInPlace(_ function: Combination, with other: Tensor) {
    precondition(shape == other.shape && order == other.order, "in-place arithmetic on unlike tensors")
    let (kernel, alpha) = function.kernel
    let extents = [Int64(count)]
    other.withValues { z in
      withMutableValues { y in
        unsafe pk_combine(kernel, alpha, 1, extents, y.start, [1], z.start, [1], y.start)
      }
    }
  }

  /// Adds one row to each row of the last axis, in place.
  /// - Precondition: the last axis varies fastest and has as many places.
  package mutating func addRow(_ row: [Float]) {
    precondition(shape.dimensions.last == row.count && order.axes(ofRank: shape.rank).last == shape.rank - 1)
    let extents = [Int64(count / row.count), Int64(row.count)]
    withMutableValues { y in
      unsafe pk_combine(PK_ADD, 0, 2, extents, y.start, [extents[1], 1], row, [0, 1], y.start)
    }
  }

  /// Each value times a factor.
  public func scaled(by factor: Float) -> Tensor {
    var copy = self
    copy.combineScalar(PK_MULTIPLY, factor)
    return copy
  }

  /// Each value bounded to [low, high].
  public func clamped(low: Float = -.infinity, high: Float = .infinity) -> Tensor {
    var result = Tensor(unfilled: shape, order: order)
    withValues { x in
      result.withMutableValues { y in unsafe pk_clamp(Int64(x.count), x.start, low, high, y.start) }
    }
    return result
  }

  /// Σ of all values, carried in double.
  public var sum: Double { withValues { unsafe pk_sum(Int64($0.count), $0.start) } }

  /// Smallest and largest value.
  public var range: ClosedRange<Float> {
    withValues { values in
      var (low, high): (Float, Float) = (0, 0)
      unsafe pk_extremes(Int64(values.count), values.start, &low, &high)
      return low <= high ? low...high : 0...0
    }
  }

  /// Whether no value is negative: then rules that treat signs apart have half the work.
  public var isNonNegative: Bool { range.lowerBound >= 0 }

  /// Index along every axis of the first value in memory that is NaN or infinite.
  public var firstNonFinite: [Int]? {
    let place = withValues { unsafe pk_first_non_finite(Int64($0.count), $0.start) }
    guard place >= 0 else { return nil }
    var rest = Int(place)
    var index = Array(repeating: 0, count: shape.rank)
    for axis in order.axes(ofRank: shape.rank).reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return index
  }

  private mutating func combineScalar(_ kernel: pk_binary_function, _ scalar: Float) {
    let extents = [Int64(count)]
    withMutableValues { y in unsafe pk_combine(kernel, 0, 1, extents, y.start, [1], [scalar], [0], y.start) }
  }

  /// Strides of this tensor's axes seen as a larger shape: 0 where it is repeated.
  private func broadcastStrides(to target: Shape) -> [Int] {
    let own = shape.strides(in: order)
    let missing = target.rank - shape.rank
    return (0..<target.rank).map { axis in
      axis < missing || shape[axis - missing] != target[axis] ? 0 : own[axis - missing]
    }
  }
}

extension Shape {
  /// NumPy's broadcast of two shapes; nil where they do not fit.
  public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    let rank = max(a.rank, b.rank)
    var out: [Int] = []
    for axis in 0..<rank {
      let x = axis < rank - a.rank ? 1 : a[axis - (rank - a.rank)]
      let y = axis < rank - b.rank ? 1 : b[axis - (rank - b.rank)]
      guard x == y || x == 1 || y == 1 else { return nil }
      out.append(x == 1 ? y : x)
    }
    return Shape(out)
  }
}
