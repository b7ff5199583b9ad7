package import PellucidVolumes

/// The air around a head: what reaches the grid's sides without coming nearer than 4 mm to anything bright.
package struct HeadSurroundings {
  /// How far from the head air begins, mm: a border of the head that is blurred, or a scalp that was taken off, is no fault of a map.
  package static let margin = 4.0

  private let isAir: [Bool]
  private let shape: GridShape
  private let affine: Affine

  /// - Parameter foreground: values above it are head.
  package init(around anatomy: Volume, foreground: Float) {
    shape = anatomy.shape
    affine = anatomy.affine
    var near = anatomy.voxels[..<anatomy.shape.count].map { $0 > foreground }
    let sizes = anatomy.affine.voxelSizes
    let steps = [1, shape.i, shape.i * shape.j]
    for axis in 0..<3 {
      near = Self.widened(near, by: Int((Self.margin / sizes[axis]).rounded(.up)), shape.extents[axis], steps[axis])
    }
    isAir = Self.reached(through: near.map { !$0 }, shape)
  }

  /// The part of a map's Σ|R| that lies in the air; nil where there is no relevance.
  package func share(of map: Volume) -> Double? {
    guard let way = affine.inverse?.composed(with: map.affine) else { return nil }
    let isSameGrid = map.shape == shape && map.affine == affine
    var (inside, total) = (0.0, 0.0)
    for k in 0..<map.shape.k {
      for j in 0..<map.shape.j {
        for i in 0..<map.shape.i {
          let place = i + map.shape.i * (j + map.shape.j * k)
          let size = Double(abs(map.voxels[place]))
          guard size > 0 else { continue }
          total += size
          if isSameGrid ? isAir[place] : isAir(at: way.worldPoint(i: Double(i), j: Double(j), k: Double(k))) {
            inside += size
          }
        }
      }
    }
    return total > 0 ? inside / total : nil
  }

  private func isAir(at voxel: WorldPoint) -> Bool {
    let (x, y, z) = (voxel.x.rounded(), voxel.y.rounded(), voxel.z.rounded())
    guard x >= 0, y >= 0, z >= 0, x < Double(shape.i), y < Double(shape.j), z < Double(shape.k) else { return true }
    return isAir[shape.offset(of: VoxelIndex(i: Int(x), j: Int(y), k: Int(z)))]
  }

  /// What is true, and what lies within a reach of it along one axis.
  private static func widened(_ mask: [Bool], by reach: Int, _ length: Int, _ step: Int) -> [Bool] {
    var out = mask
    for start in mask.indices where start / step % length == 0 {
      var last = -reach - 1
      for place in 0..<length {
        if mask[start + place * step] {
          last = place
        } else if place - last <= reach {
          out[start + place * step] = true
        }
      }
      last = length + reach
      for place in stride(from: length - 1, through: 0, by: -1) {
        if mask[start + place * step] {
          last = place
        } else if last - place <= reach {
          out[start + place * step] = true
        }
      }
    }
    return out
  }

  /// The free voxels that hang together with the grid's sides by their faces.
  private static func reached(through free: [Bool], _ shape: GridShape) -> [Bool] {
    var found = [Bool](repeating: false, count: free.count)
    var front: [Int32] = []
    let (row, slice) = (shape.i, shape.i * shape.j)
    func visit(_ place: Int) {
      if free[place], !found[place] {
        found[place] = true
        front.append(Int32(place))
      }
    }
    for place in free.indices {
      let (i, j, k) = (place % row, place / row % shape.j, place / slice)
      if i == 0 || j == 0 || k == 0 || i == shape.i - 1 || j == shape.j - 1 || k == shape.k - 1 { visit(place) }
    }
    while let next = front.popLast() {
      let place = Int(next)
      let (i, j, k) = (place % row, place / row % shape.j, place / slice)
      if i > 0 { visit(place - 1) }
      if i < shape.i - 1 { visit(place + 1) }
      if j > 0 { visit(place - row) }
      if j < shape.j - 1 { visit(place + row) }
      if k > 0 { visit(place - slice) }
      if k < shape.k - 1 { visit(place + slice) }
    }
    return found
  }
}
