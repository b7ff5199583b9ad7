import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import PellucidVolumes
import TestSupport

/// Networks of `Tests/References/make_inside_study.py`, and scans for them.
enum Planted {
  /// Edge of the scans, voxels of 1 mm.
  static let extent = 8

  static func fixture(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
  }

  static func explainer(_ model: String, target: String? = nil) throws -> Explainer {
    var options = Explainer.Options()
    options.target = target
    return Explainer(try Classifier(model: fixture(model)), options: options)
  }

  /// A scan whose voxel (i, j, k) is the network's (d, h, w).
  static func volume(_ value: (Int, Int, Int) -> Float) -> Volume {
    var voxels: [Float] = []
    for k in 0..<extent { for j in 0..<extent { for i in 0..<extent { voxels.append(value(i, j, k)) } } }
    return Volume(
      shape: GridShape(i: extent, j: extent, k: extent), voxels: voxels,
      affine: Affine(elements: [1, 0, 0, -4, 0, 1, 0, -4, 0, 0, 1, -4]))
  }

  /// Noise with so much brightness, and edges along W of such a height.
  static func scan(bright: Float, edges: Float, seed: Int) -> Volume {
    // Seeds that follow each other begin the same sequence one later.
    var noise = Noise(seed: 7919 * (seed + 1000))
    let values = noise.values(extent * extent * extent)
    return volume { i, j, k in
      bright + edges * (k % 4 < 2 ? 1 : -1) + 0.3 * values[i + extent * (j + extent * k)]
    }
  }

  /// Writes scans into a folder and says their paths.
  static func write(_ volumes: [Volume], to folder: TemporaryFolder, as stem: String) throws -> [ScanReference] {
    var paths: [ScanReference] = []
    for (place, volume) in volumes.enumerated() {
      let path = folder.path("\(stem)-\(place).nii.gz")
      try volume.write(to: path)
      paths.append(ScanReference(path))
    }
    return paths
  }
}
