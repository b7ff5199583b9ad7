/// How a step's output voxels see its input along one axis: output o sees o·stride − before … + reach.
struct AxisView: Hashable, Sendable {
  let reach: Int
  let stride: Int
  let before: Int
  /// Extents of the whole output.
  let outputs: Int

  init(_ window: Window, axis: Int, outputs: Int) {
    reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
    stride = window.stride[axis]
    before = window.padBefore[axis]
    self.outputs = outputs
  }

  /// Longest window, in voxels, to which a box grows: to compute more of a large one, such as a pool over all voxels, costs more than to
  /// keep and read what did not change.
  static let longestGrown = 4

  /// Whether the input's box can grow to the windows of what changed, so that nothing beside it has to be known: where windows are short
  /// and do not overlap.
  var growsToWindows: Bool { reach <= stride && reach <= Self.longestGrown }

  /// Whether an output voxel sees the voxel at its place alone.
  var isPointwise: Bool { reach == 1 && stride == 1 }

  /// The outputs that a change of lower ≤ v < upper can reach; one voxel at least, so that every box has values.
  func reached(_ lower: Int, _ upper: Int) -> (lower: Int, upper: Int) {
    let first = max(Self.ceiling(lower + before - reach + 1, stride), 0)
    let last = min(Self.floor(upper - 1 + before, stride), outputs - 1)
    if first > last {
      let place = min(first, outputs - 1)
      return (place, place + 1)
    }
    return (first, last + 1)
  }

  /// The inputs that outputs lower ≤ o < upper see; may leave the map.
  func seen(_ lower: Int, _ upper: Int) -> (lower: Int, upper: Int) {
    (lower * stride - before, (upper - 1) * stride - before + reach)
  }

  /// How many inputs so many outputs see.
  func seenExtent(_ outputs: Int) -> Int { (outputs - 1) * stride + reach }

  private static func floor(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
  private static func ceiling(_ a: Int, _ b: Int) -> Int { -floor(-a, b) }
}
