import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// A large convolution with what follows it up to a pool, that the engine runs slab by slab.
struct LargeStem: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var image = [1, 80, 82, 84]
  var channels = 8
  var kernel = [3, 3, 3]
  var convolution: [String: [Int]] = [:]
  var between = ["Relu"]
  var pool = "MaxPool"
  var window = [2, 2, 2]
  var pooling: [String: [Int]] = ["strides": [2, 2, 2]]
  var flags: [String: Int] = [:]

  func network() throws -> Network {
    var model = ModelBuilder([nil] + image)
    let weights = model.weights([channels, image[0]] + kernel)
    let bias = model.weights([channels])
    model.add("Conv", [weights, bias], convolution.mapValues { .ints($0) })
    for operation in between { model.add(operation) }
    model.add(
      pool, [],
      pooling.mapValues { .ints($0) }.merging(["kernel_shape": .ints(window)]) { $1 }.merging(
        flags.mapValues { .int($0) }
      ) { $1 })
    // What follows, so that no two gradients that arrive are alike.
    return try model.network(endingIn: 4, from: channels)
  }

  static let all = [
    LargeStem(testDescription: "one channel, pool of 2"),
    LargeStem(
      testDescription: "one channel, padded, pool of 3", convolution: ["pads": [1, 1, 1, 1, 1, 1]], window: [3, 3, 3],
      pooling: ["strides": [3, 3, 3]]),
    LargeStem(testDescription: "one channel, no ReLU", between: []),
    LargeStem(
      testDescription: "one channel, steps of 2 and dilation", image: [1, 120, 122, 124], channels: 16,
      convolution: ["strides": [2, 1, 2], "dilations": [1, 2, 2], "pads": [1, 2, 0, 1, 2, 3]]),
    LargeStem(
      testDescription: "one channel, kernel and window with unequal sides", kernel: [5, 1, 3], window: [1, 4, 2],
      pooling: ["strides": [1, 4, 2], "pads": [0, 1, 1, 0, 1, 0]]),
    LargeStem(
      testDescription: "eight channels, pool of 3", image: [8, 80, 82, 84], window: [3, 3, 3],
      pooling: ["strides": [3, 3, 3]]),
    LargeStem(
      testDescription: "three channels, padded, dilated", image: [3, 80, 82, 84],
      convolution: ["dilations": [2, 1, 2], "pads": [2, 1, 2, 2, 1, 2]]),
    LargeStem(
      testDescription: "sixteen channels, dilated pool", image: [16, 80, 82, 84],
      pooling: ["strides": [3, 3, 3], "dilations": [2, 2, 2]]),
    LargeStem(testDescription: "five channels, average pool", image: [5, 80, 82, 84], pool: "AveragePool"),
    LargeStem(
      testDescription: "one channel, average pool whose last windows are cut", kernel: [2, 2, 2], pool: "AveragePool",
      flags: ["ceil_mode": 1, "count_include_pad": 1]),
    LargeStem(testDescription: "one channel, a function that is not a ReLU", between: ["Softplus"]),
    LargeStem(
      testDescription: "one channel, windows that overlap along two axes", window: [2, 3, 3],
      pooling: ["strides": [2, 2, 2]]),
  ]
}

@Suite struct `Large steps run slab by slab` {

  @Test(arguments: LargeStem.all)
  func `have the scores and gradients that they have as a whole, for each image of a batch`(stem: LargeStem) throws {
    let network = try stem.network()
    var noise = Noise(seed: 11)
    let images = noise.tensor([2] + stem.image)
    let upstream = noise.tensor([2, 4])
    func run(inSlabs: Bool) throws -> (logits: Tensor, gradient: Tensor) {
      let trace = try network.trace(images, inSlabs: inSlabs)
      let logits = trace.logits
      return (logits, try #require(try trace.backward(upstream, to: [network.graph.input])[network.graph.input]))
    }
    let (slabs, whole) = (try run(inSlabs: true), try run(inSlabs: false))
    #expect(slabs.logits.isClose(to: whole.logits, absolute: 1e-6, relative: 1e-5))
    #expect(
      slabs.gradient.relativeDistance(to: whole.gradient) < 1e-5, "\(slabs.gradient.worst(against: whole.gradient))")
    #expect(whole.gradient.values.contains { $0 != 0 })
    #expect(try run(inSlabs: true).gradient.values == slabs.gradient.values)
  }
}
