import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import TestSupport

/// Builds small networks node by node, with weights from a fixed sequence of random numbers.
struct NetworkSketch {
  private var nodes: [OnnxNode] = []
  private var initializers: [String: OnnxTensor] = [:]
  private var random: RandomValues
  private let image: [Int]
  /// How large biases are, and shifts of normalizations.
  var bias: Float = 0.2

  /// - Parameter image: C, D, H, W.
  init(_ image: [Int], seed: UInt64) {
    self.image = image
    random = RandomValues(seed: seed)
  }

  /// A node whose further inputs are these constants; returns the name of its output.
  mutating func add(
    _ operation: String, _ inputs: [String], constants: [OnnxTensor] = [], _ attributes: [String: OnnxAttribute] = [:]
  ) -> String {
    let name = "\(operation)_\(nodes.count)"
    var all = inputs
    for (index, tensor) in constants.enumerated() {
      initializers["\(name).\(index)"] = tensor
      all.append("\(name).\(index)")
    }
    nodes.append(OnnxNode(name: name, operation: operation, inputs: all, outputs: [name], attributes: attributes))
    return name
  }

  /// A convolution with random weights and bias.
  mutating func conv(
    _ input: String, _ channels: (Int, Int), kernel: [Int], stride: [Int] = [1, 1, 1], dilation: [Int] = [1, 1, 1],
    pads: [Int] = [0, 0, 0, 0, 0, 0], groups: Int = 1
  ) -> String {
    let taps = channels.0 / groups * kernel.reduce(1, *)
    return add(
      "Conv", [input],
      constants: [
        floats([channels.1, channels.0 / groups] + kernel, scale: 1 / Float(taps).squareRoot()),
        floats([channels.1], scale: bias),
      ],
      [
        "kernel_shape": ints(kernel), "strides": ints(stride), "dilations": ints(dilation), "pads": ints(pads),
        "group": .int(groups),
      ])
  }

  /// A normalization with random statistics.
  mutating func batchNorm(_ input: String, _ channels: Int) -> String {
    var variance = floats([channels], scale: 0.4)
    variance.values = .floats((variance.floats ?? []).map { 1 + $0 })
    return add(
      "BatchNormalization", [input],
      constants: [
        floats([channels], scale: 1), floats([channels], scale: 1.5 * bias), floats([channels], scale: bias), variance,
      ])
  }

  mutating func relu(_ input: String) -> String { add("Relu", [input]) }

  mutating func pool(
    _ kind: String, _ input: String, kernel: [Int], stride: [Int], pads: [Int] = [0, 0, 0, 0, 0, 0], ceil: Bool = false,
    countPadding: Bool = false
  ) -> String {
    var attributes = [
      "kernel_shape": ints(kernel), "strides": ints(stride), "pads": ints(pads),
      "ceil_mode": OnnxAttribute.int(ceil ? 1 : 0),
    ]
    if kind == "AveragePool" { attributes["count_include_pad"] = .int(countPadding ? 1 : 0) }
    return add(kind, [input], attributes)
  }

  /// Flatten and a dense layer.
  mutating func dense(_ input: String, _ sizes: (Int, Int)) -> String {
    let flat = add("Flatten", [input])
    return add(
      "Gemm", [flat],
      constants: [floats([sizes.1, sizes.0], scale: 1 / Float(sizes.0).squareRoot()), floats([sizes.1], scale: bias)],
      ["transB": .int(1)])
  }

  /// Random values in ±scale·√3, of variance scale².
  mutating func floats(_ dimensions: [Int], scale: Float) -> OnnxTensor {
    let count = dimensions.reduce(1, *)
    return OnnxTensor(
      elementType: .float, dimensions: dimensions,
      values: .floats((0..<count).map { _ in (random.next() * 2 - 1) * scale * 1.732 }))
  }

  /// The network that ends in `output`; mutating, so that an argument that adds nodes is evaluated first.
  mutating func network(_ output: String) throws(PellucidError) -> Network {
    let input = OnnxValueInfo(
      name: "image", elementType: .float, dimensions: [.symbolic("N")] + image.map { .fixed($0) })
    let graph = OnnxGraph(
      inputs: [input], outputs: [OnnxValueInfo(name: output, elementType: .float, dimensions: nil)], nodes: nodes,
      initializers: initializers)
    return try Network(OnnxModel(path: "sketch.onnx", graph: graph))
  }
}

func ints(_ values: [Int]) -> OnnxAttribute { .ints(values) }

func integers(_ values: [Int]) -> OnnxTensor {
  OnnxTensor(elementType: .int64, dimensions: [values.count], values: .integers(values.map(Int64.init)))
}
