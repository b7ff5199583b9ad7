/// Numbers of voxels along the axes i, j and k of the model's grid: `16` for all, or `[8, 8, 4]`.
public struct VoxelCounts: Hashable, Sendable {
  /// Along i.
  public let i: Int
  /// Along j.
  public let j: Int
  /// Along k.
  public let k: Int

  /// One number for each axis.
  public init(i: Int, j: Int, k: Int) {
    self.i = i
    self.j = j
    self.k = k
  }

  /// The same for all axes.
  public init(_ all: Int) { self.init(i: all, j: all, k: all) }

  /// In the order i, j, k.
  var axes: [Int] { [i, j, k] }

  /// Each of the numbers changed.
  func map(_ change: (Int) -> Int) -> VoxelCounts { VoxelCounts(i: change(i), j: change(j), k: change(k)) }

  /// What an error asks for.
  static let wanted = "a positive whole number, or three as i,j,k"
}

extension VoxelCounts: ExpressibleByIntegerLiteral {
  /// The same for all axes.
  public init(integerLiteral value: Int) { self.init(value) }
}

extension VoxelCounts: ExpressibleByArrayLiteral {
  /// One number for each axis.
  /// - Precondition: there are three.
  public init(arrayLiteral elements: Int...) {
    precondition(elements.count == 3, "a number of voxels for each of three axes")
    self.init(i: elements[0], j: elements[1], k: elements[2])
  }
}

extension VoxelCounts: CustomStringConvertible {
  /// As the option's text: `16`, or `8,8,4`.
  public var description: String { i == j && j == k ? "\(i)" : "\(i),\(j),\(k)" }
}
