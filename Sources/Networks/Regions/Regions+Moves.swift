internal import PellucidFaults
internal import PellucidTensors

// Boxes of what moves voxels or channels.

extension Concat: RegionOperator {
  /// Along the channels.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].isMap && axis == 1 && constants.allSatisfy { $0 == nil } ? .pointwise : nil
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    ChangedMap.joined(inputs, onto: boxes)
  }
}

extension Pad: RegionOperator {
  /// With a constant, or cropping; what repeats or mirrors the border is not a window.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].isMap, isConstant, before[..<2] == [0, 0], after[..<2] == [0, 0] else { return nil }
    let none = Array(repeating: 0, count: 5 - inputs[0].rank)
    return Window(kernel: [1, 1, 1], stride: [1, 1, 1], dilation: [1, 1, 1], padBefore: none + before[2...])
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    guard let window = regionWindow([inputs[0].ownShape]) else { preconditionFailure("a pad without a window") }
    return inputs[0].crop(to: boxes.seen(through: window), outside: value)
  }
}

extension Slice: RegionOperator {
  /// Forwards along the voxels, any way along the channels.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].isMap, droppedAxis == nil else { return nil }
    var window = Window.pointwise
    for cut in cuts where cut.axis != 1 {
      // A part of the first axis would be of images.
      guard cut.axis >= 2, cut.step > 0, let place = Shape.volumeAxis(cut.axis, ofRank: inputs[0].rank) else {
        return nil
      }
      window.stride[place] = cut.step
      window.padBefore[place] = -cut.start
    }
    return window
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    guard let window = regionWindow([inputs[0].ownShape]) else { preconditionFailure("a slice without a window") }
    // Each box becomes a slice of its crop: from 0 along the voxels, as before along the channels.
    let x = inputs[0].crop(to: boxes.seen(through: window))
    let within =
      cuts.filter { $0.axis == 1 }
      + (0..<3).map { Cut(axis: $0 + 2, start: 0, step: window.stride[$0], count: boxes.extents[$0]) }
    return try Slice(within, dropping: nil).forward([x])
  }
}

extension Expand: RegionOperator {
  /// Along the channels, as a network of three channels asks for of one.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].isMap, inputs[0][1] == 1, let output = try? shape(of: inputs) else { return nil }
    let isKept =
      output.rank == inputs[0].rank && output.dimensions.indices.allSatisfy { $0 == 1 || output[$0] == inputs[0][$0] }
    return isKept ? .pointwise : nil
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    let channels = try shape(of: [inputs[0].ownShape])[1]
    return ChangedMap.joined(Array(repeating: inputs[0], count: channels), onto: boxes)
  }
}

extension Tile: RegionOperator {
  /// Along the channels.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].isMap && repeats.indices.allSatisfy { $0 == 1 || repeats[$0] == 1 } ? .pointwise : nil
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    ChangedMap.joined(Array(repeating: inputs[0], count: repeats[1]), onto: boxes)
  }
}
