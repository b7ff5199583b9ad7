internal import PellucidAtlases
internal import PellucidVolumes

/// The air around a scan's head: what is not brighter than the foreground and connected with the border of the grid.
struct OutsideOfHead {
  private let isAir: [Bool]

  /// - Complexity: a pass over the voxels and one over those of the air.
  init(of scan: Volume) {
    let shape = scan.shape
    let threshold = AlignmentCheck.foreground(scan.voxels[..<shape.count])
    var air = [Bool](repeating: false, count: shape.count)
    var front: [Int] = []
    func visit(_ place: Int) {
      if !air[place], !(scan.voxels[place] > threshold) {
        air[place] = true
        front.append(place)
      }
    }
    let (row, slice) = (shape.i, shape.i * shape.j)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        let isBorder = k == 0 || k == shape.k - 1 || j == 0 || j == shape.j - 1
        let start = j * row + k * slice
        if isBorder {
          for i in 0..<shape.i { visit(start + i) }
        } else {
          visit(start)
          visit(start + shape.i - 1)
        }
      }
    }
    while let place = front.popLast() {
      let (i, j, k) = (place % row, place % slice / row, place / slice)
      if i > 0 { visit(place - 1) }
      if i < shape.i - 1 { visit(place + 1) }
      if j > 0 { visit(place - row) }
      if j < shape.j - 1 { visit(place + row) }
      if k > 0 { visit(place - slice) }
      if k < shape.k - 1 { visit(place + slice) }
    }
    isAir = air
  }

  /// The part of Σ|R| that lies there; nil for a map on another grid, or of zeros.
  func share(of map: Volume) -> Double? {
    guard map.shape.count == isAir.count else { return nil }
    var (outside, all) = (0.0, 0.0)
    for start in stride(from: 0, to: map.voxels.count, by: isAir.count) {
      for place in isAir.indices {
        let size = Double(abs(map.voxels[start + place]))
        all += size
        if isAir[place] { outside += size }
      }
    }
    return all > 0 ? outside / all : nil
  }
}
