internal import CPellucidKernels
package import PellucidTensors

/// Voxels lower ≤ v < upper along D, H, W.
public struct Box: Hashable, Sendable {
  /// First voxel along each axis.
  public var lower: [Int]
  /// One past the last voxel along each axis.
  public var upper: [Int]

  /// The voxels between two corners.
  public init(lower: [Int], upper: [Int]) {
    self.lower = lower
    self.upper = upper
  }

  /// All voxels of a grid.
  public init(whole extents: [Int]) { self.init(lower: [0, 0, 0], upper: extents) }

  /// Voxels along each axis.
  public var extents: [Int] { zip(lower, upper).map { $1 - $0 } }
  /// Voxels in all.
  public var count: Int { extents.reduce(1, *) }
  /// Whether there is no voxel in it.
  public var isEmpty: Bool { zip(lower, upper).contains { $0 >= $1 } }

  /// What of it lies in a grid.
  public func clipped(to extents: [Int]) -> Box {
    Box(lower: lower.map { max($0, 0) }, upper: zip(upper, extents).map { min($0, $1) })
  }
}

extension Box {
  /// For each voxel of a grid the mean of the values of the boxes that hold it, [1, 1, D, H, W] row by row; 0 where none does, and how often that
  /// is.
  ///
  /// - Parameter boxes: inside the grid; neither their lower nor their upper ends may descend along D.
  package static func means(of values: [Double], over boxes: [Box], grid: [Int]) -> (values: Tensor, uncovered: Int) {
    precondition(
      values.count == boxes.count
        && zip(boxes, boxes.dropFirst()).allSatisfy { a, b in
          a.lower[0] <= b.lower[0] && a.upper[0] <= b.upper[0]
        })
    var means = Tensor(unfilled: Shape([1, 1] + grid), order: .rowMajor)
    let corners = boxes.flatMap { ($0.lower + $0.upper).map(Int64.init) }
    let uncovered = means.withMutableValues { y in
      unsafe pk_box_means(grid.map(Int64.init), Int64(boxes.count), corners, values, y.start)
    }
    return (means, Int(uncovered))
  }
}

/// Boxes of equal extents in a value, one for each image of a batch.
public struct Boxes: Hashable, Sendable {
  /// Voxels along D, H, W.
  public let extents: [Int]
  /// First voxel along D, H, W: three numbers an image.
  public let corners: [Int64]

  /// Boxes at these corners.
  public init(extents: [Int], corners: [Int64]) {
    precondition(extents.count == 3 && corners.count % 3 == 0)
    self.extents = extents
    self.corners = corners
  }

  /// Everything, for each of `count` images.
  public init(whole extents: [Int], count: Int) {
    self.init(extents: extents, corners: Array(repeating: 0, count: 3 * count))
  }

  /// Number of images.
  public var count: Int { corners.count / 3 }

  /// The boxes of some of the images.
  subscript(range: Range<Int>) -> Boxes {
    Boxes(extents: extents, corners: Array(corners[(3 * range.lowerBound)..<(3 * range.upperBound)]))
  }
}
