import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// A convolution with a normalization of its output behind it, built twice with the same weights: with a bias and without.
struct CentredConvolution: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var transposed = false
  /// Groups of a GroupNormalization; nil: an InstanceNormalization.
  var groups: Int?
  /// Whether the convolution's output is also added to what leaves the normalization.
  var isReadTwice = false
  /// Whether nothing of the bias is left behind the normalization.
  var losesBias = true

  func network(biased: Bool) throws -> Network {
    var model = ModelBuilder([1, 2, 5, 6, 4], opset: 21)
    let weights = model.weights(transposed ? [2, 4, 3, 3, 3] : [4, 2, 3, 3, 3])
    let bias = model.weights([4], positive: true)
    let convolved = model.add(
      transposed ? "ConvTranspose" : "Conv", [weights] + (biased ? [bias] : []), ["pads": .ints([1, 1, 1, 1, 1, 1])])
    let parts = [model.weights([4]), model.weights([4])]
    if let groups {
      model.add("GroupNormalization", parts, ["num_groups": .int(groups), "epsilon": .float(1e-10)])
    } else {
      model.add("InstanceNormalization", parts, ["epsilon": .float(1e-10)])
    }
    if isReadTwice { model.add("Add", reading: [convolved]) }
    model.add("Softplus")
    return try model.network(endingIn: 3, from: 4)
  }

  static let all = [
    CentredConvolution(testDescription: "Conv, InstanceNormalization"),
    CentredConvolution(testDescription: "ConvTranspose, InstanceNormalization", transposed: true),
    CentredConvolution(testDescription: "Conv, GroupNormalization of single channels", groups: 4),
    CentredConvolution(testDescription: "Conv, GroupNormalization of two groups", groups: 2, losesBias: false),
    CentredConvolution(testDescription: "Conv that is also read elsewhere", isReadTwice: true, losesBias: false),
  ]
}

/// Hands on what was kept of a step's forward pass, to tell what it was.
private struct KeptRule: BackwardRule {
  let needs: GradientNeeds
  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    [needs.contains(.output) ? saved.keptOutput() : saved.input()]
  }
}

@Suite struct `Biases that a normalization takes off` {
  private func image(_ scale: Float) -> Tensor {
    var noise = Noise(seed: 3)
    return noise.tensor([1, 2, 5, 6, 4]).scaled(by: scale)
  }

  private func gradient(_ trace: Trace, _ graph: Graph) throws -> Tensor {
    try #require(try trace.backward(Tensor([1, -0.5, 2], shape: Shape([1, 3])), to: [graph.input])[graph.input])
  }

  @Test(arguments: CentredConvolution.all)
  func `leave the gradient as the graph defines it`(_ layers: CentredConvolution) throws {
    let network = try layers.network(biased: true)
    let x = image(1)
    let defined = try gradient(network.graph.trace(x), network.graph)
    let made = try gradient(network.trace(x), network.graph)
    #expect(made.relativeDistance(to: defined) < 1e-5)
    // The network as it is keeps its bias: a form that shares its kernel must not have taken it.
    #expect(try network.logits(x).isClose(to: network.graph.run(x)))
    #expect(try network.logits(x).isClose(to: layers.network(biased: false).logits(x)) == layers.losesBias)
  }

  @Test(arguments: CentredConvolution.all.filter(\.losesBias))
  func `take nothing from the gradient near an image of zeros`(_ layers: CentredConvolution) throws {
    let (biased, bare) = (try layers.network(biased: true), try layers.network(biased: false))
    let x = image(1e-4)
    let wanted = try gradient(bare.trace(x), bare.graph)
    #expect(try gradient(biased.trace(x), biased.graph).relativeDistance(to: wanted) < 1e-6)
    // What is gained: the bias as the graph has it costs digits.
    #expect(try gradient(biased.graph.trace(x), biased.graph).relativeDistance(to: wanted) > 1e-5)
  }

  @Test func `stay where a value is watched, and where relevance goes by rules`() throws {
    let network = try CentredConvolution.all[0].network(biased: true)
    let convolution = network.graph.nodes[0]
    let x = image(1)
    let own = try #require(try network.activations([convolution.output], of: x)[convolution.output])
    let watched = try network.trace(x, watching: [convolution.output]).activation(convolution.output)
    #expect(try #require(watched).isClose(to: own))
    let atLayer = try network.trace(x) { $0.output == convolution.output ? KeptRule(needs: .output) : nil }
    #expect(try gradient(atLayer, network.graph).isClose(to: own))
    let behind = try network.trace(x) { $0.inputs == [convolution.output] ? KeptRule(needs: .inputs) : nil }
    let arrived = try behind.backward(Tensor([1, 1, 1], shape: Shape([1, 3])), to: [convolution.output])
    #expect(try #require(arrived[convolution.output]).isClose(to: own))
  }
}
