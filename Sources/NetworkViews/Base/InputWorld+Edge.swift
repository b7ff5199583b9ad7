internal import PellucidVolumes

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension InputWorld {
  /// The edge of a cube as large as a voxel of the input, mm.
  public var voxelEdge: Double { cbrt(abs(affine.determinant)) }
}
