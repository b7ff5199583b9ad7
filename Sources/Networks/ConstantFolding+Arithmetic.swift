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
      return .integers(each(p, q, integerFunction(name)), dims)
    }
    if let holds = comparison(name) {
      return .integers(zip(a.asFloats, b.asFloats).map { holds($0, $1) ? 1 : 0 }, dims)
    }
    return .floats(each(a.asFloats, b.asFloats, floatFunction(name)), dims)
  }

  private static func each<Value>(_ a: [Value], _ b: [Value], _ function: (Value, Value) -> Value) -> [Value] {
    zip(a, b).map { function($0, $1) }
  }

  // Functions are looked up once for all values of a tensor: masks have millions.

  private static func integerFunction(_ name: String) -> (Int64, Int64) -> Int64 {
    switch name {
    case "Add", "Sum": { $0 &+ $1 }
    case "Sub": { $0 &- $1 }
    case "Mul": { $0 &* $1 }
    case "Div": { $0.dividedReportingOverflow(by: $1).partialValue }
    case "Mod": flooredRemainder
    case "Max": { max($0, $1) }
    case "Min": { min($0, $1) }
    case "Pow": { a, b in b < 0 ? 0 : (0..<min(b, 63)).reduce(1) { product, _ in product &* a } }
    case "Equal": { $0 == $1 ? 1 : 0 }
    case "Less": { $0 < $1 ? 1 : 0 }
    case "Greater": { $0 > $1 ? 1 : 0 }
    case "LessOrEqual": { $0 <= $1 ? 1 : 0 }
    case "GreaterOrEqual": { $0 >= $1 ? 1 : 0 }
    case "And": { $0 != 0 && $1 != 0 ? 1 : 0 }
    case "Xor": { ($0 != 0) != ($1 != 0) ? 1 : 0 }
    default: { $0 != 0 || $1 != 0 ? 1 : 0 }
    }
  }

  /// a − ⌊a / b⌋·b, with b's sign.
  private static func flooredRemainder(_ a: Int64, _ b: Int64) -> Int64 {
    let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
  }

  /// Whether something holds of two floats; nil where the name is arithmetic's.
  private static func comparison(_ name: String) -> ((Float, Float) -> Bool)? {
    switch name {
    case "Equal": { $0 == $1 }
    case "Less": { $0 < $1 }
    case "Greater": { $0 > $1 }
    case "LessOrEqual": { $0 <= $1 }
    case "GreaterOrEqual": { $0 >= $1 }
    case "And": { $0 != 0 && $1 != 0 }
    case "Or": { $0 != 0 || $1 != 0 }
    case "Xor": { ($0 != 0) != ($1 != 0) }
    default: nil
    }
  }

  private static func floatFunction(_ name: String) -> (Float, Float) -> Float {
    switch name {
    case "Add", "Sum": { $0 + $1 }
    case "Sub": { $0 - $1 }
    case "Mul": { $0 * $1 }
    case "Div": { $0 / $1 }
    case "Mod": { a, b in a - (a / b).rounded(.down) * b }
    case "Max": { max($0, $1) }
    case "Min": { min($0, $1) }
    default: { Float(pow(Double($0), Double($1))) }
    }
  }

  @Sendable static func unary(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let name = c.node.operation
    if let values = x[0].integers, ["Neg", "Abs", "Not", "Sign"].contains(name) {
      let function: (Int64) -> Int64 =
        switch name {
        case "Neg": { 0 &- $0 }
        case "Abs": { $0 < 0 ? 0 &- $0 : $0 }
        case "Sign": { $0.signum() }
        default: { $0 == 0 ? 1 : 0 }
        }
      return [.integers(values.map(function), x[0].dimensions)]
    }
    if name == "IsNaN" { return [.integers(x[0].asFloats.map { $0.isNaN ? 1 : 0 }, x[0].dimensions)] }
    if name == "IsInf" {
      let signs = try (c.node.flag("detect_negative", default: true), c.node.flag("detect_positive", default: true))
      let found = x[0].asFloats.map { $0.isInfinite && ($0 < 0 ? signs.0 : signs.1) ? Int64(1) : 0 }
      return [.integers(found, x[0].dimensions)]
    }
    let function: (Float) -> Float =
      switch name {
      case "Neg": { -$0 }
      case "Abs": { abs($0) }
      case "Floor": { $0.rounded(.down) }
      case "Ceil": { $0.rounded(.up) }
      case "Sqrt": { $0.squareRoot() }
      case "Reciprocal": { 1 / $0 }
      case "Sin": { Float(sin(Double($0))) }
      case "Cos": { Float(cos(Double($0))) }
      case "Round": { $0.rounded(.toNearestOrEven) }
      case "Sign": { v in v > 0 ? 1 : v < 0 ? -1 : v }
      default: { $0 == 0 ? 1 : 0 }
      }
    return [.floats(x[0].asFloats.map(function), x[0].dimensions)]
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
    let join: (Int64, Int64) -> Int64 =
      switch c.node.operation {
      case "ReduceProd": { $0 &* $1 }
      case "ReduceSum": { $0 &+ $1 }
      case "ReduceMax": { max($0, $1) }
      default: { min($0, $1) }
      }
    for (offset, value) in values.enumerated() {
      let place = dims.indices.reduce(0) { $0 + (axes.contains($1) ? 0 : offset / strides[$1] % dims[$1] * out[$1]) }
      guard let so_far = result[place] else {
        result[place] = value
        continue
      }
      result[place] = join(so_far, value)
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
