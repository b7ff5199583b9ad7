import Foundation
import PellucidOnnxSchema
import SwiftProtobuf

/// Changes to a model that leave it a model: numbers, names, operands, nodes, constants and their extents.
struct ModelMutator {
  private var noise: SplitMix

  init(seed: UInt32) { noise = SplitMix(state: UInt64(seed)) }

  /// Numbers at which readers and arithmetic break.
  private static let numbers: [Int64] = [
    .min, .min + 1, -(1 << 62), -(1 << 31), -1_000_000, -7, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12, 13, 100, 600, 65_535,
    65_536,
    1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 61, 1 << 62, .max - 1, .max,
  ]
  private static let floats: [Float] = [
    0, -0.0, 1, -1, 0.5, 1.2, 1e-37, 3e38, -3e38, .infinity, -.infinity, .nan, 1e10,
  ]
  private static let operators = [
    "Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Sum", "Pow", "Where", "Concat", "Slice", "Split", "Gather",
    "GatherND",
    "GatherElements", "ScatterND", "Transpose", "Tile", "Expand", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Range",
    "OneHot", "CumSum", "NonZero", "Trilu", "Constant", "ConstantOfShape", "Cast", "CastLike", "Shape", "Size",
    "ReduceSum",
    "ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd", "ReduceL2", "Pad", "Resize", "Upsample", "Conv",
    "ConvTranspose",
    "MaxPool", "AveragePool", "GlobalAveragePool", "Gemm", "MatMul", "Einsum", "Softmax", "LayerNormalization",
    "GroupNormalization", "InstanceNormalization", "BatchNormalization", "DepthToSpace", "SpaceToDepth", "If",
    "SequenceConstruct", "SequenceAt", "SplitToSequence", "ConcatFromSequence", "SequenceInsert", "Relu", "Sigmoid",
    "Clip",
    "PRelu", "Identity", "Dropout", "Equal", "Not", "ArgMax", "TopK", "Compress", "LSTM", "GRU",
  ]
  private static let attributes = [
    "axis", "axes", "pads", "strides", "dilations", "kernel_shape", "group", "num_groups", "perm", "keepdims", "to",
    "mode",
    "blocksize", "output_padding", "output_shape", "transA", "transB", "alpha", "beta", "split", "num_outputs",
    "starts",
    "ends", "steps", "value", "ceil_mode", "auto_pad", "equation", "epsilon", "batch_dims", "exclusive", "reverse",
    "noop_with_empty_axes", "allowzero", "count_include_pad", "upper", "scales", "nearest_mode",
    "coordinate_transformation_mode",
  ]
  private static let words = [
    "constant", "edge", "reflect", "wrap", "nearest", "linear", "cubic", "SAME_UPPER", "SAME_LOWER", "VALID", "DCR",
    "CRD",
    "align_corners", "asymmetric", "floor", "ceil", "ij->ji", "bchwd,bchwd->b", "", "\u{1B}[31m",
  ]

