public import PellucidFaults
internal import PellucidTransforms
public import PellucidVolumes

/// An image whose voxels carry the labels of regions; 0 is "no region".
public struct LabelVolume: Sendable {
  /// Extents of the grid.
  public private(set) var shape: GridShape
  /// Voxel indices → world, mm, RAS+.
  public private(set) var affine: Affine
  /// `shape.count` labels, i fastest; 0 to ``largestLabel``.
  public private(set) var labels: [Int32]
  /// The labels that occur and how many voxels carry each, by label; without 0.
  public private(set) var voxelCounts: [(label: Int32, voxels: Int)]
  /// Name of the file it came from, for messages.
  public let source: String?
  /// How probable each region is at each voxel, where the image came as probabilities; the region of volume v has the label v + 1.
  public private(set) var probabilities: ProbabilityMaps?
  /// What was mended or decided while reading.
  public let notes: [Note]

  /// Labels above this are not whole numbers in a float volume.
  static let largest = 1 << 24

  /// How strictly labels are read.
  public struct Policy: Hashable, Sendable {
    /// What becomes of voxels that are NaN or infinite.
    public var nan: NonFinitePolicy
    /// A value this close to a whole number is one; scaled integer files need 1e-3.
    public var tolerance: Float

    /// A policy; by default nothing is mended but the rounding of scaled integers.
    public init(nan: NonFinitePolicy = .refuse, tolerance: Float = 1e-3) {
      self.nan = nan
      self.tolerance = max(1e-3, tolerance)
    }
  }

  /// The largest label that occurs.
  public var largestLabel: Int32 { voxelCounts.last?.label ?? 0 }

  /// Reads a label image, or an image of several volumes as ``ProbabilityMaps``, of which never more than one is in memory whole.
  ///
  /// - Throws: `.badData` for a file that cannot be read, and what the other initializers throw.
  public init(contentsOf path: String, policy: Policy = Policy()) throws(PellucidError) {
    var maps: ProbabilityMaps?
    var single: Volume?
    try Volume.forEachVolume(of: path, nan: policy.nan) { (volume, place, count) throws(PellucidError) in
      if count == 1 {
        single = volume
      } else if place == 0 {
        maps = try ProbabilityMaps(volume)
      } else {
        try maps?.append(volume)
      }
    }
    if let single {
      try self.init(single, tolerance: policy.tolerance)
    } else if let maps {
      try self.init(maps)
    } else {
      throw .noLabels(path)
    }
  }

  /// Reads labels off a volume's values.
  ///
  /// - Parameter tolerance: how far a value may be from a whole number; below 0.5.
  /// - Throws: `.badData` where the volume has a singular affine, no label at all, or a value that is not a whole number between 0 and
  ///   2²⁴ (within the tolerance), naming the first such voxel.
  /// - Precondition: the volume has one channel.
  public init(_ volume: Volume, tolerance: Float = Policy().tolerance) throws(PellucidError) {
    precondition(volume.channels == 1, "labels are one volume; several are probabilities")
    let slack = min(max(tolerance, Policy().tolerance), 0.499)
    guard volume.affine.inverse != nil else { throw .singularAffine(volume.source) }
    var labels = [Int32](repeating: 0, count: volume.voxels.count)
    var largest: Int32 = 0
    var rounded = 0
    var farthest: Float = 0
    let voxels = volume.voxels.span
    var out = labels.mutableSpan
    for offset in voxels.indices {
      let value = voxels[offset]
      guard value >= -slack, value <= Float(Self.largest) else {
        throw .notALabel(volume.source, value: value, at: volume.shape.voxel(at: offset))
      }
      let label = Int32(value + 0.5)
      let error = abs(value - Float(label))
      if error > 0 {
        guard error <= slack else {
          throw .notALabel(volume.source, value: value, at: volume.shape.voxel(at: offset))
        }
        rounded += 1
        farthest = max(farthest, error)
      }
      out[offset] = label
      largest = max(largest, label)
    }
    guard largest > 0 else { throw .noLabels(volume.source) }
    self.shape = volume.shape
    self.affine = volume.affine
    self.labels = labels
    self.voxelCounts = Self.counts(of: labels, largest: largest)
    self.source = volume.source
    self.probabilities = nil
    var notes = volume.notes.map { note in volume.source.map(note.of) ?? note }
    if rounded > 0 {
      let off = farthest > Policy().tolerance ? " (off by up to \(Double(farthest).words(decimals: 3)))" : ""
      notes.append(
        Note(
          what: "\(rounded) label values are not quite whole numbers\(off)", how: "taken as the nearest one",
          weight: .told))
    }
    self.notes = notes
  }

