import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import Testing

/// What is made of the values that a network ends in.
struct HeadCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let form: Head.Form
  let activation: OutputActivation?
  let opset: Int
  let outputs: Int
  let build: @Sendable (inout ModelBuilder, String) -> Void

  init(
    _ name: String, _ form: Head.Form, _ activation: OutputActivation?, from outputs: Int = 3, opset: Int = 17,
    _ build: @escaping @Sendable (inout ModelBuilder, String) -> Void
  ) {
    testDescription = name
    self.form = form
    self.activation = activation
    self.outputs = outputs
    self.opset = opset
    self.build = build
  }

  static func number(_ value: Float) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: [], values: .floats([value]))
  }

  static let all: [HeadCase] = [
    HeadCase("softmax times 1", .beforeActivation, .softmax) { b, _ in
      b.add("Softmax")
      b.add("Mul", [number(1)])
    },
    HeadCase("softmax plus 0", .beforeActivation, .softmax) { b, _ in
      b.add("Softmax")
      b.add("Add", [number(0)])
    },
    HeadCase("softmax guarded by a clip", .beforeActivation, .softmax) { b, _ in
      b.add("Softmax")
      b.add("Clip", [number(1e-7), number(0.9999999)])
    },
    HeadCase("sigmoid times 1", .beforeActivation, .sigmoid, from: 1) { b, _ in
      b.add("Sigmoid")
      b.add("Mul", [number(1)])
    },
    HeadCase("several sigmoids, clipped to 0…1", .beforeActivation, .sigmoid) { b, _ in
      b.add("Sigmoid")
      b.add("Clip", [number(0), number(1)])
    },
    HeadCase("softmax cut at 0.2", .logOdds, .sigmoid) { b, _ in
      b.add("Softmax")
      b.add("Clip", [number(0.2), number(0.8)])
    },
    HeadCase("mean of two softmaxes", .logarithms, .softmax) { b, z in
      let first = b.add("Softmax")
      b.branch(from: z)
      b.add("Mul", [number(0.3)])
      b.add("Softmax")
      b.add("Add", [], reading: [first])
      b.add("Div", [number(2)])
    },
    HeadCase("mean of three softmaxes over a new axis", .logarithms, .softmax) { b, z in
      var members: [String] = []
      for factor: Float in [1, -0.5, 2] {
        b.branch(from: z)
        b.add("Mul", [number(factor)])
        b.add("Softmax")
        members.append(b.add("Unsqueeze", [ModelBuilder.integers([1])]))
      }
      b.branch(from: members[0])
      b.add("Concat", [], ["axis": .int(1)], reading: Array(members.dropFirst()))
      b.add("ReduceMean", [], ["axes": .ints([1]), "keepdims": .int(0)])
    },
    HeadCase("1 - p and p", .logarithms, .softmax, from: 1) { b, _ in
      let p = b.add("Sigmoid")
      b.add("Neg")
      let rest = b.add("Add", [number(1)])
      b.branch(from: rest)
      b.add("Concat", [], ["axis": .int(1)], reading: [p])
    },
    HeadCase("sigmoids of z and -z", .logarithms, .softmax, from: 1) { b, z in
      let p = b.add("Sigmoid")
      b.branch(from: z)
      b.add("Neg")
      b.add("Sigmoid")
      b.add("Concat", [], ["axis": .int(1)], reading: [p])
    },
    HeadCase("exp over its sum", .logarithms, .softmax) { b, _ in
      let e = b.add("Exp")
      let sum = b.add("ReduceSum", [ModelBuilder.integers([1])])
      b.branch(from: e)
      b.add("Div", [], reading: [sum])
    },
    HeadCase("exp less the largest, over its guarded sum", .logarithms, .softmax) { b, z in
      let largest = b.add("ReduceMax", [], ["axes": .ints([1])])
      b.branch(from: z)
      b.add("Sub", [], reading: [largest])
      let e = b.add("Exp")
      b.add("ReduceSum", [ModelBuilder.integers([1])])
      let sum = b.add("Add", [number(1e-9)])
      b.branch(from: e)
      b.add("Div", [], reading: [sum])
    },
    HeadCase("softplus over its sum", .logarithms, .softmax) { b, _ in
      let e = b.add("Softplus")
      b.add("ReduceSum", [ModelBuilder.integers([1])])
      let sum = b.add("Max", [number(1e-12)])
      b.branch(from: e)
      b.add("Div", [], reading: [sum])
    },
    HeadCase("exp of log-softmax", .logarithms, .softmax) { b, _ in
      b.add("LogSoftmax")
      b.add("Exp")
    },
    HeadCase("1/(1 + exp(-z))", .logOdds, .sigmoid, from: 1) { b, _ in
      b.add("Neg")
      b.add("Exp")
      b.add("Add", [number(1)])
      b.add("Reciprocal")
    },
    HeadCase("exp(z)/(1 + exp(z))", .logOdds, .sigmoid, from: 1) { b, _ in
      let e = b.add("Exp")
      let sum = b.add("Add", [number(1)])
      b.branch(from: e)
      b.add("Div", [], reading: [sum])
    },
    HeadCase("a half and half a tanh", .logOdds, .sigmoid, from: 1) { b, _ in
      b.add("Tanh")
      b.add("Mul", [number(0.5)])
      b.add("Add", [number(0.5)])
    },
    HeadCase("one of two softmaxed", .logOdds, .sigmoid, from: 2) { b, _ in
      b.add("Softmax")
      b.add("Slice", [1, 2, 1].map { ModelBuilder.integers([$0]) })
    },
    HeadCase("a tree of two decisions", .logarithms, .softmax, from: 2) { b, z in
      func part(_ index: Int) -> String {
        b.branch(from: z)
        return b.add("Slice", [index, index + 1, 1].map { ModelBuilder.integers([$0]) })
      }
      func rest(_ name: String) -> String {
        b.branch(from: name)
        b.add("Neg")
        return b.add("Add", [number(1)])
      }
      func product(_ one: String, _ other: String) -> String {
        b.branch(from: one)
        return b.add("Mul", [], reading: [other])
      }
      _ = part(0)
      let ill = b.add("Sigmoid")
      _ = part(1)
      let severe = b.add("Sigmoid")
      let parts = [rest(ill), product(ill, rest(severe)), product(ill, severe)]
      b.branch(from: parts[0])
      b.add("Concat", [], ["axis": .int(1)], reading: [parts[1], parts[2]])
    },
    HeadCase("logits", .outputs, nil) { _, _ in },
    HeadCase("logits of one", .outputs, nil, from: 1) { b, _ in b.add("Mul", [number(3)]) },
    HeadCase("rectified", .outputs, nil) { b, _ in b.add("Relu") },
    HeadCase("tanh", .outputs, nil, from: 1) { b, _ in b.add("Tanh") },
    HeadCase("log-probabilities by hand", .outputs, nil) { b, _ in
      b.add("Sigmoid")
      b.add("Log")
    },
    HeadCase("twice a softmax", .outputs, nil) { b, _ in
      b.add("Softmax")
      b.add("Mul", [number(2)])
    },
    HeadCase("a softmax less its mean", .outputs, nil) { b, _ in
      let p = b.add("Softmax")
      let mean = b.add("ReduceMean", [], ["axes": .ints([1])])
      b.branch(from: p)
      b.add("Sub", [], reading: [mean])
    },
  ]
}

