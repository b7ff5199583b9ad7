import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Canonical forms` {
  private func image(_ network: Network) -> Tensor {
    var noise = Noise(seed: 7)
    return noise.tensor(network.inputShape.dimensions)
  }

  /// The canonical graph answers what the imported one does; nodes of these types are left.
  private func expectSame(_ builder: ModelBuilder, leaving types: [String]) throws {
    let network = try Network(builder.model)
    #expect(network.graph.nodes.map(\.type) == types)
    let x = image(network)
    let wanted = try network.imported.run(x).reshaped([1, network.outputCount])
    let made = try network.logits(x)
    #expect(made.isClose(to: wanted, absolute: 1e-5, relative: 1e-4), "\(made.worst(against: wanted))")
  }

  @Test(arguments: [true, false])
  func `merge a BatchNormalization into the convolution before it`(bias: Bool) throws {
    var builder = ModelBuilder()
    builder.conv(2, 3, bias: bias)
    builder.batchNormalization(3)
    builder.add("Relu")
    try expectSame(builder, leaving: ["Conv", "Relu"])
  }

  @Test func `merge what scales and shifts channels, several in a row`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 3)
    builder.add("Mul", [builder.weights([3, 1, 1, 1], positive: true)])
    builder.add("Add", [builder.weights([1, 3, 1, 1, 1])])
    builder.batchNormalization(3)
    builder.add("Sub", [builder.weights([1])])
    builder.add("Div", [builder.weights([1, 1, 1, 1, 1], positive: true)])
    try expectSame(builder, leaving: ["Conv"])
  }

  @Test func `merge a bias into a product, and a normalization into a dense layer`() throws {
    var builder = ModelBuilder()
    builder.add("Flatten")
    builder.add("MatMul", [builder.weights([240, 4])])
    builder.add("Add", [builder.weights([4])])
    builder.add("Relu")
    builder.add("Gemm", [builder.weights([3, 4]), builder.weights([3])], ["transB": .int(1)])
    builder.batchNormalization(3)
    try expectSame(builder, leaving: ["Flatten", "MatMul", "Relu", "Gemm"])
  }

  @Test func `leave what is no affine map of channels`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 3)
    builder.add("Add", [builder.weights([5, 6, 4])])  // varies over voxels
    // This one enlarges its input.
    builder.add("Div", [OnnxTensor(elementType: .float, dimensions: [2, 1, 1, 1, 1], values: .floats([2, 3]))])
    try expectSame(builder, leaving: ["Conv", "Add", "Div"])
  }

  @Test func `leave a convolution whose output is read twice`() throws {
    var builder = ModelBuilder()
    let convolved = builder.conv(2, 3)
    builder.batchNormalization(3)
    builder.add("Add", reading: [convolved])
    try expectSame(builder, leaving: ["Conv", "BatchNormalization", "Add"])
  }

  @Test func `leave a normalization that comes before the convolution`() throws {
    var builder = ModelBuilder()
    builder.batchNormalization(2)
    builder.add("Relu")
    builder.conv(2, 3)
    try expectSame(builder, leaving: ["BatchNormalization", "Relu", "Conv"])
  }

  @Test func `keep a convolution's own output where it is asked for`() throws {
    var builder = ModelBuilder()
    let convolved = builder.conv(2, 3)
    let alone = try Network(builder.model).imported
    let normalized = builder.batchNormalization(3)
    builder.add("Relu")
    let network = try Network(builder.model)
    let own = try #require(network.graph.value(named: convolved))
    #expect(network.graph.maker(of: own) == nil)
    let exposed = try network.exposing([own])
    #expect(exposed.graph.maker(of: own)?.name == "Conv_0")
    let x = image(network)
    let activation = try #require(try exposed.trace(x, watching: [own]).activation(own))
    #expect(activation.isClose(to: try alone.run(x)))
    #expect(try network.logits(x).isClose(to: try exposed.logits(x)))
    // What is there already needs no other network.
    let merged = try #require(network.graph.value(named: normalized))
    #expect(try network.exposing([merged]).graph.nodes.count == network.graph.nodes.count)
  }

  @Test func `find values by the names of tensors, nodes and what passes through`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 3)
    builder.add("Identity")
    builder.add("Relu")
    let network = try Network(builder.model)
    let names = ["Conv_0", "Conv_0_out", "Identity_1", "Identity_1_out"]
    #expect(Set(names.map { network.graph.value(named: $0) }).count == 1)
    #expect(network.graph.value(named: "Conv_9") == nil)
    #expect(network.graph.value(named: "x") == network.graph.input)
  }

  // MARK: output activations

  @Test(arguments: [
    ("Softmax", OutputActivation.softmax), ("LogSoftmax", .softmax), ("Sigmoid", .sigmoid),
  ])
  func `split the output activation off`(type: String, activation: OutputActivation) throws {
    var builder = ModelBuilder()
    builder.add("GlobalAveragePool")
    builder.add("Flatten")
    builder.add("Gemm", [builder.weights([2, 3])])
    let plain = try Network(builder.model)
    #expect(plain.endsIn == nil)
    builder.add(type)
    let network = try Network(builder.model)
    #expect(network.endsIn == activation)
    let x = image(network)
    #expect(try network.logits(x).values == (try plain.logits(x)).values)
  }

  @Test(arguments: ["Softmax", "LogSoftmax"], [11, 17])
  func `split it off where the classes lie along the channels, and where reshapes follow`(type: String, opset: Int)
    throws
  {
    var builder = ModelBuilder(opset: opset)
    builder.conv(2, 5)
    builder.add("GlobalAveragePool")
    let plain = try Network(builder.model)
    builder.add(type, [], ["axis": .int(1)])
    let network = try Network(builder.model)
    #expect(network.endsIn == .softmax)
    let x = image(network)
    #expect(try network.logits(x).values == (try plain.logits(x)).values)
    builder.add("Flatten")
    builder.add("Reshape", [ModelBuilder.integers([1, 5, 1])])
    let followed = try Network(builder.model)
    #expect(followed.endsIn == .softmax)
    #expect(try followed.logits(x).values == (try plain.logits(x)).values)
    #expect(try followed.logits(x).shape == Shape([1, 5]))
  }

  @Test func `leave a softmax over voxels, or inside the network`() throws {
    var builder = ModelBuilder()
    builder.conv(2, 5)
    builder.add("Softmax", [], ["axis": .int(1)])
    #expect(try Network(builder.model).endsIn == nil)
    builder.add("GlobalAveragePool")
    #expect(try Network(builder.model).head.form == .logarithms, "their mean is no softmax, but probabilities")
  }
}
