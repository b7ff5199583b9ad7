import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Damaged models` {
  private static let names = [
    "conv_groups", "conv_same", "pad_crop", "pad_reflect", "slice", "roll", "split", "index", "channel_shuffle",
    "class_token", "prelu",
    "powers", "amax", "matmul_broadcast", "concat_constant", "avgpool_ceil", "maxpool_dilated", "groupnorm", "rieke",
    "sfcn", "densenet",
    "se_resnet", "transformer", "gated",
  ]

  /// A thousand models with one to three things changed: each is refused with an error or answers, and none traps.
  @Test(arguments: names)
  func `are refused or answer, whatever is wrong with them`(name: String) throws {
    var noise = Noise(seed: name.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
    for fixture in NetworkFixture.all where fixture.file.hasPrefix(name + "_") {
      let model = try fixture.model()
      for _ in 0..<400 {
        var graph = model.graph
        for _ in 0..<Int.random(in: 1...3, using: &noise) { Self.damage(&graph, &noise) }
        let damaged = OnnxModel(path: "damaged.onnx", opsets: model.opsets, graph: graph)
        do throws(PellucidError) {
          let network = try Network(damaged, spatial: fixture.input.shape.spatial)
          // What would take long is built, but not run.
          guard network.imported.values.allSatisfy({ $0.shape.count < 1 << 16 }) else { continue }
          let image = Tensor(repeating: 0.5, shape: network.inputShape)
          let trace = try network.trace(image)
          _ = try trace.backward(
            Tensor(repeating: 1, shape: Shape([1, network.outputCount])), to: [network.graph.input])
        } catch {
          #expect(!error.line.isEmpty && error.kind != .internalFault, "\(error)")
        }
      }
    }
  }

  private static let numbers = [Int.min, -1_000_000, -7, -2, -1, 0, 1, 2, 3, 5, 100, 1 << 33, Int.max]

  private static func damage(_ graph: inout OnnxGraph, _ noise: inout Noise) {
    let place = Int.random(in: graph.nodes.indices, using: &noise)
    switch Int.random(in: 0..<10, using: &noise) {
    case 0, 1, 2: damageAttribute(&graph.nodes[place], &noise)
    case 3, 4: damageConstant(&graph, &noise)
    case 5: graph.nodes[place].inputs.shuffle(using: &noise)
    case 6:
      if !graph.nodes[place].inputs.isEmpty {
        graph.nodes[place].inputs[Int.random(in: graph.nodes[place].inputs.indices, using: &noise)] = ""
      }
    case 7: graph.nodes[place].inputs.removeAll { _ in Bool.random(using: &noise) }
    case 8:
      let types =
        graph.nodes.map(\.operation) + [
          "Reshape", "Softmax", "Concat", "MatMul", "Pad", "Slice", "Gather", "Relu", "Squeeze",
        ]
      graph.nodes[place].operation = types.randomElement(using: &noise) ?? "Relu"
    default:
      // Another constant takes the place of one, or of an activation.
      if let other = graph.initializers.keys.sorted().randomElement(using: &noise), !graph.nodes[place].inputs.isEmpty {
        graph.nodes[place].inputs[Int.random(in: graph.nodes[place].inputs.indices, using: &noise)] = other
      }
    }
  }

  private static func damageAttribute(_ node: inout OnnxNode, _ noise: inout Noise) {
    let number = numbers.randomElement(using: &noise) ?? 0
    guard let name = node.attributes.keys.sorted().randomElement(using: &noise) else {
      let names = ["axis", "axes", "pads", "perm", "group", "keepdims", "kernel_shape", "strides"]
      node.attributes[names.randomElement(using: &noise) ?? "axis"] =
        Bool.random(using: &noise) ? .int(number) : .ints([number])
      return
    }
    switch node.attributes[name] {
    case .int: node.attributes[name] = .int(number)
    case .ints(var list) where !list.isEmpty && Bool.random(using: &noise):
      list[Int.random(in: list.indices, using: &noise)] = number
      node.attributes[name] = .ints(list)
    case .ints(let list):
      node.attributes[name] = .ints(Bool.random(using: &noise) ? Array(list.dropLast()) : list + [number])
    case .float: node.attributes[name] = .float([0, -1, .nan, .infinity, 1e30].randomElement(using: &noise) ?? 0)
    case .tensor(let tensor): node.attributes[name] = .tensor(damaged(tensor, &noise))
    default: node.attributes[name] = nil
    }
  }

  private static func damageConstant(_ graph: inout OnnxGraph, _ noise: inout Noise) {
    guard let name = graph.initializers.keys.sorted().randomElement(using: &noise) else { return }
    graph.initializers[name] = graph.initializers[name].map { damaged($0, &noise) }
  }

  private static func damaged(_ tensor: OnnxTensor, _ noise: inout Noise) -> OnnxTensor {
    var copy = tensor
    switch Int.random(in: 0..<5, using: &noise) {
    case 0: copy.dimensions.shuffle(using: &noise)
    case 1: copy.dimensions = [copy.count]
    case 2: copy.dimensions += Array(repeating: 1, count: Int.random(in: 1...20, using: &noise))
    case 3 where tensor.integers != nil:
      guard var values = tensor.integers, !values.isEmpty else { return tensor }
      values[Int.random(in: values.indices, using: &noise)] = Int64(numbers.randomElement(using: &noise) ?? 0)
      copy.values = .integers(values)
    case 3:
      guard var values = tensor.floats, !values.isEmpty else { return tensor }
      values[Int.random(in: values.indices, using: &noise)] =
        [.nan, .infinity, 1e38, 0].randomElement(using: &noise) ?? 0
      copy.values = .floats(values)
    default:
      let values = tensor.integers.map { OnnxTensor.Values.floats($0.map { Float($0) }) }
      copy.values = values ?? .integers((tensor.floats ?? []).map { Int64($0.isFinite ? max(-9, min(9, $0)) : 0) })
      copy.elementType = tensor.integers == nil ? .int64 : .float
    }
    return copy
  }
}
