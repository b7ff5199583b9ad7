public import PellucidFaults
public import PellucidVolumes

/// A picture of a plane through a volume: values on a regular grid in world coordinates.
///
/// Row 0 is the top of the picture; the pixel in the middle of a row or column lies in the middle of the box that was asked for.
public struct Slice: Sendable {
  /// The way it lies.
  public let plane: SlicePlane
  /// Where on the axis across the slice, mm.
  public let position: Double
  /// Pixels a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `width * height` values, rows from the top; NaN where the volume has none.
  public package(set) var values: [Float]

  package init(plane: SlicePlane, position: Double, width: Int, height: Int, values: [Float]) {
    (self.plane, self.position, self.width, self.height) = (plane, position, width, height)
    self.values = values
  }
}

/// Cuts slices out of a volume in world orientation, whatever its affine: flipped, permuted, anisotropic, oblique or sheared.
public struct SliceSampler: Sendable {
  private let volume: Volume
  private let firstVoxel: Int
  private let interpolation: Interpolation
  private let toVoxels: Affine

  /// The ways in which pictures are made: a spline, which may overshoot, would draw relevance where there is none.
  public static let interpolations: [Interpolation] = [.nearest, .linear]

  /// A sampler of one channel of a volume.
  ///
  /// - Parameter interpolation: `.linear` leaves voxels that are not finite out and scales the others' weights up; `.cubic` is drawn as
  ///   `.linear`.
  /// - Throws: `.badData` where the affine is singular or the grid empty, `.usage` where the channel does not exist.
  public init(_ volume: Volume, channel: Int = 0, interpolation: Interpolation = .linear) throws(PellucidError) {
    guard volume.shape.count > 0 else { throw .noVoxels(volume.source, "image") }
    guard (0..<volume.channels).contains(channel) else {
      throw .noSuchChannel(channel, of: volume.channels, volume.source)
    }
    guard let inverse = volume.affine.inverse else { throw .singularAffine(volume.source, "image") }
    self.volume = volume
    self.interpolation = interpolation
    firstVoxel = channel * volume.shape.count
    toVoxels = inverse
  }

  /// The smallest side of the volume's voxels, mm.
  var voxelSize: Double { volume.affine.voxelSizes.min() ?? 1 }

  /// The slice at a position (mm) over a box; the box's extent across the slice does not matter.
  /// - Parameters:
  ///   - box: what the picture shows, edge to edge, mm.
  ///   - width: pixels across the box.
  ///   - height: pixels up the box.
  ///   - mirrored: true: the horizontal axis runs from the right edge of the picture to its left.
  /// - Accuracy: voxel coordinates within 1e-9 of the affine's; the trilinear sum in float32.
  /// - Complexity: O(width · height), about 10 ns a pixel.
  public func slice(
    _ plane: SlicePlane, at position: Double, over box: WorldBox, width: Int, height: Int, mirrored: Bool = false
  ) -> Slice {
    let (h, v, n) = (plane.horizontal, plane.vertical, plane.normal)
    let stepH = box.extent(h) / Double(width) * (mirrored ? -1 : 1)
    let stepV = -box.extent(v) / Double(height)
    var origin = [0.0, 0.0, 0.0]
    origin[h] = (mirrored ? box.high[h] : box.low[h]) + stepH / 2
    origin[v] = box.high[v] + stepV / 2
    origin[n] = position
    let start = (0..<3).map { r in
      (0..<3).reduce(toVoxels[r, 3]) { $0 + toVoxels[r, $1] * origin[$1] }
    }
    let across = SIMD3((0..<3).map { toVoxels[$0, h] * stepH })
    let down = SIMD3((0..<3).map { toVoxels[$0, v] * stepV })
    var values = [Float](repeating: .nan, count: width * height)
    let voxels = volume.voxels.span
    var out = values.mutableSpan
    for row in 0..<height {
      let rowStart = SIMD3(start) + Double(row) * down
      for column in 0..<width {
        let place = rowStart + Double(column) * across
        out[row * width + column] = interpolation == .nearest ? nearest(place, voxels) : linear(place, voxels)
      }
    }
    return Slice(plane: plane, position: position, width: width, height: height, values: values)
  }

  @inline(__always)
  private func nearest(_ place: SIMD3<Double>, _ voxels: Span<Float>) -> Float {
    let shape = volume.shape
    let (i, j, k) = ((place.x + 0.5).rounded(.down), (place.y + 0.5).rounded(.down), (place.z + 0.5).rounded(.down))
    guard i >= 0, j >= 0, k >= 0, i < Double(shape.i), j < Double(shape.j), k < Double(shape.k) else { return .nan }
    return voxels[firstVoxel + Int(i) + shape.i * (Int(j) + shape.j * Int(k))]
  }

  @inline(__always)
  private func linear(_ place: SIMD3<Double>, _ voxels: Span<Float>) -> Float {
    let shape = volume.shape
    // Within the edge voxels, half a voxel beyond the last centres, the edge's own value goes on.
    guard place.x >= -0.5, place.y >= -0.5, place.z >= -0.5, place.x <= Double(shape.i) - 0.5,
      place.y <= Double(shape.j) - 0.5, place.z <= Double(shape.k) - 0.5
    else { return .nan }
    let x = min(max(place.x, 0), Double(shape.i - 1))
    let y = min(max(place.y, 0), Double(shape.j - 1))
    let z = min(max(place.z, 0), Double(shape.k - 1))
    let (i, j, k) = (Int(x), Int(y), Int(z))
    let (fx, fy, fz) = (Float(x - Double(i)), Float(y - Double(j)), Float(z - Double(k)))
    let di = i + 1 < shape.i ? 1 : 0
    let dj = j + 1 < shape.j ? shape.i : 0
    let dk = k + 1 < shape.k ? shape.i * shape.j : 0
    let base = firstVoxel + i + shape.i * (j + shape.j * k)
    let near = SIMD4(voxels[base], voxels[base + dj], voxels[base + dk], voxels[base + dj + dk])
    let far = SIMD4(voxels[base + di], voxels[base + di + dj], voxels[base + di + dk], voxels[base + di + dj + dk])
    let weights = SIMD4((1 - fy) * (1 - fz), fy * (1 - fz), (1 - fy) * fz, fy * fz)
    let sum = ((near * (1 - fx) + far * fx) * weights).sum()
    if sum.isFinite { return sum }
    return finiteMean(near, weights * (1 - fx), far, weights * fx)
  }

  /// The weighted mean of the finite values; NaN where they hold less than half of the weight.
  private func finiteMean(_ a: SIMD4<Float>, _ wa: SIMD4<Float>, _ b: SIMD4<Float>, _ wb: SIMD4<Float>) -> Float {
    var (sum, weight): (Float, Float) = (0, 0)
    for lane in 0..<4 {
      if a[lane].isFinite { (sum, weight) = (sum + a[lane] * wa[lane], weight + wa[lane]) }
      if b[lane].isFinite { (sum, weight) = (sum + b[lane] * wb[lane], weight + wb[lane]) }
    }
    return weight >= 0.5 ? sum / weight : .nan
  }
}
