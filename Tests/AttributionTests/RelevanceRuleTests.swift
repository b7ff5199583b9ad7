import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Each rule against its definition on the layer written out as a matrix, which is found by sending unit vectors through the layer.
@Suite struct RelevanceRuleTests {
  /// A layer as y = W·x + b, with an input and a relevance of its outputs.
  struct Layer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var network: Network
    var weights: [[Double]]
    var bias: [Double]
    var x: [Double]
    var upper: [Double]

    var outputs: [Double] { zip(weights, bias).map { row, b in zip(row, x).reduce(b) { $0 + $1.0 * $1.1 } } }

    init(_ description: String, _ graph: OnnxGraph, isNonNegative: Bool = false) throws {
      testDescription = description
      network = try Network(OnnxModel(path: "layer.onnx", graph: graph))
      let count = network.inputShape.count
      bias = try Self.run(network, [Float](repeating: 0, count: count))
      weights = Array(repeating: Array(repeating: 0, count: count), count: bias.count)
      for i in 0..<count {
        var unit = [Float](repeating: 0, count: count)
        unit[i] = 1
        for (o, y) in try Self.run(network, unit).enumerated() { weights[o][i] = y - bias[o] }
      }
      // No output close to 0, where a quotient is rounding and nothing else.
      (x, upper) = ([], [])
      var random = Numbers(seed: 7)
      repeat { x = random.next(count).map { isNonNegative ? abs($0) : $0 } } while outputs.contains { abs($0) < 0.02 }
      upper = random.next(bias.count)
    }

    private static func run(_ network: Network, _ x: [Float]) throws -> [Double] {
      try network.logits(Tensor(x, shape: network.inputShape)).values.map(Double.init)
    }

    /// Relevance of the inputs by a rule of ours.
    func relevance(_ rule: any BackwardRule) throws -> [Double] {
      let image = Tensor(x.map { Float($0) }, shape: network.inputShape)
      let trace = try network.trace(image) { node in node.operation.role == .rearrangement ? nil : rule }
      let upper = Tensor(self.upper.map { Float($0) }, shape: Shape([1, self.upper.count]))
      let found = try trace.backward(upper, to: [network.graph.input])
      return try #require(found[network.graph.input]).ordered(.rowMajor).values.map(Double.init)
    }

    /// R_i = Σ_j c_ij·R_j / (Σ_i c_ij + b_j ± ε), for contributions c and biases b of a rule.
    func shared(
      bias rest: (Int) -> Double, weight: (Int) -> Double = { _ in 1 }, contribution: (_ j: Int, _ i: Int) -> Double
    ) -> [Double] {
      var out = Array(repeating: 0.0, count: x.count)
      for j in upper.indices {
        let parts = x.indices.map { contribution(j, $0) }
        let z = parts.reduce(rest(j), +)
        let quotient = weight(j) * upper[j] / (z + (z < 0 ? -1e-6 : 1e-6))
        for i in x.indices { out[i] += parts[i] * quotient }
      }
      return out
    }
  }

  static let layers: [Layer] =
    (try? [
      Layer("convolution", .convolution(bias: true)), Layer("convolution without bias", .convolution(bias: false)),
      Layer("convolution behind a ReLU", .convolution(bias: true), isNonNegative: true),
      Layer("dilated convolution with stride", .convolution(bias: true, stride: 2, dilation: 2)),
      Layer("depthwise convolution", .convolution(bias: true, groups: 2)), Layer("dense layer", .dense()),
    ]) ?? []

  @Test func `Layers are there, and none is trivial`() {
    #expect(Self.layers.count == 6)
    #expect(Self.layers.allSatisfy { layer in layer.weights.contains { $0.contains { $0 > 0 } } })
  }

  @Test(arguments: layers) func epsilon(_ layer: Layer) throws {
    let wanted = layer.shared(bias: { layer.bias[$0] }) { layer.x[$1] * layer.weights[$0][$1] }
    #expect(relativeError(try layer.relevance(RelevanceRule.epsilon(1e-6)), wanted) < 1e-4)
  }

  @Test func `The stabilizer of ε takes its part`() throws {
    let layer = Self.layers[0]
    var wanted = Array(repeating: 0.0, count: layer.x.count)
    for (j, z) in layer.outputs.enumerated() {
      for i in layer.x.indices {
        wanted[i] += layer.x[i] * layer.weights[j][i] * layer.upper[j] / (z + (z < 0 ? -0.5 : 0.5))
      }
    }
    #expect(relativeError(try layer.relevance(RelevanceRule.epsilon(0.5)), wanted) < 1e-5)
  }

  @Test(arguments: layers) func `z⁺`(_ layer: Layer) throws {
    let wanted = layer.shared(bias: { max(layer.bias[$0], 0) }) { max(layer.x[$1] * layer.weights[$0][$1], 0) }
    #expect(relativeError(try layer.relevance(RelevanceRule.zPlus()), wanted) < 1e-4)
  }

  @Test(arguments: layers, [(Float(2), Float(1)), (1, 0), (1.5, 0.5)])
  func `αβ`(_ layer: Layer, _ parameters: (alpha: Float, beta: Float)) throws {
    let positive = layer.shared(bias: { max(layer.bias[$0], 0) }) { max(layer.x[$1] * layer.weights[$0][$1], 0) }
    let negative = layer.shared(bias: { min(layer.bias[$0], 0) }) { min(layer.x[$1] * layer.weights[$0][$1], 0) }
    let wanted = zip(positive, negative).map { Double(parameters.alpha) * $0 - Double(parameters.beta) * $1 }
    let rule = RelevanceRule.alphaBeta(alpha: parameters.alpha, beta: parameters.beta)
    #expect(relativeError(try layer.relevance(rule), wanted) < 1e-4)
  }

  @Test(arguments: layers, [Float(0), 0.25, 10])
  func `γ, generalized to both signs`(_ layer: Layer, _ gamma: Float) throws {
    // Where the output is positive, contributions of its sign count 1 + γ times; where negative, those below zero.
    let z = layer.outputs
    func favoured(_ value: Double, _ j: Int) -> Double {
      (z[j] > 0) == (value > 0) ? value * (1 + Double(gamma)) : value
    }
    let wanted = layer.shared(bias: { favoured(layer.bias[$0], $0) }) {
      favoured(layer.x[$1] * layer.weights[$0][$1], $0)
    }
    #expect(relativeError(try layer.relevance(RelevanceRule.gamma(gamma)), wanted) < 1e-4)
  }

  @Test(arguments: layers) func `zᴮ`(_ layer: Layer) throws {
    let (low, high) = (-1.5, 2.0)
    let wanted = layer.shared(bias: { _ in 0 }) { j, i in
      let w = layer.weights[j][i]
      return layer.x[i] * w - low * max(w, 0) - high * min(w, 0)
    }
    #expect(relativeError(try layer.relevance(RelevanceRule.zBox(low: -1.5, high: 2)), wanted) < 1e-4)
  }

  @Test(arguments: layers) func flat(_ layer: Layer) throws {
    let wanted = layer.shared(bias: { _ in 0 }) { layer.weights[$0][$1] == 0 ? 0 : 1 }
    #expect(relativeError(try layer.relevance(RelevanceRule.flat()), wanted) < 1e-5)
  }

  @Test(arguments: layers) func `w²`(_ layer: Layer) throws {
    let wanted = layer.shared(bias: { layer.bias[$0] * layer.bias[$0] }) {
      layer.weights[$0][$1] * layer.weights[$0][$1]
    }
    #expect(relativeError(try layer.relevance(RelevanceRule.wSquare()), wanted) < 1e-5)
  }

  @Test func `Average pools share by contribution`() throws {
    let layer = try Layer("average pool", .averagePool(), isNonNegative: true)
    let wanted = layer.shared(bias: { _ in 0 }) { layer.x[$1] * layer.weights[$0][$1] }
    let found = try layer.relevance(Norm())
    #expect(relativeError(found, wanted) < 1e-5)
    #expect(abs(found.reduce(0, +) - layer.upper.reduce(0, +)) < 1e-4, "relevance is kept")
  }

  @Test func `Without a bias nothing is lost`() throws {
    let layer = Self.layers[1]
    for rule in [RelevanceRule.flat(), .wSquare(), .zBox(low: -3, high: 3)] {
      let sum = try layer.relevance(rule).reduce(0, +)
      #expect(abs(sum - layer.upper.reduce(0, +)) < 1e-4)
    }
  }
}

