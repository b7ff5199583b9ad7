package import Faults
package import OnnxFormat
internal import Tensors

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The arithmetic on constants that exporters leave in a graph: shapes, index lists, masks.
///
/// Computed once at load.
package enum ConstantFolding {
  private typealias Rule = @Sendable (OperatorContext, [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?

  /// Whether an operator can be computed on constants.
  package static func knows(_ operation: String) -> Bool {
    operation == "Shape" || operation == "Size" || rules[operation] != nil
  }

  /// The outputs of a node whose inputs are all constant; nil where no rule fits, as for the engine's own operators on floats.
  package static func fold(_ context: OperatorContext, _ inputs: [OnnxTensor?]) throws(PellucidError) -> [OnnxTensor]? {
    guard let rule = rules[context.node.operation] else {
      if ["Shape", "Size"].contains(context.node.operation), let first = inputs.first ?? nil {
        return [try shape(first.dimensions, for: context.node)]
      }
      return nil
    }
    if context.node.operation != "Constant", inputs.first.flatMap({ $0 }) == nil {
      throw .malformed(context.node, "its first input is missing")
    }
    return try rule(context, inputs.compactMap { $0 })
  }

  /// What Shape or Size says of a tensor of these extents.
  static func shape(_ dimensions: [Int], for node: OnnxNode) throws(PellucidError) -> OnnxTensor {
    if node.operation == "Size" { return .integers([Int64(dimensions.reduce(1, *))], []) }
    let rank = dimensions.count
    let clamp = { (index: Int) in min(max(index < 0 ? index + rank : index, 0), rank) }
    let start = clamp(try node.int("start", default: 0))
    let end = clamp(try node.int("end", default: rank))
    let part = start < end ? dimensions[start..<end].map(Int64.init) : []
    return .integers(part, [part.count])
  }

  /// Extents of a Split's parts.
  static func splitSizes(_ context: OperatorContext, extent: Int) throws(PellucidError) -> [Int] {
    if let sizes = try context.integers(input: 1, attribute: "split") {
      guard sizes.allSatisfy({ (0...extent).contains($0) }), sizes.reduce(0, +) == extent,
        sizes.count == context.node.outputs.count
      else {
        throw .malformed(context.node, "parts \(sizes) of an axis of \(extent)")
      }
      return sizes
    }
    let parts = try context.node.int("num_outputs", default: context.node.outputs.count)
    guard parts > 0, parts == context.node.outputs.count else { throw .malformed(context.node, "\(parts) parts") }
    let size = (extent + parts - 1) / parts
    return (0..<parts).map { min(size, max(0, extent - $0 * size)) }
  }

  private static let rules: [String: Rule] = [
    "Constant": constant, "ConstantOfShape": filled, "Cast": cast, "CastLike": castLike,
    "Identity": { (_, x) throws(PellucidError) in [x[0]] }, "Dropout": { (_, x) throws(PellucidError) in [x[0]] },
    "Range": range, "Gather": gather, "Concat": concat, "Slice": slice,
    "Split": split, "Reshape": reshaped, "Squeeze": reshaped, "Unsqueeze": reshaped, "Flatten": reshaped,
    "Transpose": transpose,
    "Expand": expand, "Tile": tile, "Where": choose, "NonZero": nonZero, "Trilu": triangle,
    "Add": arithmetic, "Sub": arithmetic, "Mul": arithmetic, "Div": arithmetic, "Mod": arithmetic, "Max": arithmetic,
    "Min": arithmetic, "Sum": arithmetic, "Pow": arithmetic, "Equal": arithmetic, "Less": arithmetic,
    "Greater": arithmetic,
    "LessOrEqual": arithmetic, "GreaterOrEqual": arithmetic, "And": arithmetic, "Or": arithmetic,
    "Neg": unary, "Abs": unary, "Floor": unary, "Ceil": unary, "Not": unary, "Sqrt": unary, "Reciprocal": unary,
    "ReduceProd": reduce, "ReduceSum": reduce, "ReduceMax": reduce, "ReduceMin": reduce,
  ]

  // MARK: constants

  @Sendable private static func constant(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?
  {
    let node = c.node
    if let tensor = try node.tensor("value") { return [tensor] }
    if let value = try node.float("value_float") { return [.floats([value], [])] }
    if let list = try node.floats("value_floats") { return [.floats(list, [list.count])] }
    if let value = try node.int("value_int") { return [.integers([Int64(value)], [])] }
    if let list = try node.ints("value_ints") { return [.integers(list.map(Int64.init), [list.count])] }
    throw .malformed(node, "a constant without a value")
  }

  @Sendable private static func filled(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let shape = try extents(x[0], c)
    let count = shape.reduce(1, *)
    guard let value = try c.node.tensor("value") else { return [.floats(Array(repeating: 0, count: count), shape)] }
    if let floats = value.floats, let first = floats.first {
      return [.floats(Array(repeating: first, count: count), shape)]
    }
    return [.integers(Array(repeating: value.integers?.first ?? 0, count: count), shape)]
  }

  @Sendable private static func cast(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let type = OnnxElementType(rawValue: try c.node.int("to", default: 1)) else {
      throw .malformed(c.node, "an unknown type")
    }
    if type.isFloat { return [.floats(x[0].asFloats, x[0].dimensions)] }
    guard type.isInteger else { throw .form(c.node, "it makes \(type)", wanted: "numbers") }
    if let integers = x[0].integers {
      return [.integers(type == .bool ? integers.map { $0 == 0 ? 0 : 1 } : integers, x[0].dimensions)]
    }
    let values = x[0].asFloats.map { v in
      type == .bool ? (v == 0 ? 0 : 1) : v.isFinite && abs(v) < 9e18 ? Int64(v) : v > 0 ? .max : .min
    }
    return [.integers(values, x[0].dimensions)]
  }

  @Sendable private static func castLike(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?
  {
    guard x.count == 2 else { throw .malformed(c.node, "the tensor to be like is missing") }
    var node = c.node
    node.attributes["to"] = .int(x[1].elementType.rawValue)
    return try cast(OperatorContext(node: node, opset: c.opset, operands: c.operands), x)
  }

  @Sendable private static func range(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 3 else { throw .malformed(c.node, "start, limit or step is missing") }
    if let a = x[0].integers?.first, let b = x[1].integers?.first, let step = x[2].integers?.first {
      guard step != 0, max(a.magnitude, b.magnitude, step.magnitude) < 1 << 61, abs((b - a) / step) < 1 << 24 else {
        throw .malformed(c.node, "from \(a) to \(b) by \(step)")
      }
      let values = Array(stride(from: a, to: b, by: Int64.Stride(step)))
      return [.integers(values, [values.count])]
    }
    guard let a = x[0].asFloats.first, let b = x[1].asFloats.first, let step = x[2].asFloats.first, step != 0,
      ((b - a) / step).isFinite, (b - a) / step < 1e7
    else { throw .malformed(c.node, "start, limit and step make no range") }
    let count = max(0, Int(((b - a) / step).rounded(.up)))
    return [.floats((0..<count).map { a + Float($0) * step }, [count])]
  }

  // MARK: indexing

  @Sendable private static func gather(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2, let indices = x[1].integers else { throw .malformed(c.node, "its indices are not integers") }
    let axis = try c.axis(c.node.int("axis", default: 0), rank: x[0].dimensions.count)
    let dims = x[0].dimensions
    guard !dims.isEmpty else { throw .malformed(c.node, "a scalar has no entries") }
    let inner = dims[(axis + 1)...].reduce(1, *)
    let outer = dims[..<axis].reduce(1, *)
    var places: [Int] = []
    for o in 0..<outer {
      for index in indices {
        let at = index < 0 ? Int(index) + dims[axis] : Int(index)
        guard (0..<dims[axis]).contains(at) else { throw .malformed(c.node, "index \(index) of \(dims[axis])") }
        for i in 0..<inner { places.append((o * dims[axis] + at) * inner + i) }
      }
    }
    return [x[0].picked(places, Array(dims[..<axis]) + x[1].dimensions + Array(dims[(axis + 1)...]))]
  }

  @Sendable private static func concat(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let first = x.first else { throw .malformed(c.node, "nothing to join") }
    let axis = try c.axis(c.node.int("axis", default: 0), rank: first.dimensions.count)
    var dims = first.dimensions
    guard
      x.allSatisfy({ t in
        t.dimensions.count == dims.count && dims.indices.allSatisfy { $0 == axis || t.dimensions[$0] == dims[$0] }
      })
    else { throw .malformed(c.node, "its parts differ off axis \(axis)") }
    dims[axis] = x.reduce(0) { $0 + $1.dimensions[axis] }
    let outer = dims[..<axis].reduce(1, *)
    let allIntegers = x.allSatisfy { $0.integers != nil }
    var floats: [Float] = []
    var integers: [Int64] = []
    for o in 0..<outer {
      for tensor in x {
        let run = tensor.count / max(1, outer)
        if allIntegers {
          integers += tensor.integers.map { $0[(o * run)..<((o + 1) * run)] } ?? []
        } else {
          floats += tensor.asFloats[(o * run)..<((o + 1) * run)]
        }
      }
    }
    return [allIntegers ? .integers(integers, dims) : .floats(floats, dims)]
  }

  @Sendable private static func slice(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let dims = x[0].dimensions
    guard let starts = try c.integers(input: 1, attribute: "starts"),
      let ends = try c.integers(input: 2, attribute: "ends"),
      starts.count == ends.count
    else { throw .malformed(c.node, "starts or ends are missing") }
    let axes = try c.integers(input: 3, attribute: "axes") ?? Array(starts.indices)
    let steps = try c.integers(input: 4, attribute: "steps") ?? Array(repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count else {
      throw .malformed(c.node, "lists of unequal length")
    }
    var lists = dims.map { Array(0..<$0) }
    for (index, wanted) in axes.enumerated() {
      let axis = try c.axis(wanted, rank: dims.count)
      let cut = Slice.Cut(axis: axis, from: starts[index], to: ends[index], step: steps[index], extent: dims[axis])
      lists[axis] = cut.map { cut in (0..<cut.count).map { cut.start + $0 * cut.step } } ?? []
    }
    return [x[0].picked(along: lists)]
  }

  @Sendable private static func split(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let axis = try c.axis(c.node.int("axis", default: 0), rank: x[0].dimensions.count)
    var start = 0
    var parts: [OnnxTensor] = []
    for size in try splitSizes(c, extent: x[0].dimensions[axis]) {
      var lists = x[0].dimensions.map { Array(0..<$0) }
      lists[axis] = Array(start..<(start + size))
      parts.append(x[0].picked(along: lists))
      start += size
    }
    return parts
  }

  @Sendable private static func reshaped(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?
  {
    var loose = c.operands
    loose[0] = .dynamic(Shape(x[0].dimensions))
    let shape = try Reshape(OperatorContext(node: c.node, opset: c.opset, operands: loose)).shape(of: [
      Shape(x[0].dimensions)
    ])
    var copy = x[0]
    copy.dimensions = shape.dimensions
    return [copy]
  }

  @Sendable private static func transpose(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
    -> [OnnxTensor]?
  {
    let dims = x[0].dimensions
    let perm = try c.node.ints("perm") ?? Array(dims.indices.reversed())
    guard perm.sorted() == Array(dims.indices) else { throw .malformed(c.node, "perm \(perm)") }
    let strides = Shape(dims).strides(in: .rowMajor)
    return [x[0].picked(strides: perm.map { strides[$0] }, perm.map { dims[$0] })]
  }

  @Sendable private static func expand(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2 else { throw .malformed(c.node, "its shape is missing") }
    guard let target = Shape.broadcast(Shape(x[0].dimensions), Shape(try extents(x[1], c))), target.isManageable,
      target.count < mostConstants
    else {
      throw .malformed(c.node, "\(Shape(x[0].dimensions)) cannot be expanded to \(x[1].integers ?? [])")
    }
    return [x[0].broadcast(to: target.dimensions)]
  }

  @Sendable private static func tile(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2 else { throw .malformed(c.node, "its repeats are missing") }
    let repeats = try extents(x[1], c)
    guard repeats.count == x[0].dimensions.count, repeats.reduce(1, *) * x[0].count < mostConstants else {
      throw .malformed(c.node, "repeats \(repeats)")
    }
    let lists = zip(x[0].dimensions, repeats).map { extent, times in (0..<(extent * times)).map { $0 % extent } }
    return [x[0].picked(along: lists)]
  }

  @Sendable private static func nonZero(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?
  {
    let dims = x[0].dimensions
    let strides = Shape(dims).strides(in: .rowMajor)
    let places = x[0].asFloats.enumerated().filter { $0.element != 0 }.map(\.offset)
    let rows = dims.indices.flatMap { axis in places.map { Int64($0 / strides[axis] % dims[axis]) } }
    return [.integers(rows, [dims.count, places.count])]
  }

  @Sendable private static func triangle(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
    -> [OnnxTensor]?
  {
    let dims = x[0].dimensions
    guard dims.count >= 2 else { throw .malformed(c.node, "a triangle of a tensor with \(dims.count) axes") }
    let diagonal = x.count > 1 ? x[1].integers?.first ?? 0 : 0
    let isUpper = try c.node.flag("upper", default: true)
    let (rows, columns) = (dims[dims.count - 2], dims[dims.count - 1])
    let isKept = { (place: Int) in
      let beyond = Int64(place % columns - place / columns % rows)
      return isUpper ? beyond >= diagonal : beyond <= diagonal
    }
    if let integers = x[0].integers {
      return [.integers(integers.indices.map { isKept($0) ? integers[$0] : 0 }, dims)]
    }
    let values = x[0].asFloats
    return [.floats(values.indices.map { isKept($0) ? values[$0] : 0 }, dims)]
  }

  // MARK: arithmetic

  @Sendable private static func choose(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 3, let ab = Shape.broadcast(Shape(x[1].dimensions), Shape(x[2].dimensions)),
      let all = Shape.broadcast(ab, Shape(x[0].dimensions))
    else { throw .malformed(c.node, "its operands do not fit") }
    let parts = x.map { $0.broadcast(to: all.dimensions) }
    let condition = parts[0].asFloats
    if let a = parts[1].integers, let b = parts[2].integers {
      return [.integers(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }, all.dimensions)]
    }
    let (a, b) = (parts[1].asFloats, parts[2].asFloats)
    return [.floats(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }, all.dimensions)]
  }

  @Sendable private static func arithmetic(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
    -> [OnnxTensor]?
  {
    // Max, Min and Sum take any number of operands.
    if ["Max", "Min", "Sum"].contains(c.node.operation), x.count != 2 {
      var rest = x[1...]
      guard let next = rest.popFirst() else { return x }
      guard let first = try arithmetic(c, [x[0], next]) else { return nil }
      return try arithmetic(c, first + rest)
    }
    guard x.count == 2, let shape = Shape.broadcast(Shape(x[0].dimensions), Shape(x[1].dimensions)) else {
      throw .malformed(c.node, "its operands do not fit")
    }
    let a = x[0].broadcast(to: shape.dimensions)
    let b = x[1].broadcast(to: shape.dimensions)
    let name = c.node.operation
    if let p = a.integers, let q = b.integers {
      if ["Div", "Mod"].contains(name), q.contains(0) { throw .malformed(c.node, "it divides by zero") }
      guard shape.isManageable, shape.count < mostConstants else {
        throw .malformed(c.node, "it makes too many values")
      }
      return [.integers(zip(p, q).map { integer(name, $0, $1) }, shape.dimensions)]
    }
    let values = zip(a.asFloats, b.asFloats).map { float(name, $0, $1) }
    if ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or"].contains(name) {
      return [.integers(values.map { Int64($0) }, shape.dimensions)]
    }
    return [.floats(values, shape.dimensions)]
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
    default: a != 0 || b != 0 ? 1 : 0
    }
  }

  @Sendable private static func unary(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let name = c.node.operation
    if let values = x[0].integers, ["Neg", "Abs", "Not"].contains(name) {
      return [
        .integers(
          values.map { name == "Neg" ? 0 &- $0 : name == "Abs" ? ($0 < 0 ? 0 &- $0 : $0) : $0 == 0 ? 1 : 0 },
          x[0].dimensions)
      ]
    }
    let values = x[0].asFloats.map { v -> Float in
      switch name {
      case "Neg": -v
      case "Abs": abs(v)
      case "Floor": v.rounded(.down)
      case "Ceil": v.rounded(.up)
      case "Sqrt": v.squareRoot()
      case "Reciprocal": 1 / v
      default: v == 0 ? 1 : 0
      }
    }
    return [.floats(values, x[0].dimensions)]
  }

  @Sendable private static func reduce(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let values = x[0].integers else { return nil }
    let dims = x[0].dimensions
    let keeps = try c.node.flag("keepdims", default: true)
    let listed = try c.integers(input: 1, attribute: "axes") ?? Array(dims.indices)
    var axes: Set<Int> = []
    for axis in listed { axes.insert(try c.axis(axis, rank: dims.count)) }
    let kept = dims.indices.map { axes.contains($0) ? 1 : dims[$0] }
    let strides = Shape(dims).strides(in: .rowMajor)
    let out = Shape(kept).strides(in: .rowMajor)
    var result: [Int64?] = Array(repeating: nil, count: kept.reduce(1, *))
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
    let empty: Int64 = c.node.operation == "ReduceProd" ? 1 : 0
    return [
      .integers(result.map { $0 ?? empty }, keeps ? kept : dims.indices.filter { !axes.contains($0) }.map { dims[$0] })
    ]
  }

  /// Most values of a constant that is computed at load.
  private static let mostConstants = 1 << 26

  private static func extents(_ tensor: OnnxTensor, _ c: OperatorContext) throws(PellucidError) -> [Int] {
    guard let values = tensor.integers, values.allSatisfy({ $0 >= 0 && $0 < 1 << 32 }), values.count <= Shape.mostAxes,
      values.reduce(1.0, { $0 * max(1, Double($1)) }) < Double(mostConstants)
    else { throw .malformed(c.node, "a shape that cannot be") }
    return values.map(Int.init)
  }
}

extension OnnxTensor {
  static func floats(_ values: [Float], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: dimensions, values: .floats(values))
  }

  static func integers(_ values: [Int64], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .int64, dimensions: dimensions, values: .integers(values))
  }

  /// The values as floats, whatever their type.
  var asFloats: [Float] { floats ?? integers?.map { Float($0) } ?? [] }

  /// The values at these places, as a tensor of these extents.
  func picked(_ places: [Int], _ dimensions: [Int]) -> OnnxTensor {
    if let integers { return .integers(places.map { integers[$0] }, dimensions) }
    let values = asFloats
    return .floats(places.map { values[$0] }, dimensions)
  }

  /// The values at the product of index lists, one list an axis.
  func picked(along lists: [[Int]]) -> OnnxTensor {
    let strides = Shape(dimensions).strides(in: .rowMajor)
    var places = [0]
    for (axis, list) in lists.enumerated() {
      places = places.flatMap { place in list.map { place + $0 * strides[axis] } }
    }
    return picked(places, lists.map(\.count))
  }

  /// The values read with these strides.
  func picked(strides: [Int], _ dimensions: [Int]) -> OnnxTensor {
    var places = [0]
    for (stride, extent) in zip(strides, dimensions) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return picked(places, dimensions)
  }

  /// NumPy's broadcast to larger extents.
  func broadcast(to target: [Int]) -> OnnxTensor {
    guard target != dimensions else { return self }
    let own = Shape(dimensions).strides(in: .rowMajor)
    let missing = target.count - dimensions.count
    return picked(
      strides: target.indices.map { $0 < missing || dimensions[$0 - missing] == 1 ? 0 : own[$0 - missing] }, target)
  }
}
