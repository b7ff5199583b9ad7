import FoundationEssentials
import PellucidVolumes
@_exported import TestSupport
import Testing

typealias Scratch = TemporaryFolder

extension TemporaryFolder {
  /// Writes a file and returns its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String { try write(name, bytes) }
}

/// Files made by `Tests/References/make_volumes.py`.
enum Fixture {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Fixtures/"

  static func path(_ name: String) -> String { folder + name }
  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }
  static func json<T: Decodable>(_ name: String, _ type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path(name))))
  }
}

/// The greatest difference of two lists; NaN or infinite where their lengths differ.
func worst(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

extension Affine {
  func worst(_ other: Affine) -> Double { zip(elements, other.elements).map { abs($0 - $1) }.max() ?? 0 }
}

/// A volume whose voxels are all different.
func counting(_ shape: GridShape, channels: Int = 1, affine: Affine = .identity) -> Volume {
  Volume(
    shape: shape, channels: channels, voxels: (0..<(shape.count * channels)).map { Float($0) * 0.5 - 3 }, affine: affine
  )
}
