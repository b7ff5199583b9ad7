internal import CPellucidNIfTI
public import PellucidFaults
internal import PellucidFiles

/// Colours on a grid with its place in the world: what NIfTI calls RGB24, which viewers draw as it is.
public struct ColourVolume: Sendable {
  /// Extents of the grid.
  public let shape: GridShape
  /// Red, green and blue of each voxel, i fastest: `3 · shape.count` bytes.
  public let colours: [UInt8]
  /// Voxel indices → world, mm, RAS+.
  public let affine: Affine
  /// What the file's header says of its space.
  public let space: SpaceRecord

  /// The colours of a volume of three channels, red, green and blue, each 0…1; what lies beyond is cut, what is not finite is black.
  /// - Precondition: three channels.
  public init(_ volume: Volume) {
    precondition(volume.channels == 3, "colours are red, green and blue")
    (shape, affine, space) = (volume.shape, volume.affine, volume.space)
    let count = volume.shape.count
    let voxels = volume.voxels.span
    colours = [UInt8](capacity: 3 * count) { output in
      for voxel in 0..<count {
        for channel in 0..<3 {
          let value = voxels[channel * count + voxel]
          output.append(value > 0 ? UInt8(min(255, (value * 255).rounded())) : 0)
        }
      }
    }
  }

  /// Writes a NIfTI file of datatype RGB24: `.nii.gz`, or plain where the name ends in `.nii`.
  /// - Throws: `.output` where the file cannot be written.
  public func write(to path: String, description: String = "") throws(PellucidError) {
    try AtomicFile.write(to: path) { temporary throws(PellucidError) in
      var header = Volume(shape: shape, voxels: Array(repeating: 0, count: shape.count), affine: affine, space: space)
        .placedHeader()
      header.datatype = 128
      unsafe withUnsafeMutableBytes(of: &header.descrip) { unsafe Volume.copy(description, into: $0) }
      var bytes = [UInt8](repeating: 0, count: 544)
      let used = unsafe pv_header_write(&header, &bytes)
      bytes.removeLast(bytes.count - used)
      let isPlain = path.lowercased().hasSuffix(".nii")
      var stream = try OutputStream(temporary, packed: !isPlain)
      try stream.write(bytes)
      try stream.write(colours)
      try stream.close()
    }
  }
}
