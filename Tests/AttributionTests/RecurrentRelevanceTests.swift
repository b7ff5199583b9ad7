import PellucidAttribution
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

/// Relevance of recurrent layers as numpy has it (`Tests/References/make_recurrent_lrp.py`), after Arras and others 2017.
@Suite struct `Relevance of recurrent layers` {
  struct Example: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let target: Int
    let input: [Float]
    let logits: [Double]
    let relevance: [Float]
    var testDescription: String { name }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "Fixtures/recurrent")

  static let examples: [Example] =
    (try? JSONDecoder().decode([Example].self, from: Data(contentsOf: folder.appending(path: "index.json")))) ?? []

  @Test func `is known of LSTM and GRU, also stacked and in both directions`() {
    #expect(Self.examples.map(\.name) == ["lstm", "lstm_stacked_both", "gru", "gru_stacked_both"])
  }

  @Test(arguments: examples)
  func `is the signals' as Arras et al. define it, within 1e-4 relative L2`(example: Example) throws {
    let network = try Network(OnnxModel(contentsOf: Self.folder.appending(path: example.name + ".onnx").path))
    let shape = Shape([1, 1, 7, 2, 3])
    let image = Tensor(example.input, shape: shape)
    let classes = try Classes(outputs: 3, activation: .none, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: example.target, of: classes), kind: .logit)
    let logits = try network.logits(image).values
    #expect(zip(logits, example.logits).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    let map = try RelevancePropagation(OptionValues(["composite": "epsilon"])).relevance(
      of: Subject(image: image), to: score, progress: SilentProgress()
    ).map.ordered(.rowMajor)
    let wanted = Tensor(example.relevance, shape: shape)
    #expect(map.relativeDistance(to: wanted) < 1e-4, "\(map.worst(against: wanted))")
  }
}
