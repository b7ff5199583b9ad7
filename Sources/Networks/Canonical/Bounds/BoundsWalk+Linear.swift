internal import PellucidFaults
internal import PellucidTensors

// Steps that move values, and sums with constant factors. The operators themselves are asked what they do.
extension BoundsWalk {
  /// Values moved, with constants among them: two runs on the values' places tell which is which.
  func moved(_ operation: any Operator, _ operands: [[Bounds.Cell]], _ shapes: [Shape]) -> [Bounds.Cell]? {
    let all = operands.flatMap { $0 }
    func run(_ first: Int) -> [Float]? {
      var next = first
      let places = shapes.map { shape in
        defer { next += shape.count }
        return Tensor((next..<(next + shape.count)).map(Float.init), shape: shape)
      }
      return try? operation.forward(places).ordered(.rowMajor).values
    }
    let (low, high) = (1 << 21, 1 << 22)
    guard let once = run(low), let again = run(high), once.count == again.count else { return nil }
    return zip(once, again).map { first, second in
      guard second - first == Float(high - low), all.indices.contains(Int(first) - low) else {
        return number(Double(first))
      }
      return all[Int(first) - low]
    }
  }

  /// Sums with constant factors: the gradient of each output is its factors, and what 0 gives its constant.
  func linear(_ operation: any Operator, _ operands: [[Bounds.Cell]], _ shapes: [Shape]) -> [Bounds.Cell]? {
    guard let shape = try? operation.shape(of: shapes), shape.count <= Bounds.mostCells,
      shape.count * shapes.reduce(0, { $0 + $1.count }) <= 1 << 18,
      let constants = try? operation.forward(shapes.map { Tensor(repeating: 0, shape: $0) }).ordered(.rowMajor).values
    else { return nil }
    let all = operands.flatMap { $0 }
    let saved = Saved(inputs: shapes.map { _ in nil }, inputShapes: shapes, output: nil)
    var found: [Bounds.Cell] = []
    for place in 0..<shape.count {
      var upstream = Array(repeating: Float(0), count: shape.count)
      upstream[place] = 1
      guard let gradients = try? operation.gradient(Tensor(upstream, shape: shape), saved: saved) else { return nil }
      let factors = gradients.flatMap { $0.ordered(.rowMajor).values }
      guard factors.count == all.count else { return nil }
      found.append(sum(all, factors.map(Double.init), constant: Double(constants[place])))
    }
    return found
  }

  /// c + Σ aᵢ·xᵢ.
  func sum(_ cells: [Bounds.Cell], _ factors: [Double], constant: Double) -> Bounds.Cell {
    var form = LinearForm(constant: constant)
    var interval = Interval(constant)
    for (cell, factor) in zip(cells, factors) where factor != 0 {
      form = form.adding(cell.form, times: factor)
      interval = interval + cell.interval.scaled(by: factor)
    }
    return cell(form, interval)
  }
}
