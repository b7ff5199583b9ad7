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

/// Networks that ONNX Runtime quantized, against its own scores (`Tests/References/make_quantized.py`).
@Suite struct `Quantized networks` {
  private struct Reference: Decodable {
    let image: [Float]
    let scores: [String: [Float]]
    let gradients: [String: [Float]]
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/quantized")

  private func reference() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: Self.folder.appending(path: "scores.json")))
  }

  private func network(_ name: String) throws -> Network {
    try Network(OnnxModel(contentsOf: Self.folder.appending(path: name).path))
  }

  private func gradient(_ name: String) throws -> Tensor {
    let network = try network(name)
    let image = Tensor(try reference().image, shape: network.inputShape)
    let upstream = Tensor([1, 0, 0], shape: Shape([1, 3]))
    let found = try network.trace(image).backward(upstream, to: [network.graph.input])
    return try #require(found[network.graph.input])
  }

  // A value beside the middle of two steps may fall either way: a step is 1/255 of the largest.
  @Test(arguments: ["qdq.onnx", "integer.onnx", "dynamic.onnx"])
  func `answer as ONNX Runtime does, within half a step of the scores`(name: String) throws {
    let reference = try reference()
    let wanted = try #require(reference.scores[name])
    let network = try network(name)
    let scores = try network.logits(Tensor(reference.image, shape: network.inputShape)).values
    #expect(zip(scores, wanted).allSatisfy { abs($0 - $1) < 5e-4 }, "\(scores), \(wanted)")
  }

  @Test(arguments: ["qdq.onnx", "integer.onnx"])
  func `have PyTorch's gradients, which pass rounding straight through`(name: String) throws {
    let wanted = try #require(try reference().gradients[name])
    #expect(relativeError(try gradient(name).ordered(.rowMajor).values, wanted) < 1e-4)
  }

  @Test func `rounded while they run have nearly the gradient of those rounded before`() throws {
    // Weights and values are rounded otherwise, so that units beside 0 are on in one and off in the other.
    #expect(try gradient("dynamic.onnx").relativeDistance(to: gradient("qdq.onnx")) < 0.25)
  }

  @Test func `pass no gradient beyond the range of their integers`() throws {
    // 8 bits in steps of ½ from −2 on reach from −2 to 125.5.
    let constants = [
      "scale": OnnxTensor(elementType: .float, dimensions: [], values: .floats([0.5])),
      "zero": OnnxTensor(elementType: .uint8, dimensions: [], values: .integers([4])),
    ]
    let node = OnnxNode(
      name: "q", operation: "QuantizeLinear", inputs: ["x", "scale", "zero"], outputs: ["y"])
    let shape = [1, 1, 4, 1, 1].map { OnnxDimension.fixed($0) }
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: shape)],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: shape)], nodes: [node],
      initializers: constants)
    let bound = try Graph(importing: OnnxModel(path: "q.onnx", graph: graph), image: Shape([1, 1, 4, 1, 1]))
    let image = Tensor([-3, -0.24, 1.25, 200], shape: Shape([1, 1, 4, 1, 1]))
    #expect(try bound.run(image).values == [0, 4, 6, 255])
    let upstream = Tensor([1, 1, 3, 1], shape: Shape([1, 1, 4, 1, 1]))
    let gradient = try bound.trace(image).backward(upstream, to: [bound.input])[bound.input]
    #expect(gradient?.values == [0, 2, 6, 0])
  }
}
