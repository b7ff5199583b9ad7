internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors

// Functions of single values, and softmax.
extension BoundsWalk {
  /// A function that grows with its argument, of each value.
  mutating func growing(_ operation: any Operator, _ cells: [Bounds.Cell]) -> [Bounds.Cell] {
    let name = "\(operation)"
    var images: [Interval: Interval] = [:]
    return cells.map { x in
      let image = images[x.interval] ?? Self.image(of: x.interval, under: operation)
      images[x.interval] = image
      return growing(operation, name, x, onto: image)
    }
  }

  private mutating func growing(
    _ operation: any Operator, _ name: String, _ x: Bounds.Cell, onto interval: Interval
  ) -> Bounds.Cell {
    if operation is Exp, let atom = x.form.atom, let value = logarithms[atom] { return value }
    if x.form.isConstant, interval.low == interval.high { return number(interval.low) }
    let cuts = operation is Clip || operation is Relu
    if cuts {
      // What is cut off is the difference, of which the bounds are known.
      let over = Interval(low: min(0, interval.high - x.interval.high), high: max(0, interval.low - x.interval.low))
      if over.isBounded, Interval(0).contains(over, tolerance: Bounds.guarding) { return x }
      if over.isBounded, x.interval.isBounded {
        let cut = function("cut " + name, x, over)
        return cell(x.form.adding(cut.form), interval)
      }
    }
    if operation is Sigmoid, let other = made[.function(name, x.form.scaled(by: -1))] {
      // σ(−x) = 1 − σ(x)
      return cell(LinearForm(constant: 1).adding(other.form, times: -1), interval)
    }
    let y = function(name, x, interval)
    if operation is Log, let atom = y.form.atom { logarithms[atom] = x }
    return y
  }

  /// The unknown that a function makes of a value: the same for the same value.
  mutating func function(_ name: String, _ x: Bounds.Cell, _ interval: Interval) -> Bounds.Cell {
    let key = Key.function(name, x.form)
    if let cell = made[key] { return cell }
    let cell = atom(interval)
    made[key] = cell
    return cell
  }

  static func magnitude(_ interval: Interval) -> Interval {
    let most = max(abs(interval.low), abs(interval.high))
    return interval.low <= 0 && interval.high >= 0
      ? Interval(low: 0, high: most) : Interval(low: min(abs(interval.low), abs(interval.high)), high: most)
  }

  /// Where a function's values lie; everywhere, where it does not grow.
  static func image(of interval: Interval, under operation: any Operator) -> Interval {
    let far: Float = 3e38
    func values(_ x: [Float]) -> [Double]? {
      (try? operation.forward([Tensor(x, shape: Shape([1, x.count]))]))?.ordered(.rowMajor).values.map(Double.init)
    }
    let ends = [interval.low, interval.high].map { max(-far, min(far, Float($0))) }
    guard let probes = values([0.25, 0.5, 1, 4]), zip(probes, probes.dropFirst()).allSatisfy({ $0 <= $1 }),
      interval.low >= 0
        || (values([-4, -1, -0.5, 0]).map { zip($0, $0.dropFirst()).allSatisfy { !($0 > $1) } } ?? false),
      let found = values(ends)
    else { return .all }
    let domain = operation is Sqrt ? 0 : -Double.infinity
    let low = found[0].isNaN ? domain : found[0] < -1e37 ? -.infinity : found[0]
    let high = found[1].isNaN || found[1] > 1e37 ? Double.infinity : found[1]
    return low <= high ? Interval(low: low, high: high) : .all
  }

  /// A softmax's parts: the last is what the others leave of 1.
  mutating func softmax(_ step: Softmax, _ cells: [Bounds.Cell], _ shape: Shape) -> [Bounds.Cell] {
    var found = cells
    for group in Self.groups(shape, along: step.axes(shape)) {
      var rest = LinearForm(constant: 1)
      for place in group.dropLast() {
        found[place] = atom(.unit)
        rest = rest.adding(found[place].form, times: -1)
      }
      if let last = group.last { found[last] = cell(rest, .unit) }
      guard step.logarithmic else { continue }
      for place in group {
        let logarithm = atom(Interval(low: -.infinity, high: 0))
        if let atom = logarithm.form.atom { logarithms[atom] = found[place] }
        found[place] = logarithm
      }
    }
    return found
  }

  /// The places of values that lie along axes, for each place on the other axes.
  static func groups(_ shape: Shape, along axes: [Int]) -> [[Int]] {
    let strides = shape.strides(in: .rowMajor)
    func places(_ axes: [Int]) -> [Int] {
      axes.reduce([0]) { places, axis in
        places.flatMap { place in (0..<shape[axis]).map { place + $0 * strides[axis] } }
      }
    }
    let inner = places(axes)
    return places((0..<shape.rank).filter { !axes.contains($0) }).map { first in inner.map { first + $0 } }
  }

  /// x to a constant power.
  mutating func power(_ step: ConstantPower, _ x: Bounds.Cell) -> Bounds.Cell {
    let exponent = Self.exponent(step)
    if exponent == 1 { return x }
    if exponent == -1 { return quotient(number(1), x) }
    if exponent == 2 { return product(x, x) }
    guard x.interval.low >= 0, exponent > 0 else { return function("^\(exponent)", x, .all) }
    return function("^\(exponent)", x, Self.image(of: x.interval, under: step))
  }

  private static func exponent(_ step: ConstantPower) -> Float {
    switch step.function.kind {
    case PK_SQUARE: 2
    case PK_SQRT: 0.5
    default: step.function.beta
    }
  }
}
