/// The connected parts (over faces) of pieces of a grid.
///
/// Of each piece the largest part keeps its voxels. The others are taken over, voxel by voxel from their borders inwards, by the pieces
/// that touch them. An island that touches none is a piece of its own where it is large enough, and else belongs to its piece as before:
/// nothing connects it.
struct SupervoxelParts {
  private let pieces: [Int32]
  private let extents: [Int]
  private let leastIsland: Int

  /// - Parameters:
  ///   - assignment: for each voxel, row-major D, H, W, its piece; −1: none.
  ///   - leastIsland: voxels of the smallest island that is a piece of its own.
  init(of assignment: [Int32], extents: [Int], leastIsland: Int) {
    precondition(assignment.count == extents.reduce(1, *) && assignment.count <= Int32.max)
    pieces = assignment
    self.extents = extents
    self.leastIsland = leastIsland
  }

  /// For each voxel its piece; islands that are pieces of their own have the numbers from `pieces` on.
  func connected(pieces count: Int) -> [Int32] {
    let parts = found()
    var largest = [Int](repeating: -1, count: count)
    for (number, part) in parts.enumerated() {
      let best = largest[Int(part.piece)]
      if best < 0 || part.voxels.count > parts[best].voxels.count { largest[Int(part.piece)] = number }
    }
    let lost: Int32 = -2
    var result = pieces
    let losers = parts.indices.filter { largest[Int(parts[$0].piece)] != $0 }
    for number in losers { for voxel in parts[number].voxels { result[Int(voxel)] = lost } }
    // The kept voxels at the borders of lost ones, in order, and then whoever they have won.
    var front: [Int32] = []
    for number in losers {
      for voxel in parts[number].voxels {
        forEachNeighbour(of: Int(voxel)) { if result[$0] >= 0 { front.append(Int32($0)) } }
      }
    }
    front.sort()
    var next = 0
    while next < front.count {
      let winner = result[Int(front[next])]
      forEachNeighbour(of: Int(front[next])) { other in
        guard result[other] == lost else { return }
        result[other] = winner
        front.append(Int32(other))
      }
      next += 1
    }
    var fresh = Int32(count)
    for number in losers where result[Int(parts[number].voxels[0])] == lost {
      let isPiece = parts[number].voxels.count >= leastIsland
      for voxel in parts[number].voxels where result[Int(voxel)] == lost {
        result[Int(voxel)] = isPiece ? fresh : parts[number].piece
      }
      if isPiece { fresh += 1 }
    }
    return result
  }

  /// The parts, in the order of their first voxels.
  private func found() -> [(piece: Int32, voxels: [Int32])] {
    var isSeen = pieces.map { $0 < 0 }
    var parts: [(piece: Int32, voxels: [Int32])] = []
    for start in pieces.indices where !isSeen[start] {
      let piece = pieces[start]
      var voxels = [Int32(start)]
      isSeen[start] = true
      var next = 0
      while next < voxels.count {
        forEachNeighbour(of: Int(voxels[next])) { other in
          guard !isSeen[other], pieces[other] == piece else { return }
          isSeen[other] = true
          voxels.append(Int32(other))
        }
        next += 1
      }
      parts.append((piece, voxels))
    }
    return parts
  }

  @inline(__always)
  private func forEachNeighbour(of voxel: Int, _ body: (Int) -> Void) {
    let plane = extents[1] * extents[2]
    let (d, h, w) = (voxel / plane, voxel / extents[2] % extents[1], voxel % extents[2])
    if d > 0 { body(voxel - plane) }
    if h > 0 { body(voxel - extents[2]) }
    if w > 0 { body(voxel - 1) }
    if w + 1 < extents[2] { body(voxel + 1) }
    if h + 1 < extents[1] { body(voxel + extents[2]) }
    if d + 1 < extents[0] { body(voxel + plane) }
  }
}
