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

  /// The bright patch of each scan is found, in the scan's own voxels; by the shuffled network it is not.
  @Test func `What attention is planted to look for is found, and not by the twin`() throws {
    var found: [String: Int] = [:]
    for model in ["planted", "twin"] {
      for scan in 0..<3 {
        let (maps, subject) = try maps(model, scan)
        let rollout = maps.rollout(on: subject)
        let best = rollout.voxels.max() ?? 0
        let (mean, bright) = zip(rollout.voxels, subject.anatomy.voxels).reduce((0, 0)) { sum, pair in
          (sum.0 + (pair.0 == best ? 1 : 0), sum.1 + (pair.0 == best && pair.1 >= 8 ? 1 : 0))
        }
        // The whole patch has one value; 6³ of its 8³ voxels are bright.
        if mean == 512, bright == 216 { found[model, default: 0] += 1 }
      }
    }
    #expect(found["planted"] == 3)
    #expect(found["twin", default: 0] == 0)
  }

  @Test func `A network without attention has none`() throws {
    let subject = try explainer("fields").prepare(ScanReference(fixtures + "bright_0.nii.gz"))
    #expect(AttentionStep.all(in: subject.network).isEmpty)
  }
}
