internal import PellucidFaults
internal import PellucidTensors

// Sums, products, quotients and extremes of two values.
extension BoundsWalk {
  /// A step of two operands, one of which may be a constant.
  mutating func combined(
    _ step: Binary, _ operands: [[Bounds.Cell]], _ shapes: [Shape], _ shape: Shape
  ) -> [Bounds.Cell]? {
    var sides: [[Bounds.Cell]] = []
    for (cells, own) in zip(operands, shapes) {
      guard let places = own.places(broadcastTo: shape) else { return nil }
      sides.append(places.map { cells[$0] })
    }
    if let constant = step.constant {
      guard let places = constant.tensor.shape.places(broadcastTo: shape) else { return nil }
      let values = constant.tensor.ordered(.rowMajor).values
      sides.insert(places.map { number(Double(values[$0])) }, at: constant.isLeft ? 0 : 1)
    }
    guard sides.count == 2 else { return nil }
    return zip(sides[0], sides[1]).map { a, b in
      switch step.combination {
      case .add: sum([a, b], [1, 1], constant: 0)
      case .subtract: sum([a, b], [1, -1], constant: 0)
      case .multiply: product(a, b)
      case .divide: quotient(a, b)
      case .maximum: extreme(a, b, isMaximum: true)
      default: extreme(a, b, isMaximum: false)
      }
    }
  }

  /// Matrix by matrix, both of which depend on the image.
  mutating func product(
    _ step: MatMul, _ operands: [[Bounds.Cell]], _ shapes: [Shape], _ shape: Shape
  ) -> [Bounds.Cell]? {
    let (a, b) = (shapes[0], shapes[1])
    let (rows, inner, columns) = (a[a.rank - 2], a[a.rank - 1], b[b.rank - 1])
    guard shape.count * inner <= 1 << 14, operands.count == 2 else { return nil }
    let lead = Shape(Array(shape.dimensions.dropLast(2)))
    guard let left = Shape(Array(a.dimensions.dropLast(2))).places(broadcastTo: lead),
      let right = Shape(Array(b.dimensions.dropLast(2))).places(broadcastTo: lead)
    else { return nil }
    var found: [Bounds.Cell] = []
    for matrix in 0..<lead.count {
      for row in 0..<rows {
        for column in 0..<columns {
          let parts = (0..<inner).map { k in
            product(
              operands[0][(left[matrix] * rows + row) * inner + k],
              operands[1][(right[matrix] * inner + k) * columns + column])
          }
          found.append(sum(parts, parts.map { _ in 1 }, constant: 0))
        }
      }
    }
    return found
  }

  /// The product of two values, multiplied out.
  mutating func product(_ a: Bounds.Cell, _ b: Bounds.Cell) -> Bounds.Cell {
    if b.form.isConstant { return sum([a], [b.form.constant], constant: 0) }
    if a.form.isConstant { return sum([b], [a.form.constant], constant: 0) }
    var interval = a.interval * b.interval
    if a.form == b.form { interval = interval.intersected(.notNegative) }
    guard a.form.terms.count * b.form.terms.count <= 256 else { return atom(interval) }
    var form = LinearForm(constant: a.form.constant * b.form.constant)
    form = form.adding(LinearForm(terms: a.form.terms), times: b.form.constant)
    form = form.adding(LinearForm(terms: b.form.terms), times: a.form.constant)
    for (x, first) in a.form.terms.sorted(by: { $0.key < $1.key }) {
      for (y, second) in b.form.terms.sorted(by: { $0.key < $1.key }) {
        form = form.adding(monomial(x, y).form, times: first * second)
      }
    }
    return cell(form, interval)
  }

  private mutating func monomial(_ x: Int, _ y: Int) -> Bounds.Cell {
    let key = Key.product(min(x, y), max(x, y))
    if let cell = made[key] { return cell }
    let interval = atoms[x] * atoms[y]
    let cell = atom(x == y ? interval.intersected(.notNegative) : interval)
    made[key] = cell
    return cell
  }

  /// A quotient; by what is not negative, it is a sum of each part over the divisor, of which those of the divisor itself add up to 1.
  mutating func quotient(_ a: Bounds.Cell, _ b: Bounds.Cell) -> Bounds.Cell {
    if b.form.isConstant { return b.form.constant == 0 ? atom(.all) : sum([a], [1 / b.form.constant], constant: 0) }
    guard b.interval.low >= -Bounds.guarding else { return atom(.all) }
    var divisor = b.form
    // A small number added guards against a division by 0.
    if abs(divisor.constant) <= Bounds.guarding { divisor.constant = 0 }
    let below = Interval(low: max(0, b.interval.low), high: b.interval.high)
    var interval = a.interval.divided(byPositive: below)
    if a.interval.low >= 0, divisor.adding(a.form, times: -1).range(atoms).low >= -Bounds.guarding {
      interval = interval.intersected(.unit)
    }
    var form = LinearForm()
    for (x, factor) in a.form.terms.sorted(by: { $0.key < $1.key }) {
      form = form.adding(part(x, over: divisor, below).form, times: factor)
    }
    if a.form.constant != 0 { form = form.adding(part(nil, over: divisor, below).form, times: a.form.constant) }
    return cell(form, interval)
  }

  /// An unknown, or 1, over a divisor.
  private mutating func part(_ atom: Int?, over divisor: LinearForm, _ below: Interval) -> Bounds.Cell {
    let key = Key.quotient(atom, divisor)
    if let cell = made[key] { return cell }
    let found: Bounds.Cell
    if let last = divisor.terms.keys.max(), atom == last, let factor = divisor.terms[last] {
      // (divisor)/divisor = 1: the last part is what the others leave.
      var rest = LinearForm(constant: 1)
      for (other, value) in divisor.terms.sorted(by: { $0.key < $1.key }) where other != last {
        rest = rest.adding(part(other, over: divisor, below).form, times: -value)
      }
      if divisor.constant != 0 { rest = rest.adding(part(nil, over: divisor, below).form, times: -divisor.constant) }
      found = cell(rest.scaled(by: 1 / factor))
    } else {
      let above = atom.map { atoms[$0] } ?? Interval(1)
      let share = atom.map { divisor.terms[$0] ?? 0 } ?? divisor.constant
      var interval = above.divided(byPositive: below)
      // x/(a·x + what is not negative) is no more than 1/a.
      let rest = divisor.adding(atom.map(LinearForm.init(atom:)) ?? LinearForm(constant: 1), times: -share)
      if share > 0, above.low >= 0, rest.range(atoms).low >= -Bounds.guarding {
        interval = interval.intersected(Interval(low: 0, high: 1 / share))
      }
      found = self.atom(interval)
    }
    made[key] = found
    return found
  }

  private mutating func extreme(_ a: Bounds.Cell, _ b: Bounds.Cell, isMaximum: Bool) -> Bounds.Cell {
    let (upper, lower) = isMaximum ? (a, b) : (b, a)
    if upper.interval.low >= lower.interval.high - Bounds.guarding { return a }
    if lower.interval.low >= upper.interval.high - Bounds.guarding { return b }
    let interval =
      isMaximum
      ? Interval(low: max(a.interval.low, b.interval.low), high: max(a.interval.high, b.interval.high))
      : Interval(low: min(a.interval.low, b.interval.low), high: min(a.interval.high, b.interval.high))
    let key = Key.extreme(isMaximum, a.form, b.form)
    if let cell = made[key] { return cell }
    let cell = atom(interval)
    made[key] = cell
    return cell
  }
}
