import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// One of ONNX's node cases bound in one way: which of its inputs depend on the image.
struct NodeCaseRun: Sendable, CustomTestStringConvertible {
  /// How the case's inputs are bound.
  enum Binding: String, CaseIterable {
    /// The first input is the image, the others are constants of the model.
    case first
    /// The second input is the image.
    case second
    /// All inputs are cut out of one image.
    case all
    /// All are constants, computed at load.
    case folded
  }

  let reference: OnnxCase
  let binding: Binding

  var testDescription: String { "\(reference.name), \(binding.rawValue)" }

  /// Operators of which every operand may be an activation.
  private static let symmetric: Set<String> = [
    "Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Pow", "MatMul", "Concat", "Einsum",
    "Attention", "GridSample",
  ]

  /// The engine's ONNX operator types, and what the import replaces by them.
  static let engineTypes: Set<String> = Set(
    OperatorCatalogue.operators.flatMap { $0.onnxNames } + [
      "MatMul", "Split", "Identity", "Dropout", "Trilu", "DepthToSpace", "SpaceToDepth", "LSTM", "GRU", "RNN",
      "ReduceL1", "ReduceLogSum", "ReduceLogSumExp", "LpNormalization",
      "Attention", "RotaryEmbedding", "AffineGrid", "Mean",
    ])

  /// The ways in which a case can be bound: activations are floats, so integers can only be constants.
  static func all(of reference: OnnxCase) -> [NodeCaseRun] {
    let inputs = (try? reference.inputs()) ?? []
    let types = inputs.map { $0.elementType.isFloat && $0.count > 0 }
    let fits = engineTypes.contains(reference.operation)
    let isSymmetric = symmetric.contains(reference.operation) && types.count > 1 && types.allSatisfy { $0 }
    return Binding.allCases.filter { binding in
      switch binding {
      case .first: fits && types.first == true
      case .second, .all: fits && isSymmetric
      // Reductions of floats are computed by the engine, at load too.
      case .folded:
        ConstantFolding.knows(reference.operation)
          && !(reference.operation.hasPrefix("Reduce") && inputs[0].elementType.isFloat)
      }
    }.map { NodeCaseRun(reference: reference, binding: $0) }
  }

  /// What Pellucid answers beside what the standard demands, output by output.
  func answers(_ order: MemoryOrder) throws -> [(made: Tensor, wanted: Tensor)] {
    let model = try SingleNode(reference)
    if binding == .folded { return try model.folded() }
    // What an Attention hands on of keys and values does not depend on its queries.
    let constants = binding == .first ? ["present_key", "present_value"] : binding == .second ? ["present_value"] : []
    return try model.graph.outputs.indices.filter { !constants.contains(model.graph.outputs[$0].name) }.map { index in
      let output = model.graph.outputs[index].name
      let (graph, image) = try model.bound(binding, output: output)
      let made = try graph.run(image.ordered(image.shape.rank > 2 ? order : .rowMajor))
      let wanted = model.outputs[index]
      return (made, Tensor(wanted.floats ?? wanted.integers?.map { Float($0) } ?? [], shape: Shape(wanted.dimensions)))
    }
  }
}

/// A node case's model with its values, to be bound one way or another.
private struct SingleNode {
  let opset: Int
  var graph: OnnxGraph
  var inputs: [OnnxTensor]
  var outputs: [OnnxTensor]

  init(_ reference: OnnxCase) throws {
    graph = try reference.model().graph
    opset = reference.opset
    inputs = try reference.inputs()
    outputs = try reference.outputs()
    // Means and deviations are for training, places of the largest values are whole numbers.
    if ["LayerNormalization", "TopK"].contains(reference.operation) {
      graph.outputs.removeLast(graph.outputs.count - 1)
    }
  }

  private var node: OnnxNode { graph.nodes[0] }

  /// The graph with some inputs as the image and the others as constants; and the image.
  func bound(_ binding: NodeCaseRun.Binding, output: String) throws -> (Graph, Tensor) {
    var built = graph
    var image: Tensor
    let names = built.inputs.map(\.name)
    if binding == .all {
      let values = inputs.flatMap { $0.floats ?? [] }
      image = Tensor(values, shape: Shape([1, values.count]))
      var cuts: [OnnxNode] = []
      var start = 0
      for (name, tensor) in zip(names, inputs) {
        let (from, to) = ([Int64(start)], [Int64(start + tensor.count)])
        built.initializers["\(name)_from"] = OnnxTensor(elementType: .int64, dimensions: [1], values: .integers(from))
        built.initializers["\(name)_to"] = OnnxTensor(elementType: .int64, dimensions: [1], values: .integers(to))
        built.initializers["one"] = OnnxTensor(elementType: .int64, dimensions: [1], values: .integers([1]))
        let shape = tensor.dimensions.map(Int64.init)
        built.initializers["\(name)_shape"] = OnnxTensor(
          elementType: .int64, dimensions: [shape.count], values: .integers(shape))
        cuts.append(
          OnnxNode(
            name: "cut \(name)", operation: "Slice", inputs: ["image", "\(name)_from", "\(name)_to", "one"],
            outputs: ["\(name)_flat"]))
        cuts.append(
          OnnxNode(
            name: "shape \(name)", operation: "Reshape", inputs: ["\(name)_flat", "\(name)_shape"], outputs: [name]))
        start += tensor.count
      }
      built.nodes = cuts + built.nodes
      built.inputs = [OnnxValueInfo(name: "image", elementType: .float, dimensions: nil)]
    } else {
      let at = binding == .first ? 0 : 1
      image = Tensor(inputs[at].floats ?? [], shape: Shape(inputs[at].dimensions))
      built.inputs = [OnnxValueInfo(name: names[at], elementType: .float, dimensions: nil)]
      for (index, name) in names.enumerated() where index != at { built.initializers[name] = inputs[index] }
    }
    let model = OnnxModel(path: "case.onnx", opsets: ["": binding == .all ? max(opset, 13) : opset], graph: built)
    return (try Graph(importing: model, image: image.shape, output: output), image)
  }

  /// The case computed at load.
  func folded() throws -> [(made: Tensor, wanted: Tensor)] {
    let names = graph.inputs.map(\.name)
    let values = node.inputs.map { name in names.firstIndex(of: name).map { inputs[$0] } }
    let operands = values.map { tensor in tensor.map { OperatorContext.Operand.constant($0) } ?? .absent }
    let made = try ConstantFolding.fold(OperatorContext(node: node, opset: opset, operands: operands), values) ?? []
    return zip(made, outputs).map { made, wanted in
      let tensors = [made, wanted].map { tensor in
        Tensor(tensor.floats ?? tensor.integers?.map { Float($0) } ?? [], shape: Shape(tensor.dimensions))
      }
      return (tensors[0], tensors[1])
    }
  }
}
