import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidTensors
import PellucidVolumes
import Testing

/// Maps come back to where the scan's voxels are.
///
/// The model is linear, so every value of its gradient is known.
@Suite struct GeometryTests {
  let bench: Workbench
  let oblique = Affine(elements: [0.9, 0.1, 0, -40, -0.1, 0.9, 0.05, 12, 0, -0.05, 1.1, 7.5])

  init() throws { bench = try Workbench() }

  @Test func `Without a card the map lies on the scan's grid, voxel by voxel`() throws {
    let space = SpaceRecord(qformCode: 1, sformCode: 4)
    let scan = try bench.scan([4, 5, 6], affine: oblique, space: space)
    let explainer = Explainer(try bench.classifier("linear")) { $0.target = "1" }
    let map = try explainer.explanation(scan, "saliency").volume
    #expect(map.shape == GridShape(i: 4, j: 5, k: 6) && map.channels == 1)
    let original = try Volume(contentsOf: scan.paths[0])
    #expect(map.affine == original.affine && map.space.sformCode == 4 && map.space.qformCode == 1)
    for i in 0..<4 { for j in 0..<5 { for k in 0..<6 { #expect(map.at(i, j, k) == weight(i, j, k)) } } }
  }

  @Test func `Axes and orientation are undone bit for bit`() throws {
    // D, H, W are k, j, i of an image whose first axis runs to the left.
    let card = "input: {axes: kji, orientation: LAS}\n"
    let scan = try bench.scan([6, 5, 4], affine: Affine(elements: [2, 0, 0, 1, 0, 2, 0, 2, 0, 0, 2, 3]))
    let explainer = Explainer(try bench.classifier("linear", card: card)) { $0.target = "1" }
    let explanation = try explainer.explanation(scan, "saliency")
    for i in 0..<6 {
      for j in 0..<5 { for k in 0..<4 { #expect(explanation.volume.at(i, j, k) == weight(k, j, 5 - i)) } }
    }
    let original = try Volume(contentsOf: scan.paths[0])
    var score = -0.5
    for i in 0..<6 {
      for j in 0..<5 { for k in 0..<4 { score += Double(weight(k, j, 5 - i)) * Double(original.at(i, j, k)) } }
    }
    #expect(isClose(explanation.score, score))
  }

  @Test func `Windows have their sizes along i, j, k, whatever D, H, W are`() throws {
    let scan = try bench.scan([6, 5, 4])
    let explainer = Explainer(try bench.classifier("linear", card: "input: {axes: kji}\n")) {
      $0.target = "1"
      $0.score = .logit
    }
    let map = try explainer.explanation(scan, "occlusion", ["patch": "3,5,4", "stride": "3,5,4"]).volume
    let other = try explainer.explanation(scan, "occlusion", ["patch": "6,5,1", "stride": "6,5,1"]).volume
    #expect(map.at(0, 0, 0) != map.at(3, 0, 0) && other.at(0, 0, 0) != other.at(0, 0, 1))
    for i in 0..<6 {
      for j in 0..<5 {
        for k in 0..<4 {
          #expect(map.at(i, j, k) == map.at(i / 3 * 3, 0, 0))
          #expect(other.at(i, j, k) == other.at(0, 0, k))
        }
      }
    }
  }

  @Test func `What the model does not see gets 0`() throws {
    let card = "input: {shape: [4, 5, 6]}\n"
    let scan = try bench.scan([8, 5, 4], affine: oblique)
    let explainer = Explainer(try bench.classifier("linear", card: card)) { $0.target = "1" }
    let map = try explainer.explanation(scan, "saliency").volume
    #expect(map.shape == GridShape(i: 8, j: 5, k: 4))
    for i in 0..<8 {
      for j in 0..<5 {
        for k in 0..<4 { #expect(map.at(i, j, k) == ((2..<6).contains(i) ? weight(i - 2, j, k + 1) : 0)) }
      }
    }
  }

  @Test func `The model's grid, if asked`() throws {
    let card = "input: {shape: [4, 5, 6]}\n"
    let scan = try bench.scan([8, 5, 4], affine: oblique)
    let explainer = Explainer(try bench.classifier("linear", card: card)) {
      $0.target = "1"
      $0.space = .model
    }
    let map = try explainer.explanation(scan, "saliency").volume
    #expect(map.shape == GridShape(i: 4, j: 5, k: 6))
    #expect(map.at(0, 0, 0) == weight(0, 0, 0))
    let corner = oblique.worldPoint(of: VoxelIndex(i: 2, j: 0, k: -1))
    let own = map.affine.worldPoint(of: VoxelIndex(i: 0, j: 0, k: 0))
    #expect(isClose(own.x, corner.x) && isClose(own.y, corner.y) && isClose(own.z, corner.z))
  }

  @Test func `Resampling keeps the sum of extensive maps and the level of intensive ones`() throws {
    let card = "input: {spacing: [2, 2, 2]}\n"
    let scan = try bench.scan([8, 10, 12])
    let explainer = Explainer(try bench.classifier("linear", card: card)) { $0.target = "1" }
    for method in ["gradient-x-input", "lrp", "integrated-gradients"] {
      let explanation = try explainer.explanation(scan, method)
      #expect(explanation.volume.shape == GridShape(i: 8, j: 10, k: 12))
      #expect(isClose(explanation.volume.sum, explanation.relevance.map.sum, 1e-4), "\(method)")
    }
    let saliency = try explainer.explanation(scan, "saliency").volume
    #expect(isClose(saliency.sum / 960, 60.5 / 120, 1e-3))
    #expect((saliency.voxels.max() ?? 2) <= 1 && (saliency.voxels.min() ?? 0) >= Float(1) / 120)
  }

  /// The atlas's grid, where it is, and what belongs there: the gradient of the model is a plane, which trilinear interpolation keeps.
  @Test func `The atlas's grid, if asked`() throws {
    let scan = try bench.scan([4, 5, 6], affine: oblique)
    var half = Affine.identity
    half[0, 3] = 0.5
    let grid = oblique.composed(with: half)
    let explainer = Explainer(try bench.classifier("linear")) {
      $0.target = "1"
      $0.space = .atlas
      $0.atlas = try? halves([3, 5, 6], affine: grid)
    }
    let map = try explainer.explanation(scan, "saliency").volume
    #expect(map.shape == GridShape(i: 3, j: 5, k: 6) && map.affine == grid)
    for i in 0..<3 {
      for j in 0..<5 {
        for k in 0..<6 {
          let wanted = (weight(i, j, k) + weight(i + 1, j, k)) / 2
          #expect(isClose(Double(map.at(i, j, k)), Double(wanted), 1e-6))
        }
      }
    }
    let regional = try explainer.explanation(scan, "region-occlusion").volume
    #expect(Set(regional.voxels).count == 2, "a region has one value, also at its border")
  }

  @Test func `The atlas's grid keeps the sum of extensive maps and the level of intensive ones`() throws {
    // The model sees the middle of the scan, so that smoothing moves no relevance over the border.
    let scan = try bench.scan([12, 14, 14])
    let coarse = Affine(elements: [2, 0, 0, 0.5, 0, 2, 0, 0.5, 0, 0, 2, 0.5])
    let explainer = Explainer(try bench.classifier("linear", card: "input: {shape: [4, 5, 6]}\n")) {
      $0.target = "1"
      $0.space = .atlas
      $0.atlas = try? halves([6, 7, 7], affine: coarse)
    }
    let extensive = try explainer.explanation(scan, "gradient-x-input")
    #expect(extensive.volume.shape == GridShape(i: 6, j: 7, k: 7))
    #expect(abs(extensive.relevance.map.sum) > 1)
    #expect(isClose(extensive.volume.sum, extensive.relevance.map.sum, 1e-5))
    let level = try explainer.explanation(scan, "saliency").volume.voxels.max() ?? 0
    #expect(level > 0.3 && level <= 1)
  }

  @Test func `The atlas's grid is refused where there is none`() throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("linear")) { $0.space = .atlas }
    #expect(fault { _ = try explainer.explanation(scan, "saliency") }?.kind == .usage)
  }

  @Test func `A scan of another size without a card is refused`() throws {
    let scan = try bench.scan([5, 5, 6])
    let explainer = Explainer(try bench.classifier("linear"))
    let error = try #require(fault { _ = try explainer.prepare(scan) })
    #expect(error.kind == .badData && error.line.contains("5 × 5 × 6") && error.line.contains("4 × 5 × 6"))
    #expect(fault { try explainer.check(Scan(reading: scan)) }?.line == error.line)
  }

  @Test func `Open extents are the scan's, or the card's`() throws {
    let scan = try bench.scan([7, 6, 9])
    let free = Explainer(try bench.classifier("open"))
    let seen = try free.prepare(scan)
    #expect(seen.network.inputShape.dimensions == [1, 1, 7, 6, 9] && seen.classes.activation == .softmax)
    let map = try free.explanation(scan, "grad-cam").volume
    #expect(map.shape == GridShape(i: 7, j: 6, k: 9))
    let fixed = Explainer(try bench.classifier("open", card: "input: {shape: [8, 8, 8], axes: kji}\n"))
    #expect(try fixed.prepare(scan).network.inputShape.dimensions == [1, 1, 8, 8, 8])
    #expect(try fixed.explanation(scan, "lrp").volume.shape == GridShape(i: 7, j: 6, k: 9))
    #expect(try fixed.classifier.network().inputShape.dimensions == [1, 1, 8, 8, 8])
    let larger = try bench.scan([9, 7, 5], as: "larger.nii")
    #expect(
      try free.prepare(larger).network.inputShape.dimensions == [1, 1, 9, 7, 5],
      "the next scan has a network of its own")
  }

  @Test func `A model whose extents are open says so where nobody gives them`() throws {
    let classifier = try bench.classifier("open")
    let error = fault { _ = try classifier.network() }
    #expect(error?.kind == .badData && error?.line.contains("input.shape in the model card") == true)
  }
}
