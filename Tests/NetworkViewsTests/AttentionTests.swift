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

  @Test func `A network without attention has none`() throws {
    let subject = try explainer("fields").prepare(ScanReference(fixtures + "bright_0.nii.gz"))
    #expect(AttentionStep.all(in: subject.network).isEmpty)
  }
}
