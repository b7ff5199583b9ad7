internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// Rows of constant indices into the leading axes of a tensor, as GatherND and ScatterND have them.
struct IndexRows: Sendable {
  /// Where each row's part begins in the data, in row-major order.
  let offsets: [Int]
  /// Values of a part.
  let size: Int
  /// Extents of all parts together: the indices' without their last, then what is left of the data's.
  let output: [Int]

  /// - Parameters:
  ///   - shape: the indices' extents; the last is the number of axes that a row names.
  ///   - batchAxes: leading axes that data and indices share.
  init(
    _ node: OnnxNode, indices: [Int64], shape: [Int], data: [Int], batchAxes: Int = 0
  ) throws(PellucidError) {
    guard let depth = shape.last, batchAxes >= 0, batchAxes < shape.count, depth > 0,
      batchAxes + depth <= data.count, shape.prefix(batchAxes) == data.prefix(batchAxes)
    else { throw .malformed(node, "indices of shape \(Shape(shape)) into \(Shape(data))") }
    let strides = Shape(data).strides(in: .rowMajor)
    let rows = indices.count / depth
    let batch = data.prefix(batchAxes).reduce(1, *)
    size = data[(batchAxes + depth)...].reduce(1, *)
    output = Array(shape.dropLast() + data[(batchAxes + depth)...])
    var offsets: [Int] = []
    for row in 0..<rows {
      var offset = batchAxes == 0 ? 0 : row / (rows / max(1, batch)) * strides[batchAxes - 1]
      for axis in 0..<depth {
        let (given, extent) = (indices[row * depth + axis], data[batchAxes + axis])
        let index = given < 0 ? given + Int64(extent) : given
        guard (0..<Int64(extent)).contains(index) else { throw .malformed(node, "index \(given) of \(extent)") }
        offset += Int(index) * strides[batchAxes + axis]
      }
      offsets.append(offset)
    }
    self.offsets = offsets
  }
}
