package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Arithmetic of two operands with NumPy's broadcasting: ONNX Add, Sub, Mul, Div, Max, Min and Sum; one of them may be a constant.
///
/// Max, Min and Sum of more operands become chains of it when a graph is imported.
/// Add of two activations is a residual sum, which relevance propagation shares out; so is Add of a constant that differs from place to
/// place (an embedding), while one number a channel of volumes is what is left of a normalization, and a single number a shift.
package struct Binary: Operator, MultiInputOperator {
  package static let onnxNames = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"]
  package let role: Role
  package let gradientNeeds: GradientNeeds

  let combination: Combination
  private let kind: String
  /// A constant operand and whether it stands on the left.
  let constant: (tensor: Tensor, isLeft: Bool)?

  package init(_ node: OperatorContext) throws(PellucidError) {
    kind = node.node.operation == "Sum" ? "Add" : node.node.operation
    guard node.operands.count == 2 else {
      throw .form(node.node, "it has \(node.operands.count) operands", wanted: "two")
    }
    combination =
      switch kind {
      case "Add": .add
      case "Sub": .subtract
      case "Mul": .multiply
      case "Div": .divide
      case "Max": .maximum
      default: .minimum
      }
    var constant: (Tensor, Bool)?
    for (index, operand) in node.operands.enumerated() {
      guard case .constant(let tensor) = operand else { continue }
      guard let values = tensor.floats else { throw .malformed(node.node, "a constant that is \(tensor.elementType)") }
      constant = (Tensor(values, shape: Shape(tensor.dimensions)), index == 0)
    }
    self.constant = constant
    role =
      switch kind {
      case "Add", "Sub":
        Self.roleOfSum(with: constant?.0, in: try node.shape(constant?.1 == true ? 1 : 0))
      case _ where constant != nil: .activation
      case "Mul": .product
      case "Div": .quotient
      default: .other
      }
    let linear =
      kind == "Add" || kind == "Sub" || (constant != nil && (kind == "Mul" || (kind == "Div" && constant?.1 == false)))
    gradientNeeds = linear ? [] : .inputs
    guard Shape.broadcast(try node.shape(0), try node.shape(1)) != nil else {
      throw .shapes(
        "node \(node.node.name)", [try node.shape(0), try node.shape(1)], "they cannot be broadcast together")
    }
  }

  /// Whether it adds or subtracts.
  var isSum: Bool { kind == "Add" || kind == "Sub" }

  private static func roleOfSum(with constant: Tensor?, in input: Shape) -> Role {
    guard let constant else { return .sum }
    if constant.count == 1 { return .activation }
    let missing = input.rank - constant.shape.rank
    let isByChannel = constant.shape.dimensions.enumerated().allSatisfy { $1 == 1 || $0 + missing == 1 }
    return (4...5).contains(input.rank) && isByChannel ? .normalization : .sum
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let other = constant?.tensor.shape ?? inputs[1]
    guard let shape = Shape.broadcast(inputs[0], other) else {
      throw .shapes(kind, [inputs[0], other], "they cannot be broadcast together")
    }
    return shape
  }

  private func operands(_ inputs: [Tensor]) -> (Tensor, Tensor) {
    guard let constant else { return (inputs[0], inputs[1]) }
    return constant.isLeft ? (constant.tensor, inputs[0]) : (inputs[0], constant.tensor)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { try forward(inputs, rectified: false) }

  /// The combination, with max(0, ·) applied on the way out if `rectified`.
  func forward(_ inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor {
    let (a, b) = operands(inputs)
    if rectified, kind == "Add" { return a.combined(.rectifiedSum, with: b) }
    let y = a.combined(combination, with: b)
    return rectified ? y.clamped(low: 0) : y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream
    let needsLeft = constant?.isLeft != true
    let needsRight = constant?.isLeft != false
    let shapeA = constant?.isLeft == true ? constant?.tensor.shape : saved.inputShapes[0]
    let shapeB = constant.map { $0.isLeft ? saved.inputShapes[0] : $0.tensor.shape } ?? saved.inputShapes[1]
    var left: Tensor?
    var right: Tensor?
    switch kind {
    case "Add": (left, right) = (dy, dy)
    case "Sub": (left, right) = (dy, needsRight ? dy.scaled(by: -1) : nil)
    case "Mul" where constant != nil:
      let product = dy.combined(.multiply, with: constant?.tensor ?? dy)
      (left, right) = (product, product)
    case "Div" where constant?.isLeft == false:
      left = dy.combined(.divide, with: constant?.tensor ?? dy)
    default:
      let (a, b) = operands(saved.inputs.compactMap { $0 })
      switch kind {
      case "Mul": (left, right) = (dy.combined(.multiply, with: b), dy.combined(.multiply, with: a))
      case "Div":
        let quotient = dy.combined(.divide, with: b)
        left = quotient
        right = quotient.combined(.multiply, with: a.combined(.divide, with: b)).scaled(by: -1)
      default:
        // Where both are equal each gets half, as PyTorch does.
        let aWins = kind == "Max" ? a.combined(.notBelow, with: b) : b.combined(.notBelow, with: a)
        let bWins = kind == "Max" ? b.combined(.notBelow, with: a) : a.combined(.notBelow, with: b)
        let winners = aWins.combined(.add, with: bWins)
        left = dy.combined(.multiply, with: aWins.combined(.divide, with: winners))
        right = dy.combined(.multiply, with: bWins.combined(.divide, with: winners))
      }
    }
    var all: [Tensor] = []
    if needsLeft, let left, let shapeA { all.append(left.summed(to: shapeA)) }
    if needsRight, let right { all.append(right.summed(to: shapeB)) }
    return all
  }

  package var parameterCount: Int { constant?.tensor.count ?? 0 }
}
