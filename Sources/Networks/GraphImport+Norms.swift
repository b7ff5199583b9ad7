internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Reductions and normalizations that plainer operators put together.
extension GraphImport {
  /// Replaces ReduceL1, ReduceLogSum, ReduceLogSumExp or LpNormalization.
  mutating func addNorm(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let input = node.inputs.first, let output = node.outputs.first else {
      throw .malformed(node, "it has no input or no output")
    }
    // Axes are an attribute, or the second input since operator set 18.
    let axes = Array(node.inputs.dropFirst())
    switch node.operation {
    case "ReduceL1":
      try add("Abs", [input], as: part("magnitudes", of: node), for: node)
      try add("ReduceSum", [part("magnitudes", of: node)] + axes, as: output, for: node, node.attributes)
    case "ReduceLogSum":
      try add("ReduceSum", [input] + axes, as: part("sum", of: node), for: node, node.attributes)
      try add("Log", [part("sum", of: node)], as: output, for: node)
    case "ReduceLogSumExp":
      try addLogSumExp(of: input, axes, as: output, for: node)
    default:
      let norms = [1: "ReduceL1", 2: "ReduceL2"]
      let power = try node.int("p", default: 2)
      guard let norm = norms[power] else { throw .malformed(node, "p is \(power), neither 1 nor 2") }
      let axis = try context.axis(node.int("axis", default: -1), rank: context.shape().rank)
      try add(norm, [input], as: part("norm", of: node), for: node, ["axes": .ints([axis]), "keepdims": .int(1)])
      // Of zeros alone ONNX Runtime makes zeros.
      let least = constant(.floats([Float.leastNormalMagnitude], []), "least", of: node)
      try add("Max", [part("norm", of: node), least], as: part("divisor", of: node), for: node)
      try add("Div", [input, part("divisor", of: node)], as: output, for: node)
    }
  }

  /// log Σ exp x = m + log Σ exp(x − m), with the largest of them as m: nothing overflows.
  private mutating func addLogSumExp(
    of input: String, _ axes: [String], as output: String, for node: OnnxNode
  ) throws(PellucidError) {
    var kept = node.attributes
    kept["keepdims"] = .int(1)
    try add("ReduceMax", [input] + axes, as: part("largest", of: node), for: node, kept)
    try add("Sub", [input, part("largest", of: node)], as: part("below", of: node), for: node)
    try add("Exp", [part("below", of: node)], as: part("powers", of: node), for: node)
    try add("ReduceSum", [part("powers", of: node)] + axes, as: part("sum", of: node), for: node, node.attributes)
    try add("Log", [part("sum", of: node)], as: part("logarithm", of: node), for: node)
    try add("ReduceMax", [input] + axes, as: part("summand", of: node), for: node, node.attributes)
    try add("Add", [part("logarithm", of: node), part("summand", of: node)], as: output, for: node)
  }
}
