import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Without biases all relevance that the outputs are given arrives at the image, through every kind of step.
@Suite struct ConservationTests {
  /// A network without biases, and an image.
  struct Subject: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var network: Network
    var image: Tensor

    init(
      _ description: String, seed: UInt64 = 5, image extents: [Int] = [2, 6, 5, 7],
      _ build: (inout NetworkSketch) -> String
    ) throws {
      testDescription = description
      var sketch = NetworkSketch(extents, seed: seed)
      sketch.bias = 0
      network = try sketch.network(build(&sketch))
      var random = RandomValues(seed: seed + 1)
      let shape = Shape([1] + extents)
      image = Tensor((0..<shape.count).map { _ in random.next() * 2 - 0.6 }, shape: shape)
    }

    func score() throws -> ScoreFunction {
      let classes = try Classes(outputs: network.outputCount, activation: .softmax, names: nil)
      return ScoreFunction(
        network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    }

    func relevance(_ options: [String: String]) throws -> Relevance {
      let method = try RelevancePropagation(OptionValues(options))
      return try method.relevance(of: .init(image: image), to: score(), progress: SilentProgress())
    }
  }

  static func subjects() throws -> [Subject] {
    let norm = { (sketch: inout NetworkSketch, type: String, input: String, more: [String: OnnxAttribute]) in
      sketch.add(
        type, [input], constants: [sketch.floats([4], scale: 1), sketch.floats([4], scale: 0)], more)
    }
    let activations = ["LeakyRelu", "Elu", "Softplus", "Relu", "Sigmoid", "HardSwish", "Abs"]
    return try activations.map { type in
      try Subject(type) { s in
        s.dense(s.conv(s.add(type, [s.conv("image", (2, 4), kernel: [3, 3, 3])]), (4, 3), kernel: [2, 2, 2]), (72, 3))
      }
    } + [
      Subject("PRelu") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        return s.dense(s.add("PRelu", [made], constants: [s.floats([4, 1, 1, 1], scale: 0.3)]), (240, 3))
      },
      Subject("residual sum") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        let second = s.conv(
          s.relu(s.conv(first, (4, 8), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])), (8, 4), kernel: [3, 3, 3],
          pads: [1, 1, 1, 1, 1, 1])
        return s.dense(s.relu(s.add("Add", [first, second])), (840, 3))
      },
      Subject("difference of two branches") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let second = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        return s.dense(s.add("Sub", [first, second]), (240, 3))
      },
      Subject("concatenation") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        let second = s.relu(s.conv(first, (4, 2), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        return s.dense(s.add("Concat", [first, second], ["axis": .int(1)]), (1260, 3))
      },
      Subject("average pools") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let pooled = s.pool(
          "AveragePool", first, kernel: [2, 2, 2], stride: [1, 1, 1], pads: [1, 0, 0, 0, 0, 1], countPadding: true)
        return s.dense(s.add("GlobalAveragePool", [s.relu(s.conv(pooled, (4, 6), kernel: [1, 1, 1]))]), (6, 3))
      },
      Subject("sums and means over other axes") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let sums = s.add("ReduceSum", [first], constants: [integers([1])])
        return s.dense(s.add("ReduceMean", [sums], ["axes": ints([4])]), (12, 3))
      },
      Subject("max pool") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        return s.dense(s.pool("MaxPool", first, kernel: [2, 2, 2], stride: [1, 1, 1]), (96, 3))
      },
      Subject("BatchNormalization and ReLU before a convolution") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        let second = s.conv(s.relu(s.batchNorm(first, 4)), (4, 2), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
        return s.dense(s.relu(s.add("Concat", [first, second], ["axis": .int(1)])), (1260, 3))
      },
      Subject("BatchNormalization after a pool") { s in
        let pooled = s.pool(
          "MaxPool", s.conv("image", (2, 4), kernel: [3, 3, 3]), kernel: [2, 2, 2], stride: [1, 1, 1])
        return s.dense(s.add("LeakyRelu", [s.batchNorm(pooled, 4)]), (96, 3))
      },
      Subject("BatchNormalization after a ReLU") { s in
        let first = s.batchNorm(s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])), 4)
        return s.dense(s.relu(s.conv(first, (4, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])), (840, 3))
      },
      Subject("InstanceNormalization") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        return s.dense(s.relu(norm(&s, "InstanceNormalization", made, [:])), (240, 3))
      },
      Subject("GroupNormalization", image: [2, 6, 5, 7]) { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        let grouped = s.add(
          "GroupNormalization", [made], constants: [s.floats([2], scale: 1), s.floats([2], scale: 0)],
          ["num_groups": .int(2)])
        return s.dense(s.relu(grouped), (240, 3))
      },
      Subject("LayerNormalization") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 4])
        return s.dense(s.relu(norm(&s, "LayerNormalization", made, ["axis": .int(-1)])), (192, 3))
      },
      Subject("layer normalization written out") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        let mean = s.add("ReduceMean", [made], ["axes": ints([4])])
        let centred = s.add("Sub", [made, mean])
        let square = s.add("Mul", [centred, centred])
        let variance = s.add("ReduceMean", [square], ["axes": ints([4])])
        let deviation = s.add("Sqrt", [s.add("Add", [variance], constants: [s.floats([1], scale: 0)])])
        return s.dense(s.relu(s.add("Div", [centred, deviation])), (240, 3))
      },
      Subject("ConvTranspose") { s in
        let made = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], stride: [2, 2, 2]))
        let larger = s.add(
          "ConvTranspose", [made], constants: [s.floats([4, 2, 3, 3, 3], scale: 0.2)],
          ["strides": ints([2, 2, 2]), "kernel_shape": ints([3, 3, 3])])
        return s.dense(s.relu(larger), (2 * 5 * 5 * 7, 3))
      },
      Subject("depthwise and dilated convolutions") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1], groups: 2))
        let second = s.relu(s.conv(first, (4, 4), kernel: [3, 2, 3], dilation: [2, 1, 2], groups: 4))
        return s.dense(second, (4 * 2 * 4 * 3, 3))
      },
      Subject("resampling, padding and slices") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let padded = s.add("Pad", [first], constants: [integers([0, 0, 1, 1, 0, 0, 0, 0, 1, 1])])
        let scales = OnnxTensor(elementType: .float, dimensions: [5], values: .floats([1, 1, 2, 1.5, 1]))
        let none = OnnxTensor(elementType: .float, dimensions: [0], values: .floats([]))
        let larger = s.add("Resize", [padded], constants: [none, scales], ["mode": .string("linear")])
        return s.dense(larger, (4 * 10 * 7 * 6, 3))
      },
      Subject("x·σ(x), and squeeze and excite") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        let swish = s.add("Mul", [made, s.add("Sigmoid", [made])])
        let squeezed = s.conv(s.add("GlobalAveragePool", [swish]), (4, 4), kernel: [1, 1, 1])
        return s.dense(s.add("Mul", [s.add("Sigmoid", [squeezed]), swish]), (240, 3))
      },
      Subject("GELU written out") { s in
        let made = s.conv("image", (2, 4), kernel: [3, 3, 3])
        let constant = { (value: Float) in OnnxTensor(elementType: .float, dimensions: [], values: .floats([value])) }
        let inner = s.add("Erf", [s.add("Div", [made], constants: [constant(1.4142135)])])
        let gate = s.add("Add", [inner], constants: [constant(1)])
        return s.dense(s.add("Mul", [s.add("Mul", [made, gate])], constants: [constant(0.5)]), (240, 3))
      },
      Subject("product of two features") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let second = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        return s.dense(s.add("Mul", [first, second]), (240, 3))
      },
      Subject("matrix product of two features") { s in
        let first = s.relu(s.conv("image", (2, 4), kernel: [3, 3, 3]))
        let tokens = s.add("Reshape", [first], constants: [integers([1, 4, 60])])
        let turned = s.add("Transpose", [tokens], ["perm": ints([0, 2, 1])])
        return s.dense(s.add("MatMul", [tokens, turned]), (16, 3))
      },
    ]
  }

  static let all = (try? subjects()) ?? []

  @Test func `All networks are there`() throws {
    #expect(try Self.subjects().count == 28)
  }

  @Test(arguments: all, ["epsilon", "epsilon-plus", "epsilon-plus-flat", "deep-taylor"])
  func `Nothing is lost`(_ subject: Subject, _ composite: String) throws {
    let found = try subject.relevance(["composite": composite])
    let start = try #require(number("relevance_of_outputs", of: found))
    #expect(abs(start) > 1e-3)
    #expect(found.map.firstNonFinite == nil)
    #expect(abs(found.map.sum - start) <= 1e-3 * abs(start), "\(found.map.sum) of \(start)")
  }

  @Test func `The table names every step and where relevance is lost`() throws {
    var sketch = NetworkSketch([2, 6, 5, 7], seed: 9)
    sketch.bias = 0
    let first = sketch.relu(sketch.conv("image", (2, 4), kernel: [3, 3, 3]))
    sketch.bias = 0.5
    let second = sketch.relu(sketch.conv(first, (4, 4), kernel: [2, 2, 2]))
    sketch.bias = 0
    let network = try sketch.network(sketch.dense(second, (96, 3)))
    let subject = try Subject("", network, image: [2, 6, 5, 7])
    let found = try subject.relevance(["composite": "epsilon", "conservation": "on"])
    let table = try #require(found.tables.first)
    #expect(
      table.columns == [
        "node", "operator", "rule", "relevance_of_output", "relevance_of_inputs", "difference", "share",
      ])
    #expect(table.rows.map { $0[1] } == ["Conv", "Relu", "Conv", "Relu", "Flatten", "Gemm"].map { .text($0) })
    #expect(
      table.rows.map { $0[2] }
        == [
          "epsilon(epsilon=1e-06)", "pass", "epsilon(epsilon=1e-06)", "pass", "gradient", "epsilon(epsilon=1e-06)",
        ].map { .text($0) })
    let numbers = table.rows.map { row in
      row[3...].map { value -> Double in if case .number(let number) = value { number } else { .nan } }
    }
    let start = try #require(number("relevance_of_outputs", of: found))
    #expect(abs(numbers[5][0] - start) < 1e-6)
    #expect(abs(numbers[0][1] - found.map.sum) < 1e-9)
    for (place, row) in numbers.enumerated() {
      #expect(abs(row[2] - (row[1] - row[0])) < 1e-12)
      #expect(abs(row[3] - row[2] / abs(start)) < 1e-12)
      #expect(place == 2 ? abs(row[3]) > 0.01 : abs(row[3]) < 1e-4, "\(place): \(row)")
    }
    let plain = try subject.relevance(["composite": "epsilon"])
    #expect(plain.tables.isEmpty)
    #expect(relativeError(plain.map.values, found.map.values) < 1e-6)
  }

  @Test func `Attention leaks at its softmax alone`() throws {
    let subject = try Subject("attention") { s in
      let patches = s.conv("image", (2, 8), kernel: [2, 1, 2], stride: [2, 1, 2])  // 3 × 5 × 3 patches
      let tokens = s.add("Reshape", [patches], constants: [integers([1, 8, 45])])
      let rows = s.add("Transpose", [tokens], ["perm": ints([0, 2, 1])])
      let parts = (0..<3).map { _ in s.add("MatMul", [rows], constants: [s.floats([8, 8], scale: 0.6)]) }
      let turned = s.add("Transpose", [parts[1]], ["perm": ints([0, 2, 1])])
      let weights = s.add("Softmax", [s.add("MatMul", [parts[0], turned])], ["axis": .int(-1)])
      let mixed = s.add("Add", [rows, s.add("MatMul", [weights, parts[2]])])
      return s.dense(s.add("ReduceMean", [mixed], ["axes": ints([1])]), (8, 3))
    }
    let found = try subject.relevance(["composite": "epsilon", "conservation": "on"])
    #expect(found.map.firstNonFinite == nil)
    let rows = try #require(found.tables.first).rows
    #expect(rows.contains { $0[1] == .text("Softmax") && $0[2] == .text("softmax") })
    #expect(rows.count { $0[2] == .text("bilinear") } == 2)
    for row in rows where row[1] != .text("Softmax") {
      guard case .number(let share) = row[6] else { continue }
      #expect(abs(share) < 1e-3, "\(row)")
    }
  }
}

extension ConservationTests.Subject {
  init(_ description: String, _ network: Network, image extents: [Int]) throws {
    testDescription = description
    self.network = network
    var random = RandomValues(seed: 4)
    let shape = Shape([1] + extents)
    image = Tensor((0..<shape.count).map { _ in random.next() * 2 - 0.6 }, shape: shape)
  }
}
