import PellucidAttribution
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import Testing

/// The layer that class activation maps weigh where none is named.
@Suite struct GateTests {
  private func layer(_ network: Network) throws -> String {
    let classes = try Classes(outputs: network.outputCount, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    var random = RandomValues(seed: 4)
    let image = Tensor((0..<210).map { _ in random.next() * 2 - 0.6 }, shape: Shape([1, 1, 6, 5, 7]))
    let relevance = try MethodCatalogue.method(named: "grad-cam").init(OptionValues()).relevance(
      of: Subject(image: image), to: score, progress: SilentProgress())
    guard case .text(let name)? = relevance.facts.first(where: { $0.name == "layer" })?.value else { return "" }
    return name
  }

  /// Features and a map of one channel made of them, through a sigmoid or the like.
  private func gated(_ squash: String, hidden: Int?, times: Bool = true) throws -> (Network, features: String) {
    var sketch = NetworkSketch([1, 6, 5, 7], seed: 3)
    let features = sketch.relu(sketch.conv("image", (1, 4), kernel: [3, 3, 3]))
    var gate = features
    if let hidden { gate = sketch.relu(sketch.conv(gate, (4, hidden), kernel: [1, 1, 1])) }
    gate = sketch.conv(gate, (hidden ?? 4, 1), kernel: [1, 1, 1])
    if squash == "Softmax" {
      gate = sketch.add("Reshape", [gate], constants: [integers([1, 1, 60])])
      gate = sketch.add("Softmax", [gate], ["axis": .int(2)])
      gate = sketch.add("Reshape", [gate], constants: [integers([1, 1, 4, 3, 5])])
    } else {
      gate = sketch.add(squash, [gate])
    }
    let end = sketch.add(times ? "Mul" : "Add", [features, gate])
    return (try sketch.network(sketch.dense(end, (240, 2))), features)
  }

  @Test(arguments: ["Sigmoid", "HardSigmoid", "Softmax"], [nil, 2] as [Int?])
  func `is no gate, and nothing that serves a gate alone`(squash: String, hidden: Int?) throws {
    let (network, _) = try gated(squash, hidden: hidden)
    #expect(try layer(network) == "Conv_0")
  }

  @Test func `is the last where it is no gate`() throws {
    // A sum is no gate; a rectified map is not squashed.
    #expect(try layer(gated("Sigmoid", hidden: nil, times: false).0) == "Conv_2")
    #expect(try layer(gated("Relu", hidden: nil).0) == "Conv_2")
  }
}
