public import PellucidFaults
public import PellucidVolumes

/// The volumes of a probabilistic atlas, one a region: how probable it is, at each voxel, that it belongs to the region.
///
/// Only voxels above 0 are kept: Harvard-Oxford's 113 volumes at 1 mm are 2 GB as numbers, of which few are not 0.
public struct ProbabilityMaps: Sendable {
  /// One region's.
  public struct Map: Sendable {
    /// Places in memory (i fastest) of the voxels above 0, ascending.
    public fileprivate(set) var offsets: [Int32] = []
    /// The values there, as stored; × ``ProbabilityMaps/unit`` they are probabilities.
    public fileprivate(set) var values: [Float] = []
  }

  /// Above this probability a voxel belongs to its most probable region, as in FSL's and nilearn's `maxprob-thr25`.
  public static let threshold: Float = 0.25

  /// Extents of the grid.
  public let shape: GridShape
  /// Voxel indices → world, mm, RAS+.
  public internal(set) var affine: Affine
  /// Name of the file they came from, for messages.
  public let source: String?
  /// What was mended while reading.
  public private(set) var notes: [Note]
  /// The regions', in the file's order.
  public private(set) var maps: [Map] = []
  private var largest: Float = 0

  /// What a stored value is multiplied by: 1 for fractions, 0.01 where a value above 1 shows that they are per cent.
  public var unit: Float { largest > 1 + Self.slack ? 0.01 : 1 }
  /// How far above 1, or above 100, rounding may lead.
  private static let slack: Float = 1e-3

  /// The probabilities of a volume's channels.
  /// - Throws: `.badData` for values below 0 or above 100, naming the first.
  public init(_ volume: Volume) throws(PellucidError) {
    shape = volume.shape
    affine = volume.affine
    source = volume.source
    notes = []
    guard shape.count <= Int32.max else { throw .tooManyVoxels(source, count: shape.count) }
    try append(volume)
  }

  /// Takes in the next regions.
  /// - Throws: `.badData` for values below 0 or above 100, naming the first.
  /// - Precondition: the volume is on the same grid.
  public mutating func append(_ volume: Volume) throws(PellucidError) {
    precondition(volume.shape == shape, "probabilities on another grid")
    let place = [source, maps.isEmpty ? nil : "volume \(maps.count)"].compactMap { $0 }.joined(separator: ", ")
    notes += place.isEmpty ? volume.notes : volume.notes.map { $0.of(place) }
    for channel in 0..<volume.channels {
      var map = Map()
      let start = channel * shape.count
      for offset in 0..<shape.count {
        let value = volume.voxels[start + offset]
        if value == 0 { continue }
        guard value > -Self.slack, value <= 100 + Self.slack else {
          throw .notAProbability(source, value: value, at: shape.voxel(at: offset), volume: maps.count)
        }
        guard value > 0 else { continue }
        largest = max(largest, value)
        map.offsets.append(Int32(offset))
        map.values.append(value)
      }
      maps.append(map)
    }
  }

  /// At each voxel 1 + the place of the most probable region, of several the first; 0 where none is above the threshold.
  func mostProbable(above threshold: Float) -> [Int32] {
    let least = threshold / unit
    var best = [Float](repeating: least, count: shape.count)
    var labels = [Int32](repeating: 0, count: shape.count)
    for (region, map) in maps.enumerated() {
      for (offset, value) in zip(map.offsets, map.values) where value > best[Int(offset)] {
        best[Int(offset)] = value
        labels[Int(offset)] = Int32(region + 1)
      }
    }
    return labels
  }
}
