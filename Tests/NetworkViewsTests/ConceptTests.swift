import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidResults
import PellucidStatistics
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

/// Concepts that a class hangs on are found, and others are not.
@Suite struct `Concepts` {
  private struct Study {
    let folder: TemporaryFolder
    let bright, edged, random, scans: [ScanReference]

    init() throws {
      folder = try TemporaryFolder()
      bright = try Planted.write(
        (0..<10).map { Planted.scan(bright: 1.5, edges: 0, seed: $0) }, to: folder, as: "bright")
      edged = try Planted.write(
        (0..<10).map { Planted.scan(bright: 0.5, edges: 1, seed: 100 + $0) }, to: folder, as: "edged")
      random = try Planted.write(
        (0..<24).map { Planted.scan(bright: 0.5, edges: 0, seed: 200 + $0) }, to: folder, as: "random")
      scans = try Planted.write(
        (0..<6).map { Planted.scan(bright: 0.8, edges: 0.2, seed: 300 + $0) }, to: folder, as: "scan")
    }

    func test(_ explainer: Explainer, pool: ActivationPool, runs: Int = 12) throws -> ConceptTest {
      var options = ConceptTest.Options()
      (options.pool, options.runs) = (pool, runs)
      return try ConceptTest(
        of: [.init(name: "bright", scans: bright), .init(name: "edged", scans: edged)], against: random, on: scans,
        layers: "relu", in: explainer, options: options
      ) { _ in SilentProgress() }
    }
  }

  @Test(arguments: [ActivationPool.whole, .mean])
  func `a class hangs on the concept that was planted`(pool: ActivationPool) throws {
    let study = try Study()
    let test = try study.test(try Planted.explainer("planted_study.onnx", target: "1"), pool: pool)
    let bright = try #require(test.results.first { $0.concept == "bright" })
    #expect(bright.scores.allSatisfy { $0 == 1 })
    #expect((bright.bonferroni ?? 1) < 0.05)
    #expect(bright.accuracy > 0.95)
    #expect(bright.sensitivity > 0)
    let edged = try #require(test.results.first { $0.concept == "edged" })
    #expect(abs(edged.sensitivity) < 0.2 * bright.sensitivity)
    // Where the sensitivity lies adds up to it, on the layer's grid.
    let map = try #require(bright.map)
    #expect(map.shape == GridShape(i: 6, j: 6, k: 6))
    let sum = map.voxels.reduce(0.0) { $0 + Double($1) }
    #expect(abs(sum - bright.sensitivity) < 1e-4 * bright.sensitivity)
  }

  @Test func `a network that hangs on something else does not show it`() throws {
    let study = try Study()
    // The head's weights are [0, 0] and [3, 0]: permuted so that edges count, or another class does.
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    let head = try #require(explainer.classifier.model.weightedLayers.last)
    var checked = 0
    for seed in 0..<12 {
      let twin = try explainer.randomizing([head], seed: seed)
      let weights = try #require(twin.classifier.model.graph.initializers["head"]?.floats)
      guard weights[2] == 0 else { continue }
      let test = try study.test(twin, pool: .mean, runs: 4)
      let bright = try #require(test.results.first { $0.concept == "bright" })
      #expect(bright.sensitivity < 0.2, "head \(weights)")
      checked += 1
    }
    #expect(checked > 0)
  }

  @Test func `a concept's direction is the normal of scikit-learn's regression`() throws {
    // The reference of the regression itself: Tests/StatisticsTests, linear.json.
    let rows = SymmetricMatrix.Rows([[1, 0], [2, 0.5], [-1, 0], [-2, 0.5], [1.5, -0.5], [-1.5, -0.5]])
    let gram = SymmetricMatrix(gramOf: rows, centred: false)
    let vector = try #require(ConceptVector(rows, gram: gram, positives: [0, 1, 4], negatives: [2, 3, 5]))
    #expect(abs(vector.direction[0] - 1) < 1e-6)
    #expect(abs(vector.direction[1]) < 1e-6)
    #expect(vector.accuracy == 1)
  }

