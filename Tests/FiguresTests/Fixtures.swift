import FoundationEssentials
import PellucidFigures
import PellucidVolumes

/// Files beside the tests.
enum Fixtures {
  static let folder = String(#filePath.dropLast("Fixtures.swift".count)) + "Fixtures/"

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: folder + name)))
  }

  static func rows(_ name: String) throws -> [[Substring]] {
    String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t") }
  }

  /// True where reference pictures are to be made anew instead of compared.
  static var recording: Bool { ProcessInfo.processInfo.environment["PELLUCID_RECORD"] != nil }
}

/// Volumes made by formulae.
enum Made {
  /// A head of sorts: two shells around bright tissue with a darker left half, 4 mm voxels stored as LIA.
  static func head(_ shape: GridShape = GridShape(i: 44, j: 44, k: 52)) -> Volume {
    let affine = Affine(elements: [-4, 0, 0, 86, 0, 0, 4, -102, 0, -4, 0, 88])
    return volume(shape, affine) { x, y, z in
      let r = (x * x / 4900 + y * y / 8100 + z * z / 5600).squareRoot()
      return r > 1 ? 0 : r > 0.9 ? 900 : r > 0.85 ? 60 : x < 0 ? 420 : 520
    }
  }

  /// A positive blob on the right and a weaker negative one at the front left, on a grid of its own.
  static func relevance() -> Volume {
    volume(GridShape(i: 30, j: 36, k: 30), Affine(elements: [5, 0, 0, -75, 0, 5, 0, -90, 0, 0, 5, -75])) { x, y, z in
      blob(x - 30, y + 20, z + 15) - 0.5 * blob(x + 25, y - 45, z - 20)
    }
  }

  static func blob(_ x: Double, _ y: Double, _ z: Double) -> Double {
    let d = (x * x + y * y + z * z) / 225
    return d > 4 ? 0 : (1 - d / 4) * (1 - d / 4)
  }

  static func volume(_ shape: GridShape, _ affine: Affine, _ value: (Double, Double, Double) -> Double) -> Volume {
    var voxels: [Float] = []
    voxels.reserveCapacity(shape.count)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let place = affine.worldPoint(of: VoxelIndex(i: i, j: j, k: k))
          voxels.append(Float(value(place.x, place.y, place.z)))
        }
      }
    }
    return Volume(shape: shape, voxels: voxels, affine: affine)
  }
}
