import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// That PyTorch's scores and gradients are reached through fused steps too is `NetworkTests`' to say, of every exported network.
@Suite(.serialized) struct `Steps done together` {
  private static let swin = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../AttributionTests/Fixtures/swin.onnx"
  ).path

  private func swin() throws -> (network: Network, image: Tensor) {
    let network = try Network(try OnnxModel(contentsOf: Self.swin))
    var noise = Noise(seed: 11)
    return (network, noise.tensor(network.inputShape.dimensions))
  }

  @Test func `are the attention, windows and GELUs of a Swin transformer`() throws {
    #expect(Set(try swin().network.fusedSteps) == ["FusedAttention", "Gelu", "PickedRows"])
  }

  @Test(arguments: ["transformer", "3d_vit"])
  func `are the attention of transformers as they are exported`(name: String) throws {
    for fixture in NetworkFixture.all where fixture.file.hasPrefix(name + "_") {
      #expect(try fixture.network().fusedSteps.contains("FusedAttention"), "\(fixture.file)")
    }
  }

  @Test func `are layer normalizations that an exporter wrote out`() throws {
    #expect(try NetworkFixture.named("transformer").network().fusedSteps.count > 0)
    let fixture = try #require(NetworkFixture.all.first { $0.file == "transformer_script11.onnx" })
    #expect(try fixture.network().fusedSteps.contains("LayerNormalization"))
  }

  @Test func `score and go back as the steps do one by one`() throws {
    let (network, image) = try swin()
    let upstream = Tensor((0..<network.outputCount).map { Float($0) - 0.3 }, shape: Shape([1, network.outputCount]))
    let (together, apart) = (try network.trace(image), try network.trace(image, inSlabs: false))
    #expect(together.logits.isClose(to: apart.logits, absolute: 1e-6, relative: 1e-5))
    #expect(together.logits.values == (try network.logits(image).values))
    let target: Set = [network.graph.input]
    let gradient = try #require(try together.backward(upstream, to: target)[network.graph.input])
    let wanted = try #require(try apart.backward(upstream, to: target)[network.graph.input])
    #expect(gradient.relativeDistance(to: wanted) < 1e-5, "\(gradient.worst(against: wanted))")
  }

  @Test func `give the same bits whatever the number of threads`() throws {
    let usual = Engine.threads
    defer { Engine.threads = usual }
    let (network, image) = try swin()
    let upstream = Tensor(Array(repeating: 1, count: network.outputCount), shape: Shape([1, network.outputCount]))
    var answers: [[Float]] = []
    for threads in [1, 2, 3] {
      Engine.threads = threads
      let trace = try network.trace(image)
      let logits = trace.logits.values
      let gradient = try trace.backward(upstream, to: [network.graph.input])[network.graph.input]
      answers.append(logits + (try #require(gradient).values))
    }
    #expect(answers[0] == answers[1])
    #expect(answers[0] == answers[2])
  }

  @Test func `leave out what somebody looks at`() throws {
    let (network, image) = try swin()
    let weights = Set(network.graph.nodes.filter { $0.type == "Softmax" }.map(\.output))
    #expect(weights.count > 1)
    for value in weights {
      let kept = try network.activations([value], of: image)
      let sums = try #require(kept[value]).ordered(.rowMajor).values
      let size = try #require(network.graph.shape(of: value).dimensions.last)
      #expect(abs(sums.prefix(size).reduce(0, +) - 1) < 1e-5)
      let trace = try network.trace(image, watching: [value])
      #expect(trace.activation(value) != nil)
    }
  }

  @Test func `answer for changed parts of an image as for the whole`() throws {
    let (network, image) = try swin()
    let pass = try IncrementalPass(network, image: image)
    #expect(pass.logits.isClose(to: try network.logits(image), absolute: 1e-6, relative: 1e-5))
  }
}
