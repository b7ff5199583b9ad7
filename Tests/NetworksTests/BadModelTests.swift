import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Bad models` {
  private func error(
    _ model: OnnxModel, spatial: [Int]? = nil, inputs: [String: [Float]] = [:], output: String? = nil
  ) throws -> PellucidError {
    try #require(throws: PellucidError.self) { try Network(model, spatial: spatial, inputs: inputs, output: output) }
  }

  @Test func `name all operators that are lacking at once, with nodes and opset`() throws {
    var builder = ModelBuilder(opset: 15)
    builder.conv(2, 3)
    builder.add("Frobnicate")
    builder.add("Frobnicate")
    builder.add("Mod", [builder.weights([1]), builder.weights([1])])  // folded, but never run
    builder.add("Det")
    let error = try error(builder.model)
    #expect(error.kind == .unsupported)
    for part in [
      "Frobnicate (Frobnicate_1, Frobnicate_2)", "Mod (Mod_3)", "Det (Det_4)", "opset 15",
      "built.onnx",
    ] {
      #expect(error.line.contains(part), "\(error)")
    }
    #expect(!error.line.contains("Conv"))
  }

  @Test func `are not refused for what the output does not need`() throws {
    var builder = ModelBuilder()
    let convolved = builder.conv(2, 3)
    builder.add("Frobnicate")
    var model = builder.model
    var graph = model.graph
    graph.outputs = [OnnxValueInfo(name: convolved, elementType: .float, dimensions: nil)] + graph.outputs
    model = OnnxModel(path: "m.onnx", graph: graph)
    _ = try Network(model)
    #expect(try error(model, output: "Frobnicate_1_out").kind == .unsupported)
    #expect(try error(model, output: "Conv_0_ou").line.contains("did you mean Conv_0_out?"))
  }

  @Test func `say which weights do not fit`() throws {
    var builder = ModelBuilder()
    builder.add("Conv", [builder.weights([3, 4, 3, 3, 3])])
    let line = try error(builder.model).line
    #expect(line.contains("node Conv_0") && line.contains("its weights take 4 channels, its input has 2"), "\(line)")

    var dense = ModelBuilder()
    dense.add("Flatten")
    dense.add("Gemm", [dense.weights([7, 3])])
    let other = try error(dense.model).line
    #expect(other.contains("node Gemm_1") && other.contains("[1, 240]"), "\(other)")
  }

  @Test func `say that a reshape does not come out even, as for another image size`() throws {
    var builder = ModelBuilder()
    builder.add("Reshape", [ModelBuilder.integers([-1, 7])])
    let error = try error(builder.model)
    #expect(error.kind == .badData && error.line.contains("does not come out even"), "\(error)")
  }

  @Test func `say that the image is too small for a kernel`() throws {
    var builder = ModelBuilder([1, 2, 2, 9, 9])
    builder.add("Conv", [builder.weights([3, 2, 3, 3, 3])])
    #expect(try error(builder.model).line.contains("larger than the padded input"))
  }

  @Test func `need a size where the file leaves it open`() throws {
    var builder = ModelBuilder([nil, 2, nil, 6, nil])
    builder.conv(2, 1)
    let line = try error(builder.model).line
    #expect(line.contains("axis2") && line.contains("input.shape"), "\(line)")
    #expect(try Network(builder.model, spatial: [4, 6, 3]).inputShape == Shape([1, 2, 4, 6, 3]))
    #expect(try error(builder.model, spatial: [4]).kind == .badData)
    #expect(try error(builder.model, spatial: [4, 6, 0]).kind == .badData)
  }

  @Test func `need values for their further inputs, by their names`() throws {
    var builder = ModelBuilder()
    builder.add("GlobalAveragePool")
    builder.add("Flatten")
    builder.add("Concat", [], ["axis": .int(1)], reading: ["age"])
    var graph = builder.model.graph
    graph.inputs.append(OnnxValueInfo(name: "age", elementType: .float, dimensions: [.symbolic("N"), .fixed(1)]))
    let model = OnnxModel(path: "m.onnx", graph: graph)
    #expect(try error(model).line.contains("`input` age=VALUE"))
    #expect(try error(model, inputs: ["age": [73], "agee": [1]]).line.contains("did you mean age?"))
    #expect(try error(model, inputs: ["age": [1, 2]]).line.contains("2 values are given"))
    #expect(try error(model, inputs: ["age": [.nan]]).kind == .badData)
    let network = try Network(model, inputs: ["age": [73]])
    let x = Tensor(repeating: 1, shape: network.inputShape)
    #expect(try network.logits(x).values == [1, 1, 73])
    // The value holds for every image of a batch.
    #expect(
      try network.logits(Tensor(repeating: 1, shape: network.inputShape.withBatch(2))).values == [1, 1, 73, 1, 1, 73])
  }

  @Test func `answer only images of their shape`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 1)
    let network = try Network(builder.model)
    for shape in [[1, 2, 5, 6, 5], [2, 5, 6, 4], [1, 1, 5, 6, 4], [0, 2, 5, 6, 4]] {
      let image = Tensor(repeating: 0, shape: Shape(shape))
      #expect(throws: PellucidError.self) { try network.logits(image) }
      #expect(throws: PellucidError.self) { try network.trace(image) }
    }
  }

  @Test func `name the first node whose output is not finite`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 3)
    builder.add("Abs")
    let huge = OnnxTensor(elementType: .float, dimensions: [1], values: .floats([1e30]))
    builder.add("Mul", [huge])
    builder.add("Mul", [huge])
    builder.add("GlobalAveragePool")
    let network = try Network(builder.model)
    let image = Tensor(repeating: 1, shape: network.inputShape)
    let error = try #require(throws: PellucidError.self) { try network.logits(image) }
    #expect(error.kind == .numeric && error.place.part == "node Mul_3", "\(error)")
    #expect(throws: PellucidError.self) { try network.trace(image) }
  }

  @Test(arguments: [["Relu"], ["Relu", "MaxPool"], ["MaxPool", "Relu"]])
  func `whose sums overflow to no number do not answer as if nothing had happened`(after: [String]) throws {
    var builder = ModelBuilder([1, 2, 4, 4, 4])
    // ∞ − ∞ in every voxel.
    builder.add(
      "Conv", [OnnxTensor(elementType: .float, dimensions: [1, 2, 1, 1, 1], values: .floats([1e10, -1e10]))])
    for operation in after {
      builder.add(operation, [], operation == "MaxPool" ? ["kernel_shape": .ints([2, 2, 2])] : [:])
    }
    builder.add("GlobalAveragePool")
    let network = try Network(builder.model)
    let error = try #require(throws: PellucidError.self) {
      try network.logits(Tensor(repeating: 1e30, shape: network.inputShape))
    }
    #expect(error.kind == .numeric && error.place.part == "node Conv_0", "\(error)")
    #expect(try network.logits(Tensor(repeating: 1, shape: network.inputShape)).values == [0])
  }

  @Test func `with weights that are no numbers do not pass through a ReLU unseen`() throws {
    for value in [Float.nan, .infinity, -.infinity] {
      var builder = ModelBuilder()
      var weights = builder.weights([3, 2, 3, 3, 3])
      weights.values = .floats((weights.floats ?? []).enumerated().map { $0.offset == 5 ? value : $0.element })
      builder.add("Conv", [weights])
      builder.add("Relu")
      builder.add("GlobalMaxPool")
      #expect(throws: PellucidError.self) {
        let network = try Network(builder.model)
        return try network.logits(Tensor(repeating: 1, shape: network.inputShape))
      }
    }
  }

  @Test(arguments: [
    ("trained mode", "BatchNormalization", "training"), ("an integer cast", "Cast", "integers"),
  ])
  func `in forms that cannot be explained are refused`(what: String, type: String, word: String) throws {
    var builder = ModelBuilder()
    if type == "Cast" {
      builder.add("Cast", [], ["to": .int(OnnxElementType.int64.rawValue)])
    } else {
      builder.add(type, (0..<4).map { _ in builder.weights([2], positive: true) }, ["training_mode": .int(1)])
    }
    let error = try error(builder.model)
    #expect(error.kind == .unsupported && error.line.contains(word), "\(error)")
  }

  @Test func `that mix the images of a batch are run one by one`() throws {
    // Softmax and Concat along the first axis, which a reshape has made of channels.
    for type in ["Softmax", "Concat"] {
      var builder = ModelBuilder([nil, 2, 2, 2, 2])
      let rows = builder.add("Reshape", [ModelBuilder.integers([2, 8])])
      builder.add(type, [], ["axis": .int(0)], reading: type == "Concat" ? [rows] : [])
      builder.add("Relu")
      let network = try Network(builder.model)
      #expect(!network.supportsBatches)
      var noise = Noise(seed: 2)
      let batch = noise.tensor([3, 2, 2, 2, 2])
      let singles = try (0..<3).flatMap { n in
        try network.logits(Tensor(Array(batch.values[(n * 16)..<(n * 16 + 16)]), shape: network.inputShape)).values
      }
      #expect(try network.logits(batch).values == singles)
      #expect(throws: PellucidError.self) { try network.trace(batch) }
    }
  }
}
