internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Quantized steps as plainer ones on whole numbers that are kept as floats, which hold them exactly up to 2²⁴.
extension GraphImport {
  /// Replaces a quantized step; false where it stays as it is.
  mutating func rewriteQuantized(_ context: OperatorContext) throws(PellucidError) -> Bool {
    let node = context.node
    switch node.operation {
    case "DequantizeLinear":
      guard let input = node.inputs.first, let output = node.outputs.first else { throw .malformed(node, "no input") }
      let parts = try QuantizationParts(context, scale: 1, zeroPoint: 2, input: try context.shape())
      try dequantize(input, parts, as: output, for: node)
    case "DynamicQuantizeLinear" where node.attributes["part"] == nil:
      guard let input = node.inputs.first else { throw .malformed(node, "it has no input") }
      for (place, name) in node.outputs.enumerated() where !name.isEmpty && read.contains(name) {
        try add(node.operation, [input], as: name, for: node, ["part": .int(place)])
      }
    case "ConvInteger": try addConvInteger(context)
    case "MatMulInteger": try addMatMulInteger(context)
    case "QLinearConv", "QLinearMatMul": try addQuantizedProduct(context)
    default: return false
    }
    return true
  }

  private mutating func constant(_ tensor: Tensor, _ what: String, of node: OnnxNode) -> String {
    constant(.floats(tensor.values, tensor.shape.dimensions), what, of: node)
  }

  /// (x − zero point)·scale.
  private mutating func dequantize(
    _ input: String, _ parts: QuantizationParts, as output: String, for node: OnnxNode
  ) throws(PellucidError) {
    let centred = output + ", centred"
    try add("Sub", [input, constant(parts.zeroPoint, "\(output), zero point", of: node)], as: centred, for: node)
    try add("Mul", [centred, constant(parts.scale, "\(output), scale", of: node)], as: output, for: node)
  }

  /// An input less its zero point, of any kind; the input itself where there is none.
  private mutating func centred(
    _ input: Int, zeroPoint: Int, _ context: OperatorContext
  ) throws(PellucidError) -> String {
    let node = context.node
    guard zeroPoint < node.inputs.count, !node.inputs[zeroPoint].isEmpty else { return node.inputs[input] }
    let name = part("input \(input), centred", of: node)
    var zero = node.inputs[zeroPoint]
    if case .constant(let tensor) = context.operands[zeroPoint] {
      guard tensor.count == 1 else { throw .form(node, "it has a zero point a row", wanted: "one") }
      zero = constant(.floats(tensor.asFloats, [1]), "zero point \(input)", of: node)
    }
    try add("Sub", [node.inputs[input], zero], as: name, for: node)
    return name
  }

  /// A constant of integers less its zero points, one for all or one for each place of an axis.
  private func weights(
    _ place: Int, zeroPoint: Int, axis: Int, _ context: OperatorContext
  ) throws(PellucidError) -> OnnxTensor {
    let tensor = try context.required(place, "weights")
    var values = tensor.asFloats
    let zeros = try context.constant(zeroPoint, "zero points")?.asFloats ?? []
    guard tensor.dimensions.count > axis, [0, 1, tensor.dimensions[axis]].contains(zeros.count) else {
      throw .malformed(context.node, "\(zeros.count) zero points for weights \(Shape(tensor.dimensions))")
    }
    if !zeros.isEmpty {
      let each = tensor.dimensions[(axis + 1)...].reduce(1, *)
      for index in values.indices {
        values[index] -= zeros.count == 1 ? zeros[0] : zeros[index / each % zeros.count]
      }
    }
    return .floats(values, tensor.dimensions)
  }

  private mutating func addConvInteger(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let output = node.outputs.first else { throw .malformed(node, "it has no output") }
    let weights = constant(try weights(1, zeroPoint: 3, axis: 0, context), "weights", of: node)
    let input = try centred(0, zeroPoint: 2, context)
    try add("Conv", [input, weights], as: output, for: node, node.attributes)
  }

  private mutating func addMatMulInteger(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard node.inputs.count > 1, let output = node.outputs.first else { throw .malformed(node, "it lacks operands") }
    let input = try centred(0, zeroPoint: 2, context)
    guard case .constant(let tensor)? = context.operands.count > 1 ? context.operands[1] : nil else {
      try add("MatMul", [input, try centred(1, zeroPoint: 3, context)], as: output, for: node)
      return
    }
    let axis = max(0, tensor.dimensions.count - 1)
    let matrix = constant(try weights(1, zeroPoint: 3, axis: axis, context), "weights", of: node)
    try add("MatMul", [input, matrix], as: output, for: node)
  }

  /// QLinearConv and QLinearMatMul: the product of what both operands stand for, quantized again.
  private mutating func addQuantizedProduct(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard node.inputs.count >= 8, let output = node.outputs.first else { throw .malformed(node, "it lacks operands") }
    let isConvolution = node.operation == "QLinearConv"
    let first = try QuantizationParts(context, scale: 1, zeroPoint: 2, input: try context.shape())
    let input = part("input", of: node)
    try dequantize(node.inputs[0], first, as: input, for: node)
    var factors = [input]
    if isConvolution {
      var weights = try weights(3, zeroPoint: 5, axis: 0, context)
      let scales = try context.requiredFloats(4, "scales of weights").values
      let rows = weights.dimensions.first ?? 1
      guard [1, rows].contains(scales.count) else {
        throw .malformed(node, "\(scales.count) scales for \(rows) channels")
      }
      let each = max(1, weights.count / max(1, rows))
      let scale = { (row: Int) in scales[scales.count == 1 ? 0 : row] }
      let centred = weights.asFloats
      weights = .floats(centred.indices.map { centred[$0] * scale($0 / each) }, weights.dimensions)
      factors.append(constant(weights, "weights", of: node))
      if let bias = try context.constant(8, "bias")?.asFloats {
        guard bias.count == rows else { throw .malformed(node, "\(bias.count) bias values for \(rows) channels") }
        let unit = first.scale.values[0]
        let values = bias.indices.map { bias[$0] * unit * scale($0) }
        factors.append(constant(.floats(values, [rows]), "bias", of: node))
      }
    } else {
      let second = try QuantizationParts(context, scale: 4, zeroPoint: 5, input: try context.shape(3))
      let other = part("second input", of: node)
      try dequantize(node.inputs[3], second, as: other, for: node)
      factors.append(other)
    }
    let product = part("product", of: node)
    try add(isConvolution ? "Conv" : "MatMul", factors, as: product, for: node, isConvolution ? node.attributes : [:])
    try add("QuantizeLinear", [product, node.inputs[6], node.inputs[7]], as: output, for: node)
  }
}
