/// Extents of a tensor in ONNX's axis order: N, C, D, H, W for activations of a 3D network.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// Extents, outermost (N) first, in ONNX's axis order whatever the order in memory.
  public let dimensions: [Int]

  /// A shape of these extents.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// The shape [n, c, d, h, w] of an activation.
  public init(n: Int, c: Int, d: Int, h: Int, w: Int) { self.dimensions = [n, c, d, h, w] }

  /// Number of axes.
  public var rank: Int { dimensions.count }
  /// Number of values.
  public var count: Int { dimensions.reduce(1, *) }
  /// Most axes that the kernels walk over.
  public static let mostAxes = 12
  /// Most values that a tensor may have: 16 GiB.
  public static let mostValues = 1 << 32
  /// Whether a tensor of this shape can be held: no negative extent, not too many axes, not too many values.
  public var isManageable: Bool {
    guard rank <= Self.mostAxes, dimensions.allSatisfy({ $0 >= 0 }) else { return false }
    var size = 1
    for extent in dimensions where extent != 0 {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      guard !overflows, product <= Self.mostValues else { return false }
      size = product
    }
    return true
  }
  /// The extent of an axis.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// Extents after N and C; [D, H, W] for rank 5.
  public var spatial: [Int] { Array(dimensions.dropFirst(2)) }
  /// Product of the spatial extents.
  public var voxels: Int { dimensions.dropFirst(2).reduce(1, *) }

  /// The same with another extent of the first axis.
  public func withBatch(_ n: Int) -> Shape {
    guard !dimensions.isEmpty else { return self }
    return Shape([n] + dimensions.dropFirst())
  }

  /// Strides of a contiguous tensor of this shape, per axis, in values.
  public func strides(in order: MemoryOrder) -> [Int] {
    var strides = Array(repeating: 0, count: rank)
    var size = 1
    for axis in order.axes(ofRank: rank).reversed() {
      strides[axis] = size
      size *= dimensions[axis]
    }
    return strides
  }

  /// The extents in brackets, as in `[1, 32, 8, 9, 8]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}

/// How a tensor's axes lie in memory.
public enum MemoryOrder: Hashable, Sendable {
  /// As ONNX defines it: the last axis varies fastest.
  case rowMajor
  /// N, D, H, W, C: the channel varies fastest. Convolutions and pools run in it; from rank 3 on.
  case channelsLast

  /// Axes from the slowest to the fastest.
  public func axes(ofRank rank: Int) -> [Int] {
    guard self == .channelsLast, rank >= 3 else { return Array(0..<rank) }
    return [0] + Array(2..<rank) + [1]
  }
}