  @Test func `fewer than ten examples are refused, and so is a layer that is not there`() throws {
    let study = try Study()
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    func tested(_ concept: [ScanReference], _ random: [ScanReference], layer: String = "relu") -> PellucidError? {
      fault {
        _ = try ConceptTest(
          of: [.init(name: "thin", scans: concept)], against: random, on: study.scans, layers: layer, in: explainer
        ) { _ in SilentProgress() }
      }
    }
    #expect(tested(Array(study.bright.prefix(9)), study.random)?.line.contains("thin has 9 scans") == true)
    #expect(tested(study.bright, Array(study.random.prefix(19)))?.line.contains("random has 19 scans") == true)
    let missing = tested(study.bright, study.random, layer: "rellu")
    #expect(missing?.kind == .usage && missing?.line.contains("relu") == true)
  }

  // MARK: Relevance through channels

  private struct Case: Decodable {
    var layer: String
    var channels: [Int]
    var target: Int
    var map, sums: [Double]
  }

  private struct Cases: Decodable { var cases: [Case] }

  /// Relative L2 at most 1e-4: float32 against double.
  @Test func `relevance through channels is zennit's with a mask on the layer's output`() throws {
    let folder = try TemporaryFolder()
    let image = Volume(
      shape: GridShape(i: 7, j: 7, k: 7),
      voxels: (0..<343).map { at in
        let (i, j, k) = (at % 7, at / 7 % 7, at / 49)
        let step = (7 * i + 5 * j + 3 * k) % 11
        return Float(step) / 4 - 1
      }, affine: .identity)
    let scan = try Planted.write([image], to: folder, as: "scan")[0]
    let cases = try JSONDecoder().decode(
      Cases.self, from: Data(contentsOf: URL(filePath: Planted.fixture("crp.json")))
    ).cases
    for one in cases {
      let explainer = try Planted.explainer("crp.onnx", target: "\(one.target)")
      let subject = try explainer.prepare(scan)
      let question = try explainer.question(for: subject)
      let found = try ChannelRelevance(
        at: one.layer, of: subject, question, in: explainer, by: try RelevancePropagation())
      #expect(relativeError(found.channels.map(\.relevance), one.sums) < 1e-4, "\(one.layer)")
      // The reference runs d, h, w; a volume i fastest, and i is d here.
      let map = try found.volume(through: Set(one.channels)).voxels
      var turned: [Double] = []
      for d in 0..<7 { for h in 0..<7 { for w in 0..<7 { turned.append(Double(map[d + 7 * h + 49 * w])) } } }
      #expect(relativeError(turned, one.map) < 1e-4, "\(one.layer) \(one.channels)")
    }
  }

  @Test func `the parts of all channels add up to the map of lrp`() throws {
    let folder = try TemporaryFolder()
    let scan = try Planted.write([Planted.scan(bright: 0.5, edges: 1, seed: 1)], to: folder, as: "scan")[0]
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    let subject = try explainer.prepare(scan)
    let question = try explainer.question(for: subject)
    let found = try ChannelRelevance(at: "relu", of: subject, question, in: explainer, by: try RelevancePropagation())
    let whole = try explainer.explain(subject, question, by: try RelevancePropagation()).volume.voxels
    let (first, second) = (try found.volume(through: [0]).voxels, try found.volume(through: [1]).voxels)
    #expect(relativeError(zip(first, second).map { $0 + $1 }, whole) < 1e-5)
    // The class hangs on brightness alone.
    #expect(second.allSatisfy { $0 == 0 })
    #expect(found.strongest(1) == [0])
    #expect(fault { try found.check([2]) }?.line.contains("they are 0 to 1") == true)
  }

  @Test func `the scans that a channel is used for are those with what it looks for`() throws {
    let folder = try TemporaryFolder()
    let scans = try Planted.write(
      [0.1, 0.9, 0.4].enumerated().map { Planted.scan(bright: Float($1), edges: 0, seed: $0) }, to: folder, as: "scan")
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    let channels = try scans.map { scan in
      let subject = try explainer.prepare(scan)
      return try ChannelRelevance(
        at: "relu", of: subject, try explainer.question(for: subject), in: explainer, by: try RelevancePropagation()
      ).channels
    }
    #expect(RelevanceMaximum.strongest(channels, count: 1) == [0])
    let order = RelevanceMaximum.references(channels, of: [0], count: 3)
    #expect(order.map(\.scan) == [1, 2, 0] && order.map(\.rank) == [1, 2, 3])
    #expect(order[0].found.peak != nil)
  }
}
