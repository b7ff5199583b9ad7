internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

// Arithmetic, comparisons and reductions of constants.
extension ConstantFolding {
  @Sendable static func choose(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 3 else { throw .malformed(c.node, "its operands do not fit") }
    let dims = try c.claimBroadcast(x)
    let parts = x.map { $0.broadcast(to: dims) }
    let condition = parts[0].asFloats
    if let a = parts[1].integers, let b = parts[2].integers {
      return [.integers(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }, dims)]
    }
    let (a, b) = (parts[1].asFloats, parts[2].asFloats)
    return [.floats(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }, dims)]
  }

  @Sendable static func arithmetic(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
    -> [OnnxTensor]?
  {
    // Max, Min and Sum take any number of operands.
    if ["Max", "Min", "Sum"].contains(c.node.operation), var result = x.first {
      for next in x.dropFirst() { result = try combined(c, result, next) }
      return [result]
    }
    guard x.count == 2 else { throw .malformed(c.node, "its operands do not fit") }
    return [try combined(c, x[0], x[1])]
  }

  private static func combined(
    _ c: OperatorContext, _ x: OnnxTensor, _ y: OnnxTensor
  ) throws(PellucidError) -> OnnxTensor {
    let dims = try c.claimBroadcast([x, y])
    let a = x.broadcast(to: dims)
    let b = y.broadcast(to: dims)
    let name = c.node.operation
    if let p = a.integers, let q = b.integers {
      if ["Div", "Mod"].contains(name), q.contains(0) { throw .malformed(c.node, "it divides by zero") }
      return .integers(zip(p, q).map { integer(name, $0, $1) }, dims)
    }
    let values = zip(a.asFloats, b.asFloats).map { float(name, $0, $1) }
    if ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor"].contains(name) {
      return .integers(values.map { Int64($0) }, dims)
    }
    return .floats(values, dims)
  }

  private static func integer(_ name: String, _ a: Int64, _ b: Int64) -> Int64 {
    switch name {
    case "Add", "Sum": a &+ b
    case "Sub": a &- b
    case "Mul": a &* b
    case "Div": a.dividedReportingOverflow(by: b).partialValue
    case "Mod": flooredRemainder(a, b)
    case "Max": max(a, b)
    case "Min": min(a, b)
    case "Pow": b < 0 ? 0 : (0..<min(b, 63)).reduce(1) { product, _ in product &* a }
    case "Equal": a == b ? 1 : 0
    case "Less": a < b ? 1 : 0
    case "Greater": a > b ? 1 : 0
    case "LessOrEqual": a <= b ? 1 : 0
    case "GreaterOrEqual": a >= b ? 1 : 0
    case "And": a != 0 && b != 0 ? 1 : 0
    case "Xor": (a != 0) != (b != 0) ? 1 : 0
    default: a != 0 || b != 0 ? 1 : 0
    }
  }

  /// a − ⌊a / b⌋·b, with b's sign.
  private static func flooredRemainder(_ a: Int64, _ b: Int64) -> Int64 {
    let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
  }

  private static func float(_ name: String, _ a: Float, _ b: Float) -> Float {
    switch name {
    case "Add", "Sum": a + b
    case "Sub": a - b
    case "Mul": a * b
    case "Div": a / b
    case "Mod": a - (a / b).rounded(.down) * b
    case "Max": max(a, b)
    case "Min": min(a, b)
    case "Pow": Float(pow(Double(a), Double(b)))
    case "Equal": a == b ? 1 : 0
    case "Less": a < b ? 1 : 0
    case "Greater": a > b ? 1 : 0
    case "LessOrEqual": a <= b ? 1 : 0
    case "GreaterOrEqual": a >= b ? 1 : 0
    case "And": a != 0 && b != 0 ? 1 : 0
    case "Xor": (a != 0) != (b != 0) ? 1 : 0
    default: a != 0 || b != 0 ? 1 : 0
    }
  }

  @Sendable static func unary(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let name = c.node.operation
    if let values = x[0].integers, ["Neg", "Abs", "Not", "Sign"].contains(name) {
      let made = values.map { v -> Int64 in
        switch name {
        case "Neg": 0 &- v
        case "Abs": v < 0 ? 0 &- v : v
        case "Sign": v.signum()
        default: v == 0 ? 1 : 0
        }
      }
      return [.integers(made, x[0].dimensions)]
    }
    if name == "IsNaN" { return [.integers(x[0].asFloats.map { $0.isNaN ? 1 : 0 }, x[0].dimensions)] }
    if name == "IsInf" {
      let signs = try (c.node.flag("detect_negative", default: true), c.node.flag("detect_positive", default: true))
      let found = x[0].asFloats.map { $0.isInfinite && ($0 < 0 ? signs.0 : signs.1) ? Int64(1) : 0 }
      return [.integers(found, x[0].dimensions)]
    }
    let values = x[0].asFloats.map { v -> Float in
      switch name {
      case "Neg": -v
      case "Abs": abs(v)
      case "Floor": v.rounded(.down)
      case "Ceil": v.rounded(.up)
      case "Sqrt": v.squareRoot()
      case "Reciprocal": 1 / v
      case "Sin": Float(sin(Double(v)))
      case "Cos": Float(cos(Double(v)))
      case "Round": v.rounded(.toNearestOrEven)
      case "Sign": v > 0 ? 1 : v < 0 ? -1 : v
      default: v == 0 ? 1 : 0
      }
    }
    return [.floats(values, x[0].dimensions)]
  }

  @Sendable static func reduce(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let values = x[0].integers else { return nil }
    let dims = x[0].dimensions
    let keeps = try c.node.flag("keepdims", default: true)
    let listed = try c.integers(input: 1, attribute: "axes") ?? []
    var axes: Set<Int> = []
    for axis in listed { axes.insert(try c.axis(axis, rank: dims.count)) }
    if listed.isEmpty, try !c.node.flag("noop_with_empty_axes", default: false) { axes = Set(dims.indices) }
    let kept = dims.indices.map { axes.contains($0) ? 1 : dims[$0] }
    let strides = Shape(dims).strides(in: .rowMajor)
    let out = Shape(kept).strides(in: .rowMajor)
    var result: [Int64?] = Array(repeating: nil, count: try c.claim(kept, from: x))
    var empty: Int64 = c.node.operation == "ReduceProd" ? 1 : 0
    if values.isEmpty, !result.isEmpty, ["ReduceMax", "ReduceMin"].contains(c.node.operation) {
      // The least of truths is false, the greatest true; of numbers there is none that every type has.
      guard x[0].elementType == .bool else {
        throw .malformed(c.node, "\(Shape(dims)) has no values to choose from")
      }
      empty = c.node.operation == "ReduceMin" ? 1 : 0
    }
    for (offset, value) in values.enumerated() {
      let place = dims.indices.reduce(0) { $0 + (axes.contains($1) ? 0 : offset / strides[$1] % dims[$1] * out[$1]) }
      guard let so_far = result[place] else {
        result[place] = value
        continue
      }
      switch c.node.operation {
      case "ReduceProd": result[place] = so_far &* value
      case "ReduceSum": result[place] = so_far &+ value
      case "ReduceMax": result[place] = max(so_far, value)
      default: result[place] = min(so_far, value)
      }
    }
    return [
      .integers(result.map { $0 ?? empty }, keeps ? kept : dims.indices.filter { !axes.contains($0) }.map { dims[$0] })
    ]
  }

  /// Sums along an axis as they grow.
  @Sendable static func runningSum(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let dims = x[0].dimensions
    guard x.count == 2, let wanted = x[1].integers?.first, !dims.isEmpty else {
      throw .malformed(c.node, "its axis is missing")
    }
    let axis = try c.axis(Int(wanted), rank: dims.count)
    let (isExclusive, isReversed) = try (
      c.node.flag("exclusive", default: false), c.node.flag("reverse", default: false)
    )
    let inner = dims[(axis + 1)...].reduce(1, *)
    func sums<Value>(_ values: [Value], _ zero: Value, _ add: (Value, Value) -> Value) -> [Value] {
      var values = values
      for start in values.indices where start / inner % dims[axis] == 0 {
        var sum = zero
        for step in 0..<dims[axis] {
          let place = start + (isReversed ? dims[axis] - 1 - step : step) * inner
          let value = values[place]
          values[place] = isExclusive ? sum : add(sum, value)
          sum = add(sum, value)
        }
      }
      return values
    }
    if let integers = x[0].integers {
      var overflows = false
      let made = sums(integers, 0) { (a: Int64, b: Int64) in
        let (sum, isTooLarge) = a.addingReportingOverflow(b)
        overflows = overflows || isTooLarge
        return sum
      }
      guard !overflows else { throw .malformed(c.node, "its sums are larger than 64 bits hold") }
      return [.integers(made, dims)]
    }
    return [.floats(sums(x[0].asFloats.map(Double.init), 0, +).map { Float($0) }, dims)]
  }
}
