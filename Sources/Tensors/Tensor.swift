internal import CPellucidKernels

/// Float32 values with a shape in ONNX's axis order and an order in memory; a value type that shares its memory until it is changed.
public struct Tensor: Sendable {
  /// Extents in ONNX's axis order.
  public private(set) var shape: Shape
  /// How the axes lie in memory; contiguous either way.
  public private(set) var order: MemoryOrder
  private var buffer: Buffer
  /// Where the values begin in the buffer: a part of a larger tensor shares its memory.
  private var offset = 0

  /// A tensor whose values are not set yet: whoever makes it fills it.
  package init(unfilled shape: Shape, order: MemoryOrder) {
    self.shape = shape
    self.order = order
    buffer = Buffer(count: shape.count)
  }

  /// A tensor of one value everywhere.
  public init(repeating value: Float, shape: Shape, order: MemoryOrder = .channelsLast) {
    self.init(unfilled: shape, order: order)
    withMutableValues { values in unsafe pk_fill(Int64(values.count), value, values.start) }
  }

  /// A tensor of these values, given in `order`.
  /// - Precondition: `values.count == shape.count`.
  public init(_ values: [Float], shape: Shape, order: MemoryOrder = .rowMajor) {
    precondition(values.count == shape.count, "\(values.count) values do not fill a tensor of shape \(shape)")
    self.init(unfilled: shape, order: order)
    withMutableValues { target in
      unsafe values.withUnsafeBufferPointer { source in unsafe _ = target.buffer.update(fromContentsOf: source) }
    }
  }

  /// Number of values.
  public var count: Int { shape.count }

  /// A copy of the values in memory order.
  public var values: [Float] { withValues { unsafe Array($0.buffer) } }

  /// Calls `body` with the values in memory order; the pointer is valid only inside.
  package func withValues<Result>(_ body: (Values) throws -> Result) rethrows -> Result {
    try body(buffer.part(offset, count))
  }

  /// Calls `body` with the values to change; they are copied first if another tensor shares them.
  package mutating func withMutableValues<Result>(
    _ body: (MutableValues) throws -> Result
  ) rethrows -> Result {
    if !isKnownUniquelyReferenced(&buffer) {
      let fresh = Buffer(count: count)
      unsafe fresh.writablePart(0, count).start.update(from: buffer.part(offset, count).start, count: count)
      buffer = fresh
      offset = 0
    }
    return try body(buffer.writablePart(offset, count))
  }

  /// `count` values from place `first` on, in memory order, as a tensor of another shape that shares the memory.
  package func part(from first: Int, as shape: Shape) -> Tensor {
    precondition(first >= 0 && first + shape.count <= count, "a part beyond its tensor")
    var part = self
    part.offset += first
    part.shape = shape
    return part
  }

  /// The same memory read as another shape and order.
  /// - Precondition: equal counts; the caller knows that the memory means the same.
  package func reinterpreted(as shape: Shape, order: MemoryOrder) -> Tensor {
    precondition(shape.count == count, "a tensor of shape \(self.shape) cannot be read as \(shape)")
    var copy = self
    copy.shape = shape
    copy.order = order
    return copy
  }

  /// The same values laid out in another order; free where both orders coincide (one channel, or one voxel).
  public func ordered(_ wanted: MemoryOrder) -> Tensor {
    guard wanted != order else { return self }
    if shape.rank < 3 || shape[1] == 1 || shape.voxels == 1 { return reinterpreted(as: shape, order: wanted) }
    var result = Tensor(unfilled: shape, order: wanted)
    let extents = shape.dimensions
    result.copy(
      from: self, sourceStrides: shape.strides(in: order), targetStrides: shape.strides(in: wanted), extents: extents)
    return result
  }

  /// Copies `extents` values from `source` to here, between two strided places.
  package mutating func copy(
    from source: Tensor, sourceOffset: Int = 0, sourceStrides: [Int], targetOffset: Int = 0, targetStrides: [Int],
    extents: [Int], adding: Bool = false
  ) {
    source.withValues { x in
      copy(from: x, sourceOffset, sourceStrides, targetOffset, targetStrides, extents, adding)
    }
  }

  /// The same from values in an array.
  package mutating func copy(
    from source: [Float], sourceOffset: Int = 0, sourceStrides: [Int], targetOffset: Int = 0, targetStrides: [Int],
    extents: [Int]
  ) {
    unsafe source.withUnsafeBufferPointer { x in
      guard let start = x.baseAddress else { return }
      let values = unsafe Values(start: start, count: x.count)
      copy(from: values, sourceOffset, sourceStrides, targetOffset, targetStrides, extents, false)
    }
  }

  private mutating func copy(
    from source: Values, _ sourceOffset: Int, _ sourceStrides: [Int], _ targetOffset: Int,
    _ targetStrides: [Int], _ extents: [Int], _ adding: Bool
  ) {
    let extents64 = extents.map(Int64.init)
    let from = sourceStrides.map(Int64.init)
    let to = targetStrides.map(Int64.init)
    guard !extents.contains(0) else { return }
    // Both places stay inside their tensors.
    precondition(
      Self.lies(extents, sourceStrides, sourceOffset, in: source.count)
        && Self.lies(extents, targetStrides, targetOffset, in: count), "a strided copy leaves its tensor")
    withMutableValues { y in
      let verb = unsafe adding ? pk_add_strided : pk_copy_strided
      unsafe verb(Int32(extents.count), extents64, source.start + sourceOffset, from, y.start + targetOffset, to)
    }
  }

  private static func lies(_ extents: [Int], _ strides: [Int], _ offset: Int, in count: Int) -> Bool {
    var low = offset
    var high = offset
    for (extent, stride) in zip(extents, strides) {
      let reach = (extent - 1) * stride
      if reach < 0 { low += reach } else { high += reach }
    }
    return low >= 0 && high < count
  }
}

/// A tensor's values for reading, at an address that is valid only inside ``Tensor/withValues(_:)``.
@safe package struct Values {
  /// Address of the first value.
  package let start: UnsafePointer<Float>
  /// Number of values.
  package let count: Int

  /// The values as a buffer.
  package var buffer: UnsafeBufferPointer<Float> { unsafe UnsafeBufferPointer(start: start, count: count) }
}

/// A tensor's values for writing, at an address that is valid only inside ``Tensor/withMutableValues(_:)``.
@safe package struct MutableValues {
  /// Address of the first value.
  package let start: UnsafeMutablePointer<Float>
  /// Number of values.
  package let count: Int

  /// The values as a buffer.
  package var buffer: UnsafeMutableBufferPointer<Float> {
    unsafe UnsafeMutableBufferPointer(start: start, count: count)
  }
}
