internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Constants that are picked from others: by index, by range, by axis.
extension ConstantFolding {
  @Sendable static func gather(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2, let indices = x[1].integers else { throw .malformed(c.node, "its indices are not integers") }
    let axis = try c.axis(c.node.int("axis", default: 0), rank: x[0].dimensions.count)
    let dims = x[0].dimensions
    guard !dims.isEmpty else { throw .malformed(c.node, "a scalar has no entries") }
    let made = Array(dims[..<axis]) + x[1].dimensions + Array(dims[(axis + 1)...])
    guard try c.claim(made, from: x) > 0 else { return [x[0].picked([], made)] }
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
    return [x[0].picked(places, made)]
  }

  /// The entries at rows of indices.
  @Sendable static func gatherND(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2, let indices = x[1].integers else { throw .malformed(c.node, "its indices are not integers") }
    let rows = try IndexRows(
      c.node, indices: indices, shape: x[1].dimensions, data: x[0].dimensions,
      batchAxes: try c.node.int("batch_dims", default: 0))
    guard try c.claim(rows.output, from: x) > 0 else { return [x[0].picked([], rows.output)] }
    let places = rows.offsets.flatMap { offset in (0..<rows.size).map { offset + $0 } }
    return [x[0].picked(places, rows.output)]
  }

  /// At each place the entry that an index names along one axis.
  @Sendable static func gatherElements(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2, let indices = x[1].integers, x[1].dimensions.count == x[0].dimensions.count else {
      throw .malformed(c.node, "its indices do not fit")
    }
    let dims = x[0].dimensions
    let axis = try c.axis(c.node.int("axis", default: 0), rank: dims.count)
    guard dims.indices.allSatisfy({ $0 == axis || x[1].dimensions[$0] <= dims[$0] }) else {
      throw .malformed(c.node, "its indices do not fit")
    }
    let from = Shape(x[1].dimensions).strides(in: .rowMajor)
    let strides = Shape(dims).strides(in: .rowMajor)
    var places: [Int] = []
    for (offset, index) in indices.enumerated() {
      let at = index < 0 ? Int(index) + dims[axis] : Int(index)
      guard (0..<dims[axis]).contains(at) else { throw .malformed(c.node, "index \(index) of \(dims[axis])") }
      places.append(
        dims.indices.reduce(0) { $0 + ($1 == axis ? at : offset / from[$1] % x[1].dimensions[$1]) * strides[$1] })
    }
    return [x[0].picked(places, x[1].dimensions)]
  }

  @Sendable static func concat(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard let first = x.first else { throw .malformed(c.node, "nothing to join") }
    let axis = try c.axis(c.node.int("axis", default: 0), rank: first.dimensions.count)
    var dims = first.dimensions
    guard
      x.allSatisfy({ t in
        t.dimensions.count == dims.count && dims.indices.allSatisfy { $0 == axis || t.dimensions[$0] == dims[$0] }
      })
    else { throw .malformed(c.node, "its parts differ off axis \(axis)") }
    dims[axis] = x.reduce(0) { $0 + $1.dimensions[axis] }
    let allIntegers = x.allSatisfy { $0.integers != nil }
    guard try c.claim(dims, from: x) > 0 else { return [allIntegers ? .integers([], dims) : .floats([], dims)] }
    let outer = dims[..<axis].reduce(1, *)
    func joined<Value>(_ parts: [[Value]]) -> [Value] {
      var all: [Value] = []
      for o in 0..<outer {
        for part in parts {
          let run = part.count / outer
          all += part[(o * run)..<((o + 1) * run)]
        }
      }
      return all
    }
    if allIntegers { return [.integers(joined(x.compactMap(\.integers)), dims)] }
    return [.floats(joined(x.map(\.asFloats)), dims)]
  }

