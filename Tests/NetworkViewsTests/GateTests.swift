import Foundation
import PellucidExplaining
import PellucidNetworkViews
import PellucidTables
import PellucidVolumes
import TestSupport
import Testing

/// What gates let pass, against ONNX Runtime (`make_gates.py`): squeeze-and-excitation, CBAM, an attention gate.
@Suite struct GateTests {
  private static let shape = GridShape(i: 12, j: 10, k: 14)
  private static let affine = Affine(elements: [2, 0, 0, -11, 0, 1.5, 0, -8, 0, 0, 3, -20])

  private struct Gate: Decodable {
    var tensor: String
    var values: [Float]
  }

  private static func isBright(_ voxel: VoxelIndex) -> Bool {
    (2..<6).contains(voxel.i) && (5..<9).contains(voxel.j) && (3..<8).contains(voxel.k)
  }

  /// The network's d, h, w are the scan's i, j, k.
  private func subject(_ explainer: Explainer, bright: Bool) throws -> Explainer.Case {
    var scan = Volume(shape: Self.shape, voxels: Array(repeating: 0, count: Self.shape.count), affine: Self.affine)
    for at in 0..<Self.shape.count {
      let voxel = VoxelIndex(
        i: at % Self.shape.i, j: at / Self.shape.i % Self.shape.j, k: at / (Self.shape.i * Self.shape.j))
      let step = (7 * voxel.i + 5 * voxel.j + 3 * voxel.k) % 11
      scan.voxels[at] = Float(step) / 4 - 1 + (bright && Self.isBright(voxel) ? 6 : 0)
    }
    let folder = try TemporaryFolder()
    return try withExtendedLifetime(folder) {
      try explainer.prepare(try Planted.write([scan], to: folder, as: "scan")[0])
    }
  }

  private func gates(_ model: String) throws -> [(found: GateMap, wanted: Gate)] {
    let all = try JSONDecoder().decode(
      [String: [Gate]].self, from: Data(contentsOf: URL(filePath: fixtures + "gates.json")))
    let wanted = try #require(all[model])
    let subject = try subject(try explainer(model), bright: model == "attention_gate")
    let steps = AttentionStep.all(in: subject.network)
    #expect(steps.map(\.kind) == wanted.map { _ in .gate })
    #expect(steps.map(\.tensor) == wanted.map(\.tensor))
    return try zip(steps, wanted).map { (try GateMap(of: $0, in: subject), $1) }
  }

  /// Relative L2 at most 1e-5, as of all that follow.
  @Test func `squeeze-and-excitation has a weight a channel, and SiLU is no gate`() throws {
    let gates = try gates("se")
    let gate = try #require(gates.first)
    #expect(relativeError(gate.found.weights, gate.wanted.values) < 1e-5)
    #expect(gate.found.weights.count == 6 && gate.found.volume == nil)
    #expect(try gate.found.table.numbers("mean").map { Float($0 ?? .nan) } == gate.found.weights)
  }

  @Test func `CBAM has a weight a channel, and then one a place where its cell looks`() throws {
    let gates = try gates("cbam")
    #expect(gates[0].found.volume == nil)
    for gate in gates { #expect(relativeError(gate.found.weights, gate.wanted.values) < 1e-5) }
    let volume = try #require(gates[1].found.volume)
    #expect(volume.shape == GridShape(i: 6, j: 10, k: 7) && volume.channels == 1)
    #expect(relativeError(turned(volume), gates[1].wanted.values) < 1e-5)
    // Strides of 2, 1, 2; the windows of 3 are padded by 1, so that the first cell lies at the first voxel.
    let cells = Affine(elements: [4, 0, 0, -11, 0, 1.5, 0, -8, 0, 0, 6, -20])
    #expect(distance(volume.affine, cells) < 1e-4)
  }

  @Test func `an attention gate's places are the scan's, and it is open where it is planted to be`() throws {
    let gate = try gates("attention_gate")[0]
    let volume = try #require(gate.found.volume)
    #expect(volume.shape == Self.shape && distance(volume.affine, Self.affine) < 1e-4)
    #expect(relativeError(turned(volume), gate.wanted.values) < 1e-5)
    #expect(contrast(volume) > 0.7)
  }

  @Test func `an attention gate with permuted weights is not open there`() throws {
    let planted = try explainer("attention_gate")
    let layers = planted.classifier.model.weightedLayers
    for seed in 0..<4 {
      let subject = try subject(try planted.randomizing(layers, seed: seed), bright: true)
      let step = try #require(AttentionStep.all(in: subject.network).first)
      let volume = try #require(try GateMap(of: step, in: subject).volume)
      #expect(contrast(volume) < 0.35, "twin \(seed): \(contrast(volume))")
    }
  }

  @Test func `the gated unit before the weights of a pooling is no gate`() throws {
    let samples = fixtures.replacing("Tests/NetworkViewsTests/Fixtures/", with: "samples/")
    let explainer = Explainer(try Classifier(model: samples + "atrophy-25d.onnx"))
    let subject = try explainer.prepare(ScanReference(samples + "patient_T1.nii.gz"))
    #expect(AttentionStep.all(in: subject.network).map(\.kind) == [.pooling])
  }

  /// What passes inside the bright box on average, less what passes outside.
  private func contrast(_ volume: Volume) -> Double {
    var (inside, outside) = ([Double](), [Double]())
    for k in 0..<Self.shape.k {
      for j in 0..<Self.shape.j {
        for i in 0..<Self.shape.i {
          let voxel = VoxelIndex(i: i, j: j, k: k)
          if Self.isBright(voxel) {
            inside.append(Double(volume[voxel]))
          } else {
            outside.append(Double(volume[voxel]))
          }
        }
      }
    }
    return inside.reduce(0, +) / Double(inside.count) - outside.reduce(0, +) / Double(outside.count)
  }

  /// Values of a volume (d, h, w) in the tensor's order, w fastest.
  private func turned(_ volume: Volume) -> [Float] {
    let shape = volume.shape
    return (0..<shape.count).map { at in
      volume[VoxelIndex(i: at / (shape.j * shape.k), j: at / shape.k % shape.j, k: at % shape.k)]
    }
  }
}
