internal import PellucidFaults
internal import PellucidTensors

// Boxes of what slides a window over its input.

extension Conv: RegionOperator, Rectifying {
  func regionWindow(_ inputs: [Shape]) -> Window? { geometry.padding.window(on: inputs[0]) }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    guard let window = regionWindow([inputs[0].ownShape]) else { preconditionFailure("a convolution without a window") }
    // The padding is part of the crops, so that boxes at the border are like all others.
    let x = inputs[0].crop(to: boxes.seen(through: window))
    let bare = Padding(
      kernel: window.kernel, stride: window.stride, dilation: window.dilation, before: [0, 0, 0], after: [0, 0, 0])
    // A fill may be as large as it likes: an overflow must not be hidden by the fused max(0, ·).
    let fuses = rectified && Magnitudes.isSafe(self, on: x)
    let y = try kernel.forward(
      x, onto: Shape([boxes.count, geometry.channelsOut] + boxes.extents), padding: bare, biased: bias != nil,
      rectified: fuses)
    return rectified && !fuses ? y.clamped(low: 0) : y
  }
}

extension MaxPool: RegionOperator {
  func regionWindow(_ inputs: [Shape]) -> Window? { padding.window(on: inputs[0]) }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    inputs[0].pooled(padding, average: false, countPadding: false, onto: boxes)
  }
}

extension AveragePool: RegionOperator {
  func regionWindow(_ inputs: [Shape]) -> Window? { padding.window(on: inputs[0]) }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    inputs[0].pooled(padding, average: true, countPadding: countPadding, onto: boxes)
  }
}

extension Boxes {
  /// The boxes of the input that these boxes of the output see; may leave the input.
  func seen(through window: Window) -> Boxes {
    var corners = corners
    for place in corners.indices {
      corners[place] = corners[place] * Int64(window.stride[place % 3]) - Int64(window.padBefore[place % 3])
    }
    let sizes = (0..<3).map { axis in
      let view = AxisView(window, axis: axis, outputs: extents[axis])
      return (extents[axis] - 1) * view.stride + view.reach
    }
    return Boxes(extents: sizes, corners: corners)
  }
}