  @Sendable static func slice(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
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
    guard Set(axes.map { $0 < 0 ? $0 + dims.count : $0 }).count == axes.count else {
      throw .malformed(c.node, "an axis is cut twice: \(axes.prefix(12))")
    }
    var (start, made, strides) = (0, dims, Shape(dims).strides(in: .rowMajor))
    let whole = strides
    for (index, wanted) in axes.enumerated() {
      let axis = try c.axis(wanted, rank: dims.count)
      let cut = Slice.Cut(axis: axis, from: starts[index], to: ends[index], step: steps[index], extent: dims[axis])
      made[axis] = cut?.count ?? 0
      start += (cut?.start ?? 0) * whole[axis]
      strides[axis] = (cut?.step ?? 1) * whole[axis]
    }
    return [x[0].picked(from: start, strides: strides, made)]
  }

  @Sendable static func split(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let axis = try c.axis(c.node.int("axis", default: 0), rank: x[0].dimensions.count)
    let strides = Shape(x[0].dimensions).strides(in: .rowMajor)
    var start = 0
    var parts: [OnnxTensor] = []
    for size in try splitSizes(c, extent: x[0].dimensions[axis]) {
      var dims = x[0].dimensions
      dims[axis] = size
      parts.append(x[0].picked(from: start * strides[axis], strides: strides, dims))
      start += size
    }
    return parts
  }

  @Sendable static func reshaped(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    var loose = c.operands
    loose[0] = .dynamic(Shape(x[0].dimensions))
    let shape = try Reshape(OperatorContext(node: c.node, opset: c.opset, operands: loose)).shape(of: [
      Shape(x[0].dimensions)
    ])
    var copy = x[0]
    copy.dimensions = shape.dimensions
    return [copy]
  }

  @Sendable static func transpose(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
    -> [OnnxTensor]?
  {
    let dims = x[0].dimensions
    let perm = try c.node.ints("perm") ?? Array(dims.indices.reversed())
    guard perm.sorted() == Array(dims.indices) else { throw .malformed(c.node, "perm \(perm)") }
    let strides = Shape(dims).strides(in: .rowMajor)
    return [x[0].picked(strides: perm.map { strides[$0] }, perm.map { dims[$0] })]
  }

  @Sendable static func expand(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2 else { throw .malformed(c.node, "its shape is missing") }
    guard let target = Shape.broadcast(Shape(x[0].dimensions), Shape(try extents(x[1], c))) else {
      throw .malformed(c.node, "\(Shape(x[0].dimensions)) cannot be expanded to \(x[1].integers ?? [])")
    }
    _ = try c.claim(target.dimensions, from: [x[0]])
    return [x[0].broadcast(to: target.dimensions)]
  }

  @Sendable static func tile(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    guard x.count == 2 else { throw .malformed(c.node, "its repeats are missing") }
    let repeats = try extents(x[1], c)
    let dims = x[0].dimensions
    guard repeats.count == dims.count else { throw .malformed(c.node, "repeats \(repeats)") }
    let made = zip(dims, repeats).map { $0 &* $1 }
    _ = try c.claim(made, from: [x[0]])
    // Seen as [repeats, extent] along each axis, the first with a stride of 0.
    let strides = Shape(dims).strides(in: .rowMajor)
    let axes = zip(repeats, dims).flatMap { [$0, $1] }
    return [x[0].picked(strides: strides.flatMap { [0, $0] }, axes, as: made)]
  }

  @Sendable static func nonZero(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError) -> [OnnxTensor]? {
    let dims = x[0].dimensions
    let strides = Shape(dims).strides(in: .rowMajor)
    let places = x[0].asFloats.enumerated().filter { $0.element != 0 }.map(\.offset)
    _ = try c.claim([dims.count, places.count], from: x)
    let rows = dims.indices.flatMap { axis in places.map { Int64($0 / strides[axis] % dims[axis]) } }
    return [.integers(rows, [dims.count, places.count])]
  }

  @Sendable static func triangle(_ c: OperatorContext, _ x: [OnnxTensor]) throws(PellucidError)
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
}