@Suite struct HeadTests {
  private func model(_ head: HeadCase) -> OnnxModel {
    var builder = ModelBuilder(opset: head.opset)
    builder.conv(2, 6)
    builder.add("GlobalAveragePool")
    builder.add("Flatten")
    let z = builder.add("Gemm", [builder.weights([6, head.outputs])])
    head.build(&builder, z)
    return builder.model
  }

  private func image(_ network: Network, seed: Int = 3) -> Tensor {
    var builder = ModelBuilder(seed: seed)
    let values = builder.weights(network.inputShape.dimensions)
    return Tensor((values.floats ?? []).map { 3 * $0 }, shape: network.inputShape)
  }

  /// The outputs as they are: what ONNX defines, step by step.
  @Test(arguments: HeadCase.all)
  func `probabilities are recognised by structure, and nothing else is`(head: HeadCase) throws {
    let model = self.model(head)
    let network = try Network(model)
    #expect(network.head.form == head.form && network.endsIn == head.activation)
    let plain = try Network(model, answering: .values)
    #expect(plain.head.form == .outputs && plain.endsIn == nil)
    let x = image(network)
    let (z, p) = (try network.logits(x).values.map(Double.init), try plain.logits(x).values.map(Double.init))
    switch network.endsIn {
    case .softmax:
      let largest = z.max() ?? 0
      let sum = z.reduce(0) { $0 + power($1 - largest) }
      for (z, p) in zip(z, p) { #expect(abs(power(z - largest) / sum - p) < 2e-6, "\(z) \(p)") }
    case .sigmoid: for (z, p) in zip(z, p) { #expect(abs(1 / (1 + power(-z)) - p) < 2e-6, "\(z) \(p)") }
    default: #expect(z == p)
    }
  }

  /// d log p = dp/p, and of the odds dp/(p(1 − p)): against the slopes of the outputs themselves.
  @Test(arguments: HeadCase.all.filter { $0.form == .logarithms || $0.form == .logOdds })
  func `gradients of logits are those of probabilities over them`(head: HeadCase) throws {
    let model = self.model(head)
    let (network, plain) = (try Network(model), try Network(model, answering: .values))
    let x = image(network)
    let p = try plain.logits(x).values
    for k in p.indices {
      func gradient(_ network: Network) throws -> [Float] {
        var upstream = Array(repeating: Float(0), count: p.count)
        upstream[k] = 1
        let trace = try network.trace(x)
        let input = network.graph.input
        let found = try trace.backward(Tensor(upstream, shape: Shape([1, p.count])), to: [input])[input]
        return try #require(found).ordered(.rowMajor).values
      }
      let (logit, plain) = (try gradient(network), try gradient(plain))
      let slope = head.form == .logOdds ? p[k] * (1 - p[k]) : p[k]
      let largest = plain.reduce(0) { max($0, abs($1)) }
      for (a, b) in zip(logit, plain) { #expect(abs(a * slope - b) <= 1e-4 * largest + 1e-9) }
    }
  }

  @Test func `bounds of what is no probability are told`() throws {
    func head(_ name: String) throws -> Head {
      try Network(model(try #require(HeadCase.all.first { $0.testDescription == name }))).head
    }
    #expect(try head("logits").low == -.infinity && head("logits").high == .infinity)
    #expect(try head("rectified").low == 0 && head("rectified").high == .infinity)
    #expect(try head("tanh").low == -1 && head("tanh").high == 1)
    #expect(try abs(head("twice a softmax").high - 2) < 1e-6)
  }

  @Test func `a mean over voxels of softmaxes over channels is one of probabilities`() throws {
    for image in [[1, 2, 5, 6, 4], [1, 2, 12, 13, 14]] {
      var builder = ModelBuilder(image)
      builder.conv(2, 5)
      builder.add("Softmax", [], ["axis": .int(1)])
      #expect(try Network(builder.model).head.form == .outputs, "a map")
      #expect(try Network(builder.model).answersPerPlace)
      builder.add("GlobalAveragePool")
      builder.add("Flatten")
      let network = try Network(builder.model)
      #expect(network.head.form == .logarithms && !network.answersPerPlace)
      let p = try network.logits(self.image(network)).values.map { power(Double($0)) }
      #expect(abs(p.reduce(0, +) - 1) < 1e-5)
    }
  }

  /// Probabilities of 0 and 1 have finite logits and slopes.
  @Test func `logits are finite where probabilities are 0 and 1`() throws {
    for (kind, values) in [(false, [Float(0), 1, 1e-30]), (true, [0, 1, 0.25])] {
      var builder = ModelBuilder([1, 1, 1, 1, 3])
      builder.add("Flatten")
      builder.add("Clip", [HeadCase.number(0), HeadCase.number(1)])
      if !kind {
        let clipped = builder.last
        let sum = builder.add("ReduceSum", [ModelBuilder.integers([1])])
        builder.branch(from: clipped)
        builder.add("Div", [], reading: [sum])
      }
      let network = try Network(builder.model)
      #expect(network.head.form == (kind ? .logOdds : .logarithms))
      let x = Tensor(values, shape: network.inputShape)
      #expect(try network.logits(x).values.allSatisfy(\.isFinite))
      let trace = try network.trace(x)
      let upstream = Tensor([1, 1, 1], shape: Shape([1, 3]))
      let gradient = try trace.backward(upstream, to: [network.graph.input])[network.graph.input]
      #expect(try #require(gradient).values.allSatisfy(\.isFinite))
    }
  }
}
