// Images of a batch apart and together.
extension Tensor {
  /// Some images of a batch; they share its memory.
  package func images(_ range: Range<Int>) -> Tensor {
    if range == 0..<shape[0] { return self }
    return part(from: range.lowerBound * (count / max(1, shape[0])), as: shape.withBatch(range.count))
  }

  /// Batches one after another.
  package static func joined(_ all: [Tensor]) -> Tensor {
    guard all.count != 1, let first = all.first else { return all[0] }
    var result = Tensor(unfilled: first.shape.withBatch(all.reduce(0) { $0 + $1.shape[0] }), order: first.order)
    var at = 0
    for part in all {
      result.copy(from: part, sourceStrides: [1], targetOffset: at, targetStrides: [1], extents: [part.count])
      at += part.count
    }
    return result
  }
}
