import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Receptive fields` {
  /// Where a change of each input voxel along D reaches one cell of a layer, found by gradients.
  private static func seen(by cell: Int, _ network: Network) throws -> (first: Int, last: Int) {
    let output = network.graph.shape(of: network.graph.output)
    var upstream = Array(repeating: Float(0), count: output.count)
    // Cell (cell, middle, middle) of the first channel.
    let (h, w) = (output[3] / 2, output[4] / 2)
    upstream[(cell * output[3] + h) * output[4] + w] = 1
    var noise = Noise(seed: 5)
    let trace = try network.trace(noise.tensor(network.inputShape.dimensions))
    let gradients = try trace.backward(
      Tensor(upstream, shape: Shape([1, output.count])), to: [network.graph.input])
    let gradient = try #require(gradients[network.graph.input]).ordered(.rowMajor).values
    let plane = network.inputShape[3] * network.inputShape[4]
    let planes = (0..<network.inputShape[2]).filter { d in
      gradient[(d * plane)..<((d + 1) * plane)].contains { $0 != 0 }
    }
    return (try #require(planes.first), try #require(planes.last))
  }

  @Test(arguments: [
    ["Conv"], ["Conv", "AveragePool", "Conv"], ["Conv", "AveragePool", "Transpose", "Abs", "Transpose", "Conv"],
    ["AveragePool", "Conv", "ConvTranspose"], ["AveragePool", "ConvTranspose", "Conv"], ["Resize", "Conv"],
    ["AveragePool", "Resize"], ["Pad", "Conv", "Slice"],
  ])
  func `say what gradients reach, for windows, resampling and moved axes`(operations: [String]) throws {
    var builder = ModelBuilder([1, 1, 24, 20, 20])
    var isForward = true
    for operation in operations {
      switch operation {
      case "Conv":
        builder.add("Conv", [builder.weights([1, 1, 3, 3, 3], positive: true)], ["strides": .ints([2, 1, 1])])
      case "AveragePool":
        builder.add("AveragePool", [], ["kernel_shape": .ints([2, 2, 2]), "strides": .ints([2, 2, 2])])
      case "ConvTranspose":
        builder.add(
          "ConvTranspose", [builder.weights([1, 1, 4, 2, 2], positive: true)],
          ["strides": .ints([2, 2, 2]), "pads": .ints([1, 0, 0, 1, 0, 0])])
      case "Resize":
        let scales = OnnxTensor(elementType: .float, dimensions: [5], values: .floats([1, 1, 2, 1, 1]))
        let none = OnnxTensor(elementType: .float, dimensions: [0], values: .floats([]))
        builder.add("Resize", [none, scales], ["mode": .string("linear")])
      case "Transpose":
        builder.add("Transpose", [], ["perm": .ints(isForward ? [0, 2, 3, 4, 1] : [0, 4, 1, 2, 3])])
        isForward.toggle()
      case "Pad": builder.add("Pad", [ModelBuilder.integers([0, 0, 3, 0, 0, 0, 0, 1, 0, 0])])
      case "Slice":
        builder.add(
          "Slice",
          [
            ModelBuilder.integers([1]), ModelBuilder.integers([99]), ModelBuilder.integers([2]),
            ModelBuilder.integers([2]),
          ])
      default: builder.add(operation)
      }
    }
    let network = try Network(builder.model)
    let field = ReceptiveField.of(network.graph.output, in: network.graph)
    #expect(!field.seesEverything && field.axes == [2, 3, 4])
    let depth = network.graph.shape(of: network.graph.output)[2]
    let cell = depth / 2
    let (first, last) = try Self.seen(by: cell, network)
    // Finer cells than those before lie between them, and some see one less than the most.
    let centre = field.centre[0] + Double(cell) * field.jump[0]
    let isFiner = operations.contains { ["ConvTranspose", "Resize"].contains($0) }
    let slack = isFiner ? max(0.5, field.jump[0] / 2) : 0
    #expect(abs(Double(first + last) / 2 - centre) <= slack, "sees \(first)…\(last), said to look at \(centre)")
    #expect((last - first + 1...last - first + 2).contains(field.size[0]), "sees \(first)…\(last): \(field.size)")
  }

  @Test func `of what has no place in the image are everything`() throws {
    var builder = ModelBuilder([1, 1, 8, 8, 8])
    builder.conv(1, 2)
    builder.add("GlobalAveragePool")
    let network = try Network(builder.model)
    let field = ReceptiveField.of(network.graph.output, in: network.graph)
    #expect(field.seesEverything && field.axes == nil)
  }

  @Test func `are not moved by a gate that sees everything`() throws {
    var builder = ModelBuilder([1, 1, 8, 8, 8])
    let features = builder.conv(1, 2)
    builder.add("GlobalAveragePool")
    builder.add("Sigmoid")
    builder.add("Mul", reading: [features])
    let network = try Network(builder.model)
    let field = ReceptiveField.of(network.graph.output, in: network.graph)
    #expect(field.seesEverything && field.axes == [2, 3, 4] && field.jump == [1, 1, 1])
  }
}
