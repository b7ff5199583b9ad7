internal import PellucidTensors

/// Values of a tensor read in another order: what reshapes, transposes and cuts of it are, without moving anything.
struct MemoryView: Hashable, Sendable {
  /// Place of the first value in the row-major tensor.
  var offset: Int
  var extents: [Int]
  /// Values between neighbours along each axis.
  var strides: [Int]

  /// A whole tensor.
  init(_ shape: Shape) {
    (offset, extents, strides) = (0, shape.dimensions, shape.strides(in: .rowMajor))
  }

  func permuted(_ axes: [Int]) -> MemoryView {
    var view = self
    view.extents = axes.map { extents[$0] }
    view.strides = axes.map { strides[$0] }
    return view
  }

  func cut(_ cuts: [Slice.Cut], dropping axis: Int?) -> MemoryView {
    var view = self
    for cut in cuts {
      view.offset += cut.start * strides[cut.axis]
      view.strides[cut.axis] = cut.step * strides[cut.axis]
      view.extents[cut.axis] = cut.count
    }
    if let axis {
      view.extents.remove(at: axis)
      view.strides.remove(at: axis)
    }
    return view
  }

  /// The same values under other extents; nil where they would have to be moved.
  func reshaped(to shape: Shape) -> MemoryView? {
    let target = shape.dimensions
    guard target.reduce(1, *) == extents.reduce(1, *), !target.contains(0) else { return nil }
    let own = zip(extents, strides).filter { $0.0 != 1 }
    var steps = Array(repeating: 1, count: target.count)
    var (old, new) = (0, 0)
    while old < own.count {
      // As many axes of each side as hold the same number of values.
      var (oldEnd, newEnd) = (old + 1, new + 1)
      var (oldSize, newSize) = (own[old].0, target[new])
      while oldSize != newSize {
        if newSize < oldSize {
          newSize *= target[newEnd]
          newEnd += 1
        } else {
          oldSize *= own[oldEnd].0
          oldEnd += 1
        }
      }
      for axis in old..<(oldEnd - 1) where own[axis].1 != own[axis + 1].0 * own[axis + 1].1 { return nil }
      var step = own[oldEnd - 1].1
      for axis in (new..<newEnd).reversed() {
        steps[axis] = step
        step *= target[axis]
      }
      (old, new) = (oldEnd, newEnd)
    }
    var view = self
    (view.extents, view.strides) = (target, steps)
    return view
  }

  /// Where each matrix of the last two axes begins, the other axes in row-major order.
  var matrixPlaces: [Int] {
    var places = [offset]
    for (extent, stride) in zip(extents, strides).dropLast(2) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return places
  }
}
