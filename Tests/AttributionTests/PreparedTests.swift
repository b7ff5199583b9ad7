import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import Testing

/// What the engine keeps ready for the shapes that it has met.
@Suite struct PreparedTests {
  @Test func `ten thousand shapes of boxes are scored right, and no more than the bound are kept`() throws {
    let side = 22
    var sketch = NetworkSketch([1, side, side, side], seed: 5)
    var x = sketch.conv("image", (1, 3), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
    x = sketch.conv(sketch.relu(x), (3, 2), kernel: [2, 2, 2], stride: [2, 2, 2])
    let network = try sketch.network(sketch.dense(sketch.add("GlobalAveragePool", [x]), (2, 2)))
    let classes = try Classes(outputs: 2, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    var random = RandomValues(seed: 11)
    let shape = Shape([1, 1, side, side, side])
    let image = Tensor((0..<shape.count).map { _ in random.next() * 2 - 1 }, shape: shape)
    let scorer = try PerturbationScorer(score, image: image)
    let limit = Engine.preparedConvolutions.limit
    var worst = 0.0, range = 0.0, most = 0
    for index in 0..<(side * side * side) {
      let upper = [index / side / side + 1, index / side % side + 1, index % side + 1]
      let box = Perturbation(.box(Box(lower: [0, 0, 0], upper: upper)), fill: 0.5)
      let found = try scorer.scores(of: [box], progress: SilentProgress())[0]
      most = max(most, Engine.preparedConvolutions.count)
      range = max(range, abs(found - scorer.baseline))
      // One in ten against the image in full.
      guard index % 10 == 0 else { continue }
      let changed = PerturbationScorerTests.changed(image, box)
      worst = max(worst, abs(found - (try score.scores(ofImages: changed)[0])))
    }
    #expect(range > 0.01 && worst <= 1e-5 * max(range, 1))
    #expect(most == limit && limit <= 4096, "\(most) are kept, of at most \(limit)")
  }
}