/// Numbers in −1…1 from a seed.
struct Numbers {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next(_ count: Int) -> [Double] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
    }
  }
}

extension OnnxGraph {
  /// One layer behind an image, flattened.
  fileprivate static func layer(
    _ operation: String, image: [Int], constants: [(String, [Int])] = [], attributes: [String: OnnxAttribute] = [:],
    flattenFirst: Bool = false
  ) -> OnnxGraph {
    var random = Numbers(seed: 3)
    var initializers: [String: OnnxTensor] = [:]
    for (name, dimensions) in constants {
      let values = random.next(dimensions.reduce(1, *)).map { Float($0) }
      initializers[name] = OnnxTensor(name: name, elementType: .float, dimensions: dimensions, values: .floats(values))
    }
    let names = constants.map(\.0)
    let nodes =
      flattenFirst
      ? [
        OnnxNode(name: "flatten", operation: "Flatten", inputs: ["image"], outputs: ["flat"]),
        OnnxNode(
          name: "layer", operation: operation, inputs: ["flat"] + names, outputs: ["out"], attributes: attributes),
      ]
      : [
        OnnxNode(
          name: "layer", operation: operation, inputs: ["image"] + names, outputs: ["made"], attributes: attributes),
        OnnxNode(name: "flatten", operation: "Flatten", inputs: ["made"], outputs: ["out"]),
      ]
    return OnnxGraph(
      inputs: [OnnxValueInfo(name: "image", elementType: .float, dimensions: image.map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "out", elementType: .float, dimensions: nil)], nodes: nodes,
      initializers: initializers)
  }

  fileprivate static func convolution(bias: Bool, stride: Int = 1, dilation: Int = 1, groups: Int = 1) -> OnnxGraph {
    layer(
      "Conv", image: [1, 2, 4, 3, 5], constants: [("w", [4, 2 / groups, 2, 2, 2])] + (bias ? [("b", [4])] : []),
      attributes: [
        "strides": .ints([stride, stride, stride]), "dilations": .ints([dilation, dilation, dilation]),
        "pads": .ints([1, 1, 1, 1, 1, 1]), "group": .int(groups),
      ])
  }

  fileprivate static func dense() -> OnnxGraph {
    layer(
      "Gemm", image: [1, 2, 2, 3, 2], constants: [("w", [5, 24]), ("b", [5])], attributes: ["transB": .int(1)],
      flattenFirst: true)
  }

  fileprivate static func averagePool() -> OnnxGraph {
    layer(
      "AveragePool", image: [1, 2, 4, 3, 5],
      attributes: ["kernel_shape": .ints([2, 2, 3]), "strides": .ints([1, 1, 1]), "pads": .ints([1, 0, 1, 1, 0, 1])])
  }
}
