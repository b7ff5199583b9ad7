import PellucidAttribution
import PellucidExplaining
import PellucidPreprocessing
import PellucidResults
import PellucidTensors
import PellucidVolumes
import Testing

/// Maps whose values add up keep their sum on the scan's grid.
@Suite struct SumTests {
  let bench: Workbench
  init() throws { bench = try Workbench() }

  private func card(_ spacing: String) -> String {
    "input: {spacing: \(spacing), shape: [4, 5, 6]}\noutput: {kind: regression}\n"
  }

  /// Scans of 1 mm and of 3 mm for a model of 2 mm; of odd sizes, so that the resampled grid ends beyond the scan; turned and oblique.
  @Test(arguments: [
    ([8, 10, 12], 1.0, "2"), ([7, 9, 11], 1.0, "2"), ([2, 3, 3], 2.0, "1"), ([3, 3, 4], 3.0, "[2, 1.7, 2.1]"),
    ([5, 6, 8], 1.3, "1.7"),
  ])
  func `to 1 %, whichever grid is finer`(extents: [Int], size: Double, spacing: String) throws {
    var affine = Affine.identity
    for axis in 0..<3 { affine[axis, axis] = axis == 0 ? -size : size }
    let scan = try bench.scan(extents, affine: affine)
    let explainer = Explainer(try bench.classifier("encoder", card: card(spacing))) { $0.target = "output:z_mean:1" }
    for (method, options) in [
      ("gradient-x-input", [:]), ("integrated-gradients", ["steps": "8"]), ("deeplift", ["baseline": "-0.4"]),
      ("lrp", [:]),
    ] as [(String, [String: String])] {
      let map = try explainer.explanation(scan, method, options)
      let filled = try explainer.prepare(scan).prepared.path.filled
      let wanted = sumInside(map.relevance, filled)
      let found = map.volume.voxels.reduce(0.0) { $0 + Double($1) }
      #expect(abs(found - wanted) <= 1e-5 * max(1e-3, abs(wanted)), "\(method): \(found) for \(wanted)")
      #expect(wanted != 0)
    }
  }

  /// The sum over the voxels of the model that hold voxels of the scan; the card's axes are i, j, k.
  private func sumInside(_ relevance: Relevance, _ filled: (i: Range<Int>, j: Range<Int>, k: Range<Int>)) -> Double {
    let shape = relevance.map.shape
    let values = relevance.map.ordered(.rowMajor).values
    var sum = 0.0
    for d in filled.i {
      for h in filled.j { for w in filled.k { sum += Double(values[(d * shape[3] + h) * shape[4] + w]) } }
    }
    return sum
  }
}