  /// Labels of probabilities: at each voxel the most probable region, where it is more probable than the threshold; the first of equals.
  ///
  /// - Throws: `.badData` where the affine is singular, a value is no probability, or no voxel gets a label.
  /// - Accuracy: the labels of `numpy.argmax` over the volumes, + 1.
  public init(_ maps: ProbabilityMaps, threshold: Float = ProbabilityMaps.threshold) throws(PellucidError) {
    guard maps.affine.inverse != nil else { throw .singularAffine(maps.source) }
    let labels = maps.mostProbable(above: threshold)
    guard let largest = labels.max(), largest > 0 else { throw .nowhereProbable(maps.source, threshold: threshold) }
    self.shape = maps.shape
    self.affine = maps.affine
    self.labels = labels
    self.voxelCounts = Self.counts(of: labels, largest: largest)
    self.source = maps.source
    self.probabilities = maps
    self.notes =
      maps.notes + [
        Note(
          what: "the atlas holds \(maps.maps.count) volumes of probabilities",
          how: "a voxel belongs to the most probable region, where that is above \(Int(100 * threshold)) %")
      ]
  }

  /// The same labels at another place in the world.
  /// - Precondition: the affine can be inverted.
  func placed(at affine: Affine) -> LabelVolume {
    var out = self
    out.affine = affine
    out.probabilities?.affine = affine
    return out
  }

  /// Labels of another grid, for the same regions.
  func replaced(by labels: [Int32], on grid: Grid) -> LabelVolume {
    var out = self
    out.shape = grid.shape
    out.affine = grid.affine
    out.labels = labels
    out.probabilities = nil
    out.voxelCounts = Self.counts(of: labels, largest: labels.max() ?? 0)
    return out
  }

  /// The same voxels under other labels; the probabilities keep theirs.
  func relabelled(_ new: [Int32: Int32]) -> LabelVolume {
    var table = (0...Int(largestLabel)).map { Int32($0) }
    for (label, to) in new where Int(label) < table.count { table[Int(label)] = to }
    var out = self
    out.labels = labels.map { table[Int($0)] }
    out.voxelCounts = Self.counts(of: out.labels, largest: out.labels.max() ?? 0)
    return out
  }

  private static func counts(of labels: [Int32], largest: Int32) -> [(label: Int32, voxels: Int)] {
    var counts = [Int](repeating: 0, count: Int(largest) + 1)
    let span = labels.span
    var start = 0
    while start < span.count {
      let end = span.endOfRun(from: start)
      counts[Int(span[start])] += end - start
      start = end
    }
    return counts.indices.dropFirst().filter { counts[$0] > 0 }.map { (Int32($0), counts[$0]) }
  }

  /// Corners of the box that the grid's voxels fill in the world, mm.
  var worldBox: WorldBox { WorldBox(shape: shape, affine: affine) }
}

extension GridShape {
  /// The voxel at a place in memory (i fastest).
  func voxel(at offset: Int) -> VoxelIndex {
    VoxelIndex(i: offset % i, j: offset / i % j, k: offset / (i * j))
  }
}

/// The smallest box along the world's axes that holds all voxel centres of a grid, mm.
struct WorldBox {
  var low: WorldPoint
  var high: WorldPoint

  init(shape: GridShape, affine: Affine) {
    var low = affine.worldPoint(i: 0, j: 0, k: 0)
    var high = low
    for corner in 0..<8 {
      let p = affine.worldPoint(
        i: corner & 1 == 0 ? 0 : Double(shape.i - 1), j: corner & 2 == 0 ? 0 : Double(shape.j - 1),
        k: corner & 4 == 0 ? 0 : Double(shape.k - 1))
      low = WorldPoint(x: min(low.x, p.x), y: min(low.y, p.y), z: min(low.z, p.z))
      high = WorldPoint(x: max(high.x, p.x), y: max(high.y, p.y), z: max(high.z, p.z))
    }
    self.low = low
    self.high = high
  }

  /// `x −90…90, y −126…91, z −72…109 mm`, to a tenth of a millimetre.
  var text: String {
    func tenth(_ value: Double) -> String { value.words(decimals: 1) }
    return "x \(tenth(low.x)) to \(tenth(high.x)), y \(tenth(low.y)) to \(tenth(high.y)), "
      + "z \(tenth(low.z)) to \(tenth(high.z)) mm"
  }
}
