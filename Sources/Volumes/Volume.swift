public import PellucidFaults

/// Extents of a voxel grid along i, j, k.
public struct GridShape: Hashable, Sendable {
  /// Voxels along i, the axis that varies fastest.
  public var i: Int
  /// Voxels along j.
  public var j: Int
  /// Voxels along k.
  public var k: Int

  /// A grid of i × j × k voxels.
  public init(i: Int, j: Int, k: Int) {
    self.i = i
    self.j = j
    self.k = k
  }

  /// Voxels in all.
  public var count: Int { i * j * k }

  /// Place of a voxel in memory (i fastest).
  public func offset(of voxel: VoxelIndex) -> Int { voxel.i + i * (voxel.j + j * voxel.k) }

  /// Extents as an array [i, j, k].
  public var extents: [Int] { [i, j, k] }
}

/// A scan, a map or a label image: float voxels on a grid with its place in the world.
///
/// Voxels are stored as NIfTI stores them: i fastest, then j, k, and last the channel (the file's fourth axis).
/// Values are the file's numbers × slope + intercept.
public struct Volume: Sendable {
  /// Extents of the grid.
  public var shape: GridShape
  /// Volumes along the fourth axis: 1 for a 3D image.
  public var channels: Int
  /// `shape.count * channels` values, i fastest.
  public var voxels: [Float]
  /// Voxel indices → world, mm, RAS+.
  public var affine: Affine
  /// What the file's header says of its space; carried to maps made from the scan.
  public var space: SpaceRecord
  /// Name of the file it came from, for messages; nil for computed volumes.
  public var source: String?
  /// What was mended or decided while reading.
  public var notes: [Note]

  /// A volume made of its parts.
  /// - Precondition: `voxels.count == shape.count * channels`.
  public init(
    shape: GridShape, channels: Int = 1, voxels: [Float], affine: Affine, space: SpaceRecord = SpaceRecord(),
    source: String? = nil, notes: [Note] = []
  ) {
    precondition(voxels.count == shape.count * channels, "voxels do not fill the grid")
    self.shape = shape
    self.channels = channels
    self.voxels = voxels
    self.affine = affine
    self.space = space
    self.source = source
    self.notes = notes
  }

  /// The value at a voxel of a channel.
  public subscript(voxel: VoxelIndex, channel: Int = 0) -> Float {
    get { voxels[channel * shape.count + shape.offset(of: voxel)] }
    set { voxels[channel * shape.count + shape.offset(of: voxel)] = newValue }
  }
}

/// The header fields of a NIfTI file that say where its affine came from and in which units; kept so that what is written back
/// says the same.
public struct SpaceRecord: Hashable, Sendable {
  /// NIfTI's `qform_code` (0 unknown, 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152).
  public var qformCode: Int
  /// NIfTI's `sform_code`, same values.
  public var sformCode: Int
  /// The qform's own affine where it differs from the volume's; nil: the same.
  public var qformAffine: Affine?
  /// NIfTI's `xyzt_units` byte (2: mm; 10: mm and s).
  public var units: Int

  /// A record; by default mm and an aligned sform.
  public init(qformCode: Int = 0, sformCode: Int = 2, qformAffine: Affine? = nil, units: Int = 2) {
    self.qformCode = qformCode
    self.sformCode = sformCode
    self.qformAffine = qformAffine
    self.units = units
  }
}
