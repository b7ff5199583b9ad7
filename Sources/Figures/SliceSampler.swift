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
    // Along a row of most scans' slices one voxel axis changes, and along a column it does not.
    let changing = (0..<3).filter { across[$0] != 0 }
    if changing.count == 1, down[changing[0]] == 0 {
      fill(
        &values, along: changing[0], columns: places(on: changing[0], from: start, by: across, count: width),
        rows: (0..<3).filter { $0 != changing[0] }.map { places(on: $0, from: start, by: down, count: height) })
      return Slice(plane: plane, position: position, width: width, height: height, values: values)
    }
    let voxels = volume.voxels.span
    var out = values.mutableSpan
    for row in 0..<height {
      let rowStart = SIMD3(start) + Double(row) * down
      for column in 0..<width {
        let place = rowStart + Double(column) * across
        if let x = self.place(place.x, on: 0), let y = self.place(place.y, on: 1), let z = self.place(place.z, on: 2) {
          out[row * width + column] = value(x, y, z, voxels)
        }
      }
    }
    return Slice(plane: plane, position: position, width: width, height: height, values: values)
  }

  private var shape: GridShape { volume.shape }

  /// Where a pixel lies along a voxel axis: between two neighbours.
  private struct Place {
    /// The lower neighbour's offset among the voxels.
    let offset: Int
    /// How far the upper one is from it; 0 at the edge.
    let step: Int
    /// How far towards the upper one, 0…1.
    let part: Float

    /// A place within the voxels, else nil; in the half voxel beyond the outermost centres the edge's own value goes on.
    @inline(__always)
    init?(_ place: Double, of count: Int, stride: Int, isNearest: Bool) {
      guard place >= -0.5, place <= Double(count) - 0.5 else { return nil }
      let settled = min(max(isNearest ? (place + 0.5).rounded(.down) : place, 0), Double(count - 1))
      let lower = Int(settled)
      offset = lower * stride
      step = lower + 1 < count && !isNearest ? stride : 0
      part = Float(settled - Double(lower))
    }
  }

  @inline(__always)
  private func place(_ place: Double, on axis: Int) -> Place? {
    let count = axis == 0 ? shape.i : axis == 1 ? shape.j : shape.k
    let stride = axis == 0 ? 1 : axis == 1 ? shape.i : shape.i * shape.j
    return Place(place, of: count, stride: stride, isNearest: interpolation == .nearest)
  }

  /// Pixels' places along an axis; nil: outside.
  private func places(on axis: Int, from start: [Double], by step: SIMD3<Double>, count: Int) -> [Place?] {
    (0..<count).map { place(start[axis] + Double($0) * step[axis], on: axis) }
  }

  /// Row by row: first the line of voxels' values between its four neighbours, then the pixels between those.
  /// - Parameters:
  ///   - axis: the voxel axis along a row.
  ///   - rows: each row's places on the two others.
  private func fill(_ values: inout [Float], along axis: Int, columns: [Place?], rows: [[Place?]]) {
    let seen = columns.compactMap { $0 }
    guard let first = seen.map(\.offset).min(), let last = seen.map({ $0.offset + $0.step }).max() else { return }
    let stride = [1, shape.i, shape.i * shape.j][axis]
    var line = [Float](repeating: 0, count: (last - first) / stride + 1)
    let pixels = columns.enumerated().compactMap { column, place in
      place.map {
        (column: column, from: ($0.offset - first) / stride, to: ($0.offset + $0.step - first) / stride, place: $0)
      }
    }
    let voxels = volume.voxels.span
    for (row, (p, q)) in zip(rows[0], rows[1]).enumerated() {
      guard let p, let q else { continue }
      let begin = firstVoxel + first + p.offset + q.offset
      let weights = SIMD4((1 - p.part) * (1 - q.part), p.part * (1 - q.part), (1 - p.part) * q.part, p.part * q.part)
      for n in line.indices {
        let at = begin + n * stride
        let (near, far) = (voxels[at] * weights.x + voxels[at + p.step] * weights.y, voxels[at + q.step] * weights.z)
        line[n] = near + (far + voxels[at + p.step + q.step] * weights.w)
      }
      for (column, from, to, place) in pixels {
        let value = line[from] * (1 - place.part) + line[to] * place.part
        values[row * columns.count + column] = value.isFinite ? value : self.value(place, p, q, voxels)
      }
    }
  }

  @inline(__always)
  private func value(_ x: Place, _ y: Place, _ z: Place, _ voxels: Span<Float>) -> Float {
    let (fx, fy, fz) = (x.part, y.part, z.part)
    let (di, dj, dk) = (x.step, y.step, z.step)
    let base = firstVoxel + x.offset + y.offset + z.offset
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
