internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// A sum of products by named axes, like `bhxd,bhyd->bhxy` (ONNX Einsum) of one or two operands, one of which may be a constant.
///
/// Without diagonals and ellipses. Two operands become a batched matrix product between permutations.
package struct Einsum: Operator, MultiInputOperator {
  package static let onnxNames = ["Einsum"]
  package var role: Role { terms.count == 2 && constant == nil ? .bilinear : .mixing }
  package let gradientNeeds: GradientNeeds
  /// Names of the axes of each operand, and of the result.
  private let terms: [[Character]]
  private let result: [Character]
  private let constant: (tensor: Tensor, isLeft: Bool)?

  package init(_ node: OperatorContext) throws(PellucidError) {
    let equation = try node.node.string("equation", default: "").filter { $0 != " " }
    guard !equation.contains(".") else { throw .form(node.node, "\(equation) has an ellipsis", wanted: "named axes") }
    let left = equation.prefix { $0 != "-" }
    terms = left.split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    let given = terms.flatMap { $0 }
    if left.count < equation.count {
      guard equation.dropFirst(left.count).hasPrefix("->") else { throw .malformed(node.node, "equation \(equation)") }
      result = Array(equation.dropFirst(left.count + 2))
    } else {
      result = Set(given).filter { axis in given.filter { $0 == axis }.count == 1 }.sorted()
    }
    guard terms.count == node.operands.count, (1...2).contains(terms.count) else {
      throw .form(node.node, "\(equation) of \(node.operands.count) operands", wanted: "one or two")
    }
    for term in terms + [result] where Set(term).count < term.count {
      throw .form(node.node, "\(equation) takes a diagonal", wanted: "each axis once")
    }
    guard Set(result).isSubset(of: given) else { throw .malformed(node.node, "equation \(equation)") }
    var constant: (Tensor, Bool)?
    for (place, operand) in node.operands.enumerated() {
      guard try node.shape(place).rank == terms[place].count else {
        throw .malformed(node.node, "\(equation) of an operand of shape \(try node.shape(place))")
      }
      guard case .constant = operand else { continue }
      let (values, extents) = try node.requiredFloats(place, "constant")
      constant = (Tensor(values, shape: Shape(extents)), place == 0)
    }
    self.constant = constant
    gradientNeeds = terms.count == 2 && constant == nil ? .inputs : []
  }

  private func operands<T>(_ dynamic: [T], _ read: (Tensor) -> T) -> [T] {
    guard let constant else { return dynamic }
    return constant.isLeft ? [read(constant.tensor), dynamic[0]] : [dynamic[0], read(constant.tensor)]
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let shapes = operands(inputs) { $0.shape }
    var extents: [Character: Int] = [:]
    for (term, shape) in zip(terms, shapes) {
      for (axis, extent) in zip(term, shape.dimensions) {
        guard extents[axis, default: extent] == extent else {
          throw .shapes("a sum of products", shapes, "axis \(axis) has two extents")
        }
        extents[axis] = extent
      }
    }
    return Shape(result.map { extents[$0] ?? 1 })
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let all = operands(inputs) { $0 }
    guard all.count == 2 else {
      let (sums, kept) = Self.sums(all[0], terms[0], keeping: result)
      return sums.arranged(kept, as: result)
    }
    return try Self.contraction(all[0], terms[0], all[1], terms[1], result)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    guard terms.count == 2 else {
      let kept = terms[0].filter(result.contains)
      return [Self.spread(dy.arranged(result, as: kept), kept, over: saved.inputShapes[0], terms[0])]
    }
    if let constant {
      let (own, other) = constant.isLeft ? (1, 0) : (0, 1)
      return [try gradient(dy, of: own, saved.inputShapes[0], other: constant.tensor, terms[other])]
    }
    return [
      try gradient(dy, of: 0, saved.inputShapes[0], other: saved.input(1), terms[1]),
      try gradient(dy, of: 1, saved.inputShapes[1], other: saved.input(0), terms[0]),
    ]
  }

  /// An operand's gradient: the contraction of the result's with the other operand.
  private func gradient(
    _ dy: Tensor, of place: Int, _ shape: Shape, other: Tensor, _ axes: [Character]
  ) throws(PellucidError) -> Tensor {
    let reached = terms[place].filter { result.contains($0) || axes.contains($0) }
    return Self.spread(try Self.contraction(dy, result, other, axes, reached), reached, over: shape, terms[place])
  }

  /// Sums over the axes that nothing else has, which disappear; row-major.
  private static func sums(
    _ x: Tensor, _ axes: [Character], keeping others: [Character]
  ) -> (Tensor, axes: [Character]) {
    let summed = axes.indices.filter { !others.contains(axes[$0]) }
    guard !summed.isEmpty else { return (x, axes) }
    let kept = axes.indices.filter { !summed.contains($0) }
    let sums = x.reduced(PK_SUM, axes: summed).ordered(.rowMajor)
    return (sums.reinterpreted(as: Shape(kept.map { x.shape[$0] }), order: .rowMajor), kept.map { axes[$0] })
  }

  /// The values repeated along the axes that they lack: the gradient of ``sums(_:_:keeping:)``.
  private static func spread(_ x: Tensor, _ axes: [Character], over shape: Shape, _ wanted: [Character]) -> Tensor {
    guard axes != wanted else { return x }
    let extents = wanted.indices.map { axes.contains(wanted[$0]) ? shape[$0] : 1 }
    let raised = x.ordered(.rowMajor).reinterpreted(as: Shape(extents), order: .rowMajor)
    return Tensor(repeating: 1, shape: shape, order: .rowMajor).combined(.multiply, with: raised)
  }

  /// Σ a·b over the axes that the result lacks.
  private static func contraction(
    _ x: Tensor, _ namesX: [Character], _ y: Tensor, _ namesY: [Character], _ result: [Character]
  ) throws(PellucidError) -> Tensor {
    let (a, axesA) = sums(x, namesX, keeping: namesY + result)
    let (b, axesB) = sums(y, namesY, keeping: namesX + result)
    let batch = axesA.filter { axesB.contains($0) && result.contains($0) }
    let inner = axesA.filter { axesB.contains($0) && !result.contains($0) }
    let rows = axesA.filter { !axesB.contains($0) }
    let columns = axesB.filter { !axesA.contains($0) }
    let left = a.arranged(axesA, as: batch + rows + inner)
    let right = b.arranged(axesB, as: batch + inner + columns)
    let counts = [batch, rows, inner].map { part in
      zip(axesA, a.shape.dimensions).reduce(1) { part.contains($1.0) ? $0 * $1.1 : $0 }
    }
    let width = right.count / max(1, counts[0] * counts[2])
    let product = try MatMul.product(
      left.reinterpreted(as: Shape(counts), order: .rowMajor),
      right.reinterpreted(as: Shape([counts[0], counts[2], width]), order: .rowMajor), transposeA: false,
      transposeB: false, shape: Shape([counts[0], counts[1], width]))
    let extents =
      left.shape.dimensions.prefix(batch.count + rows.count) + right.shape.dimensions.suffix(columns.count)
    return product.reinterpreted(as: Shape(Array(extents)), order: .rowMajor).arranged(
      batch + rows + columns, as: result)
  }

  /// Whether it is a product of matrices in the last two axes, the right-hand ones transposed (true) or as they are (false); nil: neither.
  var transposesRight: Bool? {
    guard constant == nil, terms.count == 2, result.count >= 2, let inner = terms[0].last,
      terms[0].dropLast() == result.dropLast(), let column = result.last, inner != column
    else { return nil }
    let lead = Array(result.dropLast(2))
    return terms[1] == lead + [column, inner] ? true : terms[1] == lead + [inner, column] ? false : nil
  }

  package var field: SpatialField { .everything }
}

extension Tensor {
  /// The named axes put in another order, row-major.
  fileprivate func arranged(_ names: [Character], as wanted: [Character]) -> Tensor {
    guard names != wanted else { return ordered(.rowMajor) }
    return permuted(wanted.map { name in names.firstIndex(of: name) ?? 0 })
  }
}
