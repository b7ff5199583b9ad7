internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// round(x/scale) + zero point, bounded to the integer type's range (ONNX QuantizeLinear); halves are rounded to even.
///
/// What it makes are whole numbers as floats. Rounding has no slope; its gradient is that of x/scale, straight through where what it makes is within
/// the range and 0 beyond, as PyTorch's fake quantization has it (Bengio et al. 2013, arXiv:1308.3432).
package struct QuantizeLinear: Operator {
  package static let onnxNames = ["QuantizeLinear"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs
  private let scale: Tensor
  private let zeroPoint: Tensor
  private let range: (low: Float, high: Float)

  package init(_ node: OperatorContext) throws(PellucidError) {
    let parts = try QuantizationParts(node, scale: 1, zeroPoint: 2, input: try node.shape())
    (scale, zeroPoint) = (parts.scale, parts.zeroPoint)
    let stated = try node.node.int("output_dtype").flatMap { $0 == 0 ? nil : OnnxElementType(rawValue: $0) }
    range = try QuantizationParts.range(of: parts.type ?? stated ?? .uint8, node.node)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  private func placed(_ x: Tensor) -> Tensor { x.combined(.divide, with: scale) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    placed(inputs[0]).roundedToEven().combined(.add, with: zeroPoint).clamped(low: range.low, high: range.high)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    // Whole numbers decide, both ends of the range among them.
    let whole = placed(saved.input()).roundedToEven().combined(.add, with: zeroPoint)
    let slope = try Kernels.gradient(PK_CLIP, range.low - 0.5, range.high + 0.5, at: whole, upstream: upstream)
    return [slope.combined(.divide, with: scale)]
  }
}

/// Scale and zero point of a quantized tensor, laid out for its broadcasting: one for all, or one for each place of an axis.
struct QuantizationParts {
  let scale: Tensor
  let zeroPoint: Tensor
  /// The integers' type, where the zero point tells it.
  let type: OnnxElementType?

  /// - Parameters:
  ///   - scale: the place of the scale among the inputs.
  ///   - zeroPoint: the place of the zero point.
  ///   - input: the shape of the quantized tensor.
  init(_ node: OperatorContext, scale place: Int, zeroPoint: Int, input: Shape) throws(PellucidError) {
    guard try node.node.int("block_size", default: 0) == 0 else {
      throw .form(node.node, "it has a scale a block", wanted: "a scale a tensor or an axis")
    }
    let scale = try node.requiredFloats(place, "scales")
    guard !scale.values.isEmpty, scale.values.allSatisfy({ $0 > 0 }) else {
      throw .malformed(node.node, "its scales are not above 0")
    }
    let zero = try node.constant(zeroPoint, "zero points")
    let count = scale.values.count
    let zeros = zero?.asFloats ?? []
    guard zeros.isEmpty || zeros.count == count else {
      throw .malformed(node.node, "\(count) scales and \(zeros.count) zero points")
    }
    var shape = Shape([1])
    if count > 1 {
      let axis = try node.axis(node.node.int("axis", default: 1), rank: input.rank)
      guard input[axis] == count else { throw .malformed(node.node, "\(count) scales for an axis of \(input[axis])") }
      shape = Shape([count] + Array(repeating: 1, count: input.rank - axis - 1))
    }
    self.scale = Tensor(scale.values, shape: shape)
    self.zeroPoint = Tensor(zeros.isEmpty ? Array(repeating: 0, count: count) : zeros, shape: shape)
    type = zero?.elementType
  }

  /// The bounds of an integer type.
  static func range(of type: OnnxElementType, _ node: OnnxNode) throws(PellucidError) -> (low: Float, high: Float) {
    switch type {
    case .uint8: (0, 255)
    case .int8: (-128, 127)
    case .uint16: (0, 65535)
    case .int16: (-32768, 32767)
    default: throw .form(node, "it quantizes to \(type)", wanted: "integers of 8 or 16 bits")
    }
  }
}

extension Tensor {
  /// Every value rounded to the nearest whole number, halves to even.
  func roundedToEven() -> Tensor {
    var y = self
    y.withMutableValues { values in
      for index in 0..<values.count {
        unsafe values.start[index] = unsafe values.start[index].rounded(.toNearestOrEven)
      }
    }
    return y
  }
}
