internal import CPellucidKernels
internal import PellucidTensors

/// What changes of the image have made of a value: for each image of a batch the values in a box, all others being the baseline's.
struct ChangedMap: Sendable {
  /// The value's shape for one image as a map of three axes, [1, C, D, H, W].
  let shape: Shape
  /// The rank of the value itself.
  let rank: Int
  /// The unchanged image's value, channels last; nil where the parts hold all that anybody asks for.
  let baseline: Tensor?
  /// Where the parts lie.
  let boxes: Boxes
  /// The parts, [n, C, extents], channels last.
  let parts: Tensor

  /// - Parameter shape: the value's own; baseline and parts are maps of three axes.
  init(shape own: Shape, baseline: Tensor?, boxes: Boxes, parts: Tensor) {
    let shape = own.asVolume
    precondition(parts.shape == Shape([boxes.count, shape[1]] + boxes.extents) && parts.order == .channelsLast)
    precondition(baseline.map { $0.count == shape.count && $0.order == .channelsLast } ?? true)
    self.shape = shape
    rank = own.rank
    self.baseline = baseline
    self.boxes = boxes
    self.parts = parts
  }

  /// The values in other boxes, [n, C, extents]; `outside` where they leave the map.
  func crop(to wanted: Boxes, outside: Float = 0) -> Tensor {
    if wanted == boxes { return parts }
    var result = Tensor(unfilled: Shape([wanted.count, shape[1]] + wanted.extents), order: .channelsLast)
    withChanged { changed in
      Self.withBoxes(wanted) { boxes in
        result.withMutableValues { y in unsafe pk_crop(changed, boxes, outside, y.start, Int64(shape[1])) }
      }
    }
    return result
  }

  /// The value's shape for one image, in its own rank.
  var ownShape: Shape { shape.asRank(rank) }

  /// The same in the value's own rank, images and slices on its first axis.
  func ownCrop(to wanted: Boxes) -> Tensor { crop(to: wanted).asRank(rank) }

  /// The channels of several maps one after another in boxes inside them, [n, ΣC, extents].
  ///
  /// - Parameter change: a factor and a summand for each channel, and whether max(0, ·) follows.
  static func joined(
    _ maps: [ChangedMap], onto wanted: Boxes, change: (scale: [Float], shift: [Float], rectified: Bool)? = nil
  ) -> Tensor {
    let channels = maps.reduce(0) { $0 + $1.shape[1] }
    precondition(maps.allSatisfy { $0.boxes.count == wanted.count })
    precondition(change.map { $0.scale.count == channels && $0.shift.count == channels } ?? true)
    var result = Tensor(unfilled: Shape([wanted.count, channels] + wanted.extents), order: .channelsLast)
    // Every map's memory is held while the kernel reads them all.
    func collect(_ rest: ArraySlice<ChangedMap>, _ parts: [pk_changed]) {
      if let map = rest.first {
        map.withChanged { unsafe collect(rest.dropFirst(), parts + [$0.pointee]) }
        return
      }
      withBoxes(wanted) { boxes in
        result.withMutableValues { y in
          unsafe pk_crop_joined(
            Int64(parts.count), parts, boxes, change?.scale, change?.shift, change?.rectified == true ? 1 : 0, y.start)
        }
      }
    }
    unsafe collect(maps[...], [])
    return result
  }

  /// All values, [n, C, D, H, W].
  var whole: Tensor { crop(to: Boxes(whole: shape.spatial, count: boxes.count)) }

  /// The pool's outputs in boxes of its output.
  func pooled(_ padding: Padding, average: Bool, countPadding: Bool, onto wanted: Boxes) -> Tensor {
    var pool = padding.pool(
      input: shape, output: Shape([1, shape[1]] + padding.outputs(of: shape.spatial)), countPadding: countPadding)
    var result = Tensor(unfilled: Shape([wanted.count, shape[1]] + wanted.extents), order: .channelsLast)
    withChanged { changed in
      Self.withBoxes(wanted) { boxes in
        result.withMutableValues { y in unsafe pk_pool_boxes(&pool, average ? 1 : 0, changed, boxes, y.start) }
      }
    }
    return result
  }

  /// factor·Σ over the voxels, [n, C], from the baseline's own sums and the differences in the parts.
  func summed(_ baselineSums: [Double], factor: Double) -> Tensor {
    precondition(baselineSums.count == shape[1] && baseline != nil)
    var result = Tensor(unfilled: Shape([boxes.count, shape[1]]), order: .rowMajor)
    withChanged { changed in
      result.withMutableValues { y in unsafe pk_changed_sums(changed, baselineSums, factor, y.start) }
    }
    return result
  }

  @safe private func withChanged(_ body: (UnsafePointer<pk_changed>) -> Void) {
    // Without a baseline nobody reads it, and the parts stand in for its address.
    (baseline ?? parts).withValues { base in
      parts.withValues { part in
        unsafe boxes.corners.withUnsafeBufferPointer { corners in
          var changed = unsafe pk_changed(
            n: Int64(boxes.count), channels: Int64(shape[1]), map: triple(shape.spatial),
            baseline: baseline == nil ? nil : base.start, part: triple(boxes.extents), partCorners: corners.baseAddress,
            parts: part.start)
          unsafe body(&changed)
        }
      }
    }
  }

  @safe private static func withBoxes(_ boxes: Boxes, _ body: (pk_boxes) -> Void) {
    unsafe boxes.corners.withUnsafeBufferPointer { corners in
      guard let start = corners.baseAddress else { return }
      unsafe body(pk_boxes(extents: triple(boxes.extents), corners: start))
    }
  }
}

extension Tensor {
  /// Σ over the voxels of one image's channels, in double.
  var channelSums: [Double] {
    let x = ordered(.channelsLast)
    var sums = Array(repeating: 0.0, count: shape[1])
    x.withValues { a in unsafe pk_channel_sums(Int64(shape.voxels), Int64(shape[1]), a.start, &sums) }
    return sums
  }
}