  /// The bytes of a changed model; nil where they are none.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8]? {
    guard var model = try? OnnxModelProto(serializedBytes: Data(bytes)), !model.graph.node.isEmpty else { return nil }
    for _ in 0..<Int.random(in: 1...3, using: &noise) { change(&model) }
    return (try? model.serializedData()).map(Array.init)
  }

  private mutating func change(_ model: inout OnnxModelProto) {
    let place = Int.random(in: model.graph.node.indices, using: &noise)
    switch Int.random(in: 0..<12, using: &noise) {
    case 0, 1, 2: changeAttribute(&model.graph.node[place])
    case 3: addAttribute(&model.graph.node[place])
    case 4, 5, 6: changeConstant(&model.graph)
    case 7: model.graph.node[place].opType = pick(Self.operators)
    case 8: rewire(&model.graph, place)
    case 9:
      // A node more, between two that are there.
      var node = OnnxNodeProto()
      node.opType = pick(Self.operators)
      node.input = model.graph.node[place].input
      node.output = ["fuzz\(Int.random(in: 0..<1000, using: &noise))"]
      if let first = node.input.first { node.input[0] = first }
      if !model.graph.node[place].input.isEmpty { model.graph.node[place].input[0] = node.output[0] }
      model.graph.node.insert(node, at: place)
    case 10: model.graph.node.remove(at: place)
    default: if !model.opsetImport.isEmpty { model.opsetImport[0].version = Int64.random(in: 7...22, using: &noise) }
    }
    if model.graph.node.isEmpty { model.graph.node.append(OnnxNodeProto()) }
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: values.indices, using: &noise)]
  }

  private mutating func number() -> Int64 {
    Bool.random(using: &noise) ? pick(Self.numbers) : Int64.random(in: -8...8, using: &noise)
  }

  private mutating func changeAttribute(_ node: inout OnnxNodeProto) {
    guard !node.attribute.isEmpty else { return addAttribute(&node) }
    let at = Int.random(in: node.attribute.indices, using: &noise)
    if node.attribute[at].hasI { node.attribute[at].i = number() }
    if node.attribute[at].hasF { node.attribute[at].f = pick(Self.floats) }
    if node.attribute[at].hasS { node.attribute[at].s = Data(pick(Self.words).utf8) }
    if !node.attribute[at].ints.isEmpty {
      let place = Int.random(in: node.attribute[at].ints.indices, using: &noise)
      switch Int.random(in: 0..<4, using: &noise) {
      case 0: node.attribute[at].ints.removeLast()
      case 1: node.attribute[at].ints.append(number())
      default: node.attribute[at].ints[place] = number()
      }
    }
    if node.attribute[at].hasT { changeTensor(&node.attribute[at].t) }
    if node.attribute[at].hasG, !node.attribute[at].g.node.isEmpty, Bool.random(using: &noise) {
      let place = Int.random(in: node.attribute[at].g.node.indices, using: &noise)
      changeAttribute(&node.attribute[at].g.node[place])
    }
  }

  private mutating func addAttribute(_ node: inout OnnxNodeProto) {
    var attribute = OnnxAttributeProto()
    attribute.name = pick(Self.attributes)
    switch Int.random(in: 0..<4, using: &noise) {
    case 0:
      attribute.type = 2
      attribute.i = number()
    case 1:
      attribute.type = 7
      for _ in 0..<Int.random(in: 0...6, using: &noise) { attribute.ints.append(number()) }
    case 2:
      attribute.type = 3
      attribute.s = Data(pick(Self.words).utf8)
    default:
      attribute.type = 1
      attribute.f = pick(Self.floats)
    }
    node.attribute.removeAll { $0.name == attribute.name }
    node.attribute.append(attribute)
  }

  private mutating func changeConstant(_ graph: inout OnnxGraphProto) {
    guard !graph.initializer.isEmpty, Int.random(in: 0..<6, using: &noise) > 0 else {
      var tensor = OnnxTensorProto()
      tensor.name = "c\(Int.random(in: 0..<1000, using: &noise))"
      tensor.dataType = 7
      tensor.dims = [3]
      tensor.int64Data = (0..<3).map { _ in number() }
      let place = Int.random(in: graph.node.indices, using: &noise)
      graph.node[place].input.append(tensor.name)
      graph.initializer.append(tensor)
      return
    }
    changeTensor(&graph.initializer[Int.random(in: graph.initializer.indices, using: &noise)])
  }

  private mutating func changeTensor(_ tensor: inout OnnxTensorProto) {
    switch Int.random(in: 0..<7, using: &noise) {
    case 0:
      // Zeros that hide large extents.
      tensor.dims = (0..<Int.random(in: 1...5, using: &noise)).map { _ in number() } + [0]
      (tensor.rawData, tensor.floatData, tensor.int64Data, tensor.int32Data) = (Data(), [], [], [])
    case 1:
      tensor.dataType = 8
      tensor.dims = [2]
      tensor.rawData = Data()
      tensor.stringData = [Data("a".utf8), Data("b".utf8)]
    case 2:
      tensor.dataType = 7
      tensor.dims = [Int64(Int.random(in: 0...6, using: &noise))]
      (tensor.rawData, tensor.floatData, tensor.int32Data) = (Data(), [], [])
      tensor.int64Data = (0..<tensor.dims[0]).map { _ in number() }
    case 3:
      tensor.dataType = 1
      tensor.dims = Bool.random(using: &noise) ? [] : [1]
      (tensor.rawData, tensor.int64Data, tensor.int32Data) = (Data(), [], [])
      tensor.floatData = [pick(Self.floats)]
    case 4: tensor.dims.shuffle(using: &noise)
    case 5: tensor.dims.insert(1, at: Int.random(in: 0...tensor.dims.count, using: &noise))
    default: if !tensor.dims.isEmpty { tensor.dims[0] = number() }
    }
  }

  private mutating func rewire(_ graph: inout OnnxGraphProto, _ place: Int) {
    let names =
      graph.node.prefix(place).flatMap(\.output) + graph.initializer.map(\.name) + graph.input.map(\.name) + [""]
    switch Int.random(in: 0..<4, using: &noise) {
    case 0: graph.node[place].input.append(pick(names))
    case 1: if !graph.node[place].input.isEmpty { graph.node[place].input.removeLast() }
    default:
      guard !graph.node[place].input.isEmpty else { return }
      graph.node[place].input[Int.random(in: graph.node[place].input.indices, using: &noise)] = pick(names)
    }
  }
}

/// Vigna's splitmix64.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
