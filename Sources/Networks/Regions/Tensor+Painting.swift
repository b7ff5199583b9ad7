internal import CPellucidKernels
public import PellucidTensors

/// What voxels of an image become, in normalized units.
public enum FillValues: Sendable {
  /// One value.
  case value(Float)
  /// The values of another image of the same shape, [1, C, D, H, W].
  case image(Tensor)
}

// Changed copies of parts of an image [1, C, D, H, W], channels last.
extension Tensor {
  /// The image's values in boxes that lie inside it, [n, C, extents].
  package func crops(_ boxes: Boxes) -> Tensor {
    let corners = Array(repeating: Int64(0), count: 3 * boxes.count)
    let nothing = Boxes(extents: [0, 0, 0], corners: corners)
    let empty = Tensor(unfilled: Shape([boxes.count, shape[1], 0, 0, 0]), order: .channelsLast)
    return ChangedMap(shape: shape, baseline: self, boxes: nothing, parts: empty).crop(to: boxes)
  }

  /// The smallest box that holds every voxel that painting `box` would change; nil where it would change none.
  /// - Parameter weights: one a voxel of the box, W fastest; nil: 1.
  package func changedBox(painting box: Box, weights: [Float]?, with fill: FillValues) -> Box? {
    precondition(box.clipped(to: shape.spatial) == box && (weights.map { $0.count == box.count } ?? true))
    var (lower, upper) = (box.lower.map(Int64.init), box.upper.map(Int64.init))
    let map = shape.spatial.map(Int64.init)
    let channels = Int64(shape[1])
    let found = withValues { x in
      withNewValues(fill) { new in
        guard let weights else { return unsafe pk_painted_box(map, channels, x.start, nil, new, &lower, &upper) }
        return unsafe pk_painted_box(map, channels, x.start, weights, new, &lower, &upper)
      }
    }
    return found == 0 ? nil : Box(lower: lower.map(Int.init), upper: upper.map(Int.init))
  }

  /// The same for voxels by their offset; those that lie outside the image are left out.
  package func changedBox(painting voxels: [Int32], with fill: FillValues) -> Box? {
    var lower: [Int64] = [0, 0, 0]
    var upper: [Int64] = [0, 0, 0]
    let map = shape.spatial.map(Int64.init)
    let found = withValues { x in
      withNewValues(fill) { new in
        unsafe pk_painted_voxels(map, Int64(shape[1]), x.start, Int64(voxels.count), voxels, new, &lower, &upper)
      }
    }
    return found == 0 ? nil : Box(lower: lower.map(Int.init), upper: upper.map(Int.init))
  }

  /// Paints a box of `image` in the crop number `n` of these boxes.
  package mutating func paint(
    _ n: Int, of boxes: Boxes, from image: Tensor, _ box: Box, weights: [Float]?, with fill: FillValues
  ) {
    precondition(weights.map { $0.count == box.count } ?? true)
    let (lower, upper) = (box.lower.map(Int64.init), box.upper.map(Int64.init))
    paint(n, of: boxes, from: image, fill) { map, channels, corner, extents, new, target in
      if let weights {
        unsafe pk_paint_box(map, channels, corner, extents, lower, upper, weights, new, target)
      } else {
        unsafe pk_paint_box(map, channels, corner, extents, lower, upper, nil, new, target)
      }
    }
  }

  /// Paints voxels of `image` by their offset.
  package mutating func paint(_ n: Int, of boxes: Boxes, from image: Tensor, _ voxels: [Int32], with fill: FillValues) {
    paint(n, of: boxes, from: image, fill) { map, channels, corner, extents, new, target in
      unsafe pk_paint_voxels(map, channels, corner, extents, Int64(voxels.count), voxels, new, target)
    }
  }

  @safe private mutating func paint(
    _ n: Int, of boxes: Boxes, from image: Tensor, _ fill: FillValues,
    _ body: ([Int64], Int64, [Int64], [Int64], pk_new_values, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(
      shape == Shape([boxes.count, image.shape[1]] + boxes.extents) && order == .channelsLast && n < boxes.count)
    let map = image.shape.spatial.map(Int64.init)
    let extents = boxes.extents.map(Int64.init)
    let corner = Array(boxes.corners[(3 * n)..<(3 * n + 3)])
    let size = count / boxes.count
    image.withNewValues(fill) { new in
      withMutableValues { all in
        unsafe body(map, Int64(image.shape[1]), corner, extents, new, all.start + n * size)
      }
    }
  }

  @safe func withNewValues<Result>(_ fill: FillValues, _ body: (pk_new_values) -> Result) -> Result {
    switch fill {
    case .value(let value): return unsafe body(pk_new_values(image: nil, value: value))
    case .image(let other):
      precondition(other.shape == shape, "a fill of shape \(other.shape) for an image of shape \(shape)")
      return other.ordered(.channelsLast).withValues { unsafe body(pk_new_values(image: $0.start, value: 0)) }
    }
  }
}
