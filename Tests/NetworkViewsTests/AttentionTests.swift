import Foundation
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

/// Attention with a patch that it is planted to look for, against PyTorch (`make_views.py`), and its twin of shuffled weights.
@Suite struct AttentionTests {
  private func maps(_ model: String, _ scan: Int) throws -> (AttentionMaps, Explainer.Case) {
    let maker = try explainer(model)
    var options = Explainer.Options()
    options.target = "0"
    let own = Explainer(maker.classifier, options: options)
    let subject = try own.prepare(ScanReference(fixtures + "bright_\(scan).nii.gz"))
    let steps = AttentionStep.all(in: subject.network)
    return (try #require(try AttentionMaps(of: subject, own.question(for: subject), steps: steps)), subject)
  }

  @Test(arguments: ["planted", "twin"], [0, 1, 2])
  func `Rollout and attention × gradient are PyTorch's, on the patches`(model: String, scan: Int) throws {
    let (maps, _) = try maps(model, scan)
    #expect(maps.steps.map(\.headCount) == [2, 2])
    #expect(maps.hasClassToken)
    let expected = try volume("bright_\(scan)_\(model)")
    let count = expected.shape.count
    #expect(maps.rolloutVolume.shape == expected.shape)
    #expect(distance(maps.rolloutVolume.affine, expected.affine) < 1e-4)
    #expect(relativeError(maps.rolloutVolume.voxels, Array(expected.voxels[..<count])) < 1e-4)
    #expect(relativeError(maps.gradientVolume.voxels, Array(expected.voxels[count...])) < 1e-3)
  }

  /// The bright patch of each scan is found, in the scan's own voxels. (A shuffled network, too, attends a little more to what is unlike all
  /// others: what the patch gets of the rollout is 0.9997 of it against 0.11.)
  @Test(arguments: 0..<3)
  func `What attention is planted to look for is found, and not by the twin`(scan: Int) throws {
    var shares: [String: Double] = [:]
    for model in ["planted", "twin"] {
      let (maps, subject) = try maps(model, scan)
      let rollout = maps.rollout(on: subject)
      // 6³ bright voxels lie within the patch; every voxel of it has the same value.
      let bright = zip(rollout.voxels, subject.anatomy.voxels).filter { $0.1 >= 8 }.map(\.0)
      #expect(bright.count == 216)
      #expect(bright.allSatisfy { $0 == bright[0] })
      let sum = rollout.voxels.reduce(0.0) { $0 + Double($1) }
      shares[model] = 512 * Double(bright[0]) / sum
    }
    #expect(shares["planted", default: 0] > 0.99)
    #expect(shares["twin", default: 1] < 0.15)
  }

  private struct Flows: Decodable {
    struct Case: Decodable {
      var model: String
      var scan: Int
      var flow: [Double]
    }
    struct Graph: Decodable {
      struct Edge: Decodable {
        let start, end: Int
        let capacity: Double

        init(from decoder: any Decoder) throws {
          var list = try decoder.unkeyedContainer()
          (start, end) = (try list.decode(Int.self), try list.decode(Int.self))
          capacity = try list.decode(Double.self)
        }
      }
      var edges: [Edge]
      var flow: Double
    }
    struct Windows: Decodable {
      var rollout, flow: [Double]
      var tokens: [Int]
    }
    var cases: [Case]
    var graphs: [Graph]
    var swin: Windows
  }

  private func flows() throws -> Flows {
    try JSONDecoder().decode(Flows.self, from: Data(contentsOf: URL(filePath: fixtures + "flow.json")))
  }

  /// To 1e-9: both are sums of the edges' own numbers.
  @Test func `Largest flows are networkx's`() throws {
    for one in try flows().graphs {
      var graph = MaximumFlow(nodes: 12)
      for edge in one.edges { graph.connect(edge.start, edge.end, edge.capacity) }
      #expect(abs(graph.flow(from: 0, to: 11) - one.flow) < 1e-9)
      // Asked again it is the same.
      #expect(abs(graph.flow(from: 0, to: 11) - one.flow) < 1e-9)
    }
  }

  /// Relative L2 at most 1e-5: capacities are single.
  @Test func `Attention flow is networkx's through ONNX Runtime's attention, and finds what is planted`() throws {
    for one in try flows().cases {
      let (maps, subject) = try maps(one.model, one.scan)
      let flow = try AttentionFlow(through: maps)
      // The reference's patches run d, h, w, the last fastest; so do tokens, and a volume's first axis fastest.
      var wanted: [Float] = []
      for w in 0..<3 { for h in 0..<3 { for d in 0..<3 { wanted.append(Float(one.flow[9 * d + 3 * h + w])) } } }
      #expect(relativeError(flow.volume.voxels, wanted) < 1e-5, "\(one.model) \(one.scan)")
      let found = flow.onScan(subject).voxels
      let bright = zip(found, subject.anatomy.voxels).filter { $0.1 >= 8 }.map(\.0)[0]
      let others = found.filter { $0 != bright }.max() ?? 0
      if one.model == "planted" { #expect(bright > 1000 * others) } else { #expect(bright < 1.5 * others) }
    }
  }

  /// Relative L2 at most 1e-4.
  @Test func `Rollout and flow through shifted and merged windows are those of whole matrices`() throws {
    let expected = try flows().swin
    let model = fixtures.replacing("NetworkViewsTests", with: "AttributionTests") + "swin.onnx"
    let maker = Explainer(try Classifier(model: model))
    let folder = try TemporaryFolder()
    // The network's d, h, w are the volume's i, j, k, the first fastest.
    let image = Volume(
      shape: GridShape(i: 16, j: 16, k: 16),
      voxels: (0..<4096).map { at in
        let step = (7 * (at % 16) + 5 * (at / 16 % 16) + 3 * (at / 256)) % 11
        return Float(step) / 4 - 1
      }, affine: .identity)
    let subject = try maker.prepare(try Planted.write([image], to: folder, as: "scan")[0])
    let steps = AttentionStep.all(in: subject.network)
    #expect(steps.map(\.windowCount) == [8, 8, 8, 8])
    #expect(steps.map(\.headCount) == [2, 2, 4, 4])
    let maps = try #require(try AttentionMaps(of: subject, maker.question(for: subject), steps: steps))
    #expect(!maps.hasClassToken)
    let rollout = maps.rolloutVolume
    #expect(rollout.shape == GridShape(i: 8, j: 8, k: 8))
    func turned(_ volume: Volume) -> [Double] {
      (0..<512).map { Double(volume.voxels[$0 / 64 + 8 * ($0 / 8 % 8) + 64 * ($0 % 8)]) }
    }
    #expect(relativeError(turned(rollout), expected.rollout) < 1e-4)
    let flow = turned(try AttentionFlow(through: maps).volume)
    #expect(relativeError(expected.tokens.map { flow[$0] }, expected.flow) < 1e-4)
  }

  @Test func `A network without attention has none`() throws {
    let subject = try explainer("fields").prepare(ScanReference(fixtures + "bright_0.nii.gz"))
    #expect(AttentionStep.all(in: subject.network).isEmpty)
  }
}
