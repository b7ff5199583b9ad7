package import PellucidFaults
package import PellucidOnnxFormat
internal import PellucidTensors

/// The arithmetic on constants that exporters leave in a graph: shapes, index lists, masks.
///
/// Computed once at load. What keeps it from trapping is said in one place, above ``mostConstants``.
package enum ConstantFolding {
  typealias Rule = @Sendable (OperatorContext, [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]?

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
    guard inputs.allSatisfy({ $0?.strings == nil }) || context.node.operation == "Identity" else {
      throw .strings(context.node)
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
    "Constant": constant, "ConstantOfShape": filled, "Cast": cast, "CastLike": castLike, "OneHot": oneHot,
    "Identity": { (_, x) throws(PellucidError) in [x[0]] }, "Dropout": { (_, x) throws(PellucidError) in [x[0]] },
    "Range": range, "Gather": gather, "GatherND": gatherND, "GatherElements": gatherElements, "CumSum": runningSum,
    "Concat": concat, "Slice": slice,
    "Split": split, "Reshape": reshaped, "Squeeze": reshaped, "Unsqueeze": reshaped, "Flatten": reshaped,
    "Transpose": transpose,
    "Expand": expand, "Tile": tile, "Where": choose, "NonZero": nonZero, "Trilu": triangle,
    "Add": arithmetic, "Sub": arithmetic, "Mul": arithmetic, "Div": arithmetic, "Mod": arithmetic, "Max": arithmetic,
    "Min": arithmetic, "Sum": arithmetic, "Pow": arithmetic, "Equal": arithmetic, "Less": arithmetic,
    "Greater": arithmetic,
    "LessOrEqual": arithmetic, "GreaterOrEqual": arithmetic, "And": arithmetic, "Or": arithmetic,
    "Neg": unary, "Abs": unary, "Floor": unary, "Ceil": unary, "Not": unary, "Sqrt": unary, "Reciprocal": unary,
    "Sin": unary, "Cos": unary, "Round": unary, "Sign": unary, "IsNaN": unary, "IsInf": unary, "Xor": arithmetic,
    "ReduceProd": reduce, "ReduceSum": reduce, "ReduceMax": reduce, "ReduceMin": reduce,
  ]

  // MARK: constants

  @Sendable static func constant(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let node = c.node
    if let tensor = try node.tensor("value") { return [tensor] }
    if let value = try node.float("value_float") { return [.floats([value], [])] }
    if let list = try node.floats("value_floats") { return [.floats(list, [list.count])] }
    if let value = try node.int("value_int") { return [.integers([Int64(value)], [])] }
    if let list = try node.ints("value_ints") { return [.integers(list.map(Int64.init), [list.count])] }
    throw .malformed(node, "a constant without a value")
  }

  @Sendable static func filled(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let shape = try extents(x[0], c)
    let count = try c.claim(shape, from: [])
    guard let value = try c.node.tensor("value") else { return [.floats(Array(repeating: 0, count: count), shape)] }
    if let floats = value.floats, let first = floats.first {
      return [.floats(Array(repeating: first, count: count), shape)]
    }
    guard let first = value.integers?.first else { throw .malformed(c.node, "its value is no number") }
    return [.integers(Array(repeating: first, count: count), shape)]
  }

  @Sendable static func cast(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let type = OnnxElementType(rawValue: try c.node.int("to", default: 1)) else {
      throw .malformed(c.node, "an unknown type")
    }
    if type.isFloat { return [.floats(x[0].asFloats, x[0].dimensions)] }
    guard type.isInteger else { throw .form(c.node, "it makes \(type)", wanted: "numbers") }
    if let integers = x[0].integers {
      return [.integers(type == .bool ? integers.map { $0 == 0 ? 0 : 1 } : integers, x[0].dimensions)]
    }
    let values = x[0].asFloats.map { v in
      type == .bool ? (v == 0 ? 0 : 1) : Int64(saturating: v)
    }
    return [.integers(values, x[0].dimensions)]
  }

  @Sendable static func castLike(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2 else { throw .malformed(c.node, "the tensor to be like is missing") }
    var node = c.node
    node.attributes["to"] = .int(x[1].elementType.rawValue)
    return try cast(OperatorContext(node: node, opset: c.opset, operands: c.operands), x)
  }

  @Sendable static func range(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 3 else { throw .malformed(c.node, "start, limit or step is missing") }
    if let a = x[0].integers?.first, let b = x[1].integers?.first, let step = x[2].integers?.first {
      guard step != 0, max(a.magnitude, b.magnitude, step.magnitude) < 1 << 61 else {
        throw .malformed(c.node, "from \(a) to \(b) by \(step)")
      }
      let count = try c.claim([max(0, Int((b - a + step - step.signum()) / step))], from: [])
      return [.integers((0..<Int64(count)).map { a + $0 * step }, [count])]
    }
    let (a, b, step) = (x[0].asFloats.first, x[1].asFloats.first, x[2].asFloats.first)
    guard let a, let b, let step, step != 0, ((b - a) / step).isFinite else {
      throw .malformed(c.node, "start, limit and step make no range")
    }
    let steps = Int64(saturating: ((b - a) / step).rounded(.up))
    let count = try c.claim([Int(max(0, steps))], from: [])
    return [.floats((0..<count).map { a + Float($0) * step }, [count])]
  }

  /// Rows of zeros with a one at each index.
  @Sendable static func oneHot(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 3, x[2].count == 2, let depth = x[1].asFloats.first.map({ Int64(saturating: $0) }),
      (1..<65_536).contains(depth)
    else { throw .malformed(c.node, "depth or values are missing") }
    let rank = x[0].dimensions.count + 1
    let axis = try c.axis(c.node.int("axis", default: -1), rank: rank)
    var dims = x[0].dimensions
    dims.insert(Int(depth), at: axis)
    var places = Array(repeating: 0, count: try c.claim(dims, from: [x[0]]))
    let inner = x[0].dimensions[axis...].reduce(1, *)
    for (index, value) in x[0].asFloats.enumerated() {
      guard value.isFinite else { throw .malformed(c.node, "index \(value)") }
      let wanted = Int64(saturating: value)
      let at = wanted < 0 ? wanted + depth : wanted
      guard (0..<depth).contains(at) else { continue }
      places[(index / inner * Int(depth) + Int(at)) * inner + index % inner] = 1
    }
    return [x[2].picked(places, dims)]
  }

  static func extents(_ tensor: OnnxTensor, _ c: OperatorContext) throws(PellucidError) -> [Int] {
    guard let values = tensor.integers, values.allSatisfy({ $0 >= 0 && $0 < 1 << 32 }), values.count <= Shape.mostAxes,
      OnnxTensor.canHave(values.map(Int.init))
    else { throw .malformed(c.node, "a shape that cannot be") }
    return values.map(Int.init)
  }
}
