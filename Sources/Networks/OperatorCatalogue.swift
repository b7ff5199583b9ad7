internal import PellucidFaults

/// Every operator that the engine runs: one line each.
package enum OperatorCatalogue {
  package static let operators: [any Operator.Type] = [
    Abs.self, AveragePool.self, BatchNormalization.self, Binary.self, Celu.self, Clip.self, Compare.self, Concat.self,
    Conv.self, ConvTranspose.self, Dense.self, DynamicQuantizeLinear.self, Einsum.self, Elu.self, Erf.self, Exp.self,
    Expand.self, Gather.self, GatherND.self, Gelu.self, GridSample.self, GroupNormalization.self, HardSigmoid.self,
    HardSwish.self, InstanceNormalization.self, LayerNormalization.self, LeakyRelu.self, Log.self, MatMul.self,
    MaxPool.self, Mish.self, Neg.self, PRelu.self, Pad.self, Pow.self, QuantizeLinear.self, RMSNormalization.self,
    Reciprocal.self, Reduce.self, Relu.self, Reshape.self, Resize.self, ScatterND.self, Selu.self, Sigmoid.self,
    Slice.self, Softmax.self, Softplus.self, Softsign.self, Sqrt.self, Tanh.self, Tile.self, TopK.self, Transpose.self,
    Where.self,
  ]

  private static let byName: [String: any Operator.Type] = {
    var table: [String: any Operator.Type] = [:]
    for type in operators { for name in type.onnxNames { table[name] = type } }
    return table
  }()

  /// Whether every input of an ONNX type may depend on the image.
  static func takesSeveral(_ type: String) -> Bool { byName[type] is any MultiInputOperator.Type }

  /// Makes the operator for an ONNX type; nil where the engine has none.
  static func maker(of type: String) -> ((OperatorContext) throws(PellucidError) -> any Operator)? {
    guard let found = byName[type] else { return nil }
    return { (context) throws(PellucidError) in
      // A product with a constant matrix is a dense layer.
      if type == "MatMul", let dense = try Dense(matMul: context) { return dense }
      // A power with one exponent for all values is a function of single values.
      if type == "Pow", let power = ConstantPower(constantExponent: context) { return power }
      return try found.init(context)
    }
  }
}
