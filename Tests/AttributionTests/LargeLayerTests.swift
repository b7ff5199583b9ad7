import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Rules on convolutions so large that they are run slab by slab, and walked back through what the max pool behind them took.
@Suite struct `Relevance of large convolutions` {
  static let rules: [RelevanceRule] = [
    .zPlus(), .epsilon(1e-6), .gamma(0.25), .alphaBeta(alpha: 2, beta: 1), .flat(), .wSquare(), .zBox(low: -2, high: 2),
  ]

  @Test(arguments: rules.indices, [true, false])
  func `is that of the whole layers, step by step`(_ rule: Int, passingReLU: Bool) throws {
    var sketch = NetworkSketch([1, 66, 70, 68], seed: 4)
    let convolved = sketch.conv("image", (1, 16), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
    let first = sketch.relu(convolved)
    let small = sketch.pool("MaxPool", first, kernel: [2, 2, 2], stride: [2, 2, 2])
    // 130 channels only so that this layer is large too.
    let wide = sketch.conv(small, (16, 130), kernel: [3, 2, 1])
    let second = sketch.relu(wide)
    let pooled = sketch.pool("MaxPool", second, kernel: [3, 3, 2], stride: [3, 3, 2])
    let last = sketch.conv(pooled, (130, 3), kernel: [1, 1, 1])
    let mean = sketch.add("GlobalAveragePool", [last])
    let flat = sketch.add("Flatten", [mean])
    let network = try sketch.network(flat)
    var random = RandomValues(seed: 8)
    let shape = network.graph.shape(of: network.graph.input)
    let image = Tensor((0..<shape.count).map { _ in random.next() * 2 - 1 }, shape: shape)
    func relevance(inSlabs: Bool) throws -> Tensor {
      let trace = try network.trace(image, inSlabs: inSlabs) { node in
        switch node.operation.role {
        case .convolution: Self.rules[rule]
        case .rectifier: passingReLU ? Pass() : nil
        default: nil
        }
      }
      let start = Tensor([1, -2, 0.5], shape: Shape([1, 3]))
      return try #require(try trace.backward(start, to: [network.graph.input])[network.graph.input])
    }
    let (slabs, whole) = (try relevance(inSlabs: true), try relevance(inSlabs: false))
    #expect(whole.values.contains { $0 != 0 })
    #expect(slabs.relativeDistance(to: whole) < 1e-4, "\(slabs.worst(against: whole))")
  }
}
