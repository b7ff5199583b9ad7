// The one check of extents, made wherever a tensor comes into being: when a file is read and when constants are computed from others.
extension OnnxTensor {
  /// Most axes of a tensor; the kernels walk over no more.
  package static let mostAxes = 12
  /// Most values that the extents other than 0 may make: 16 GiB of float32.
  package static let mostValues = 1 << 32

  /// Whether there can be a tensor of these extents.
  ///
  /// An extent of 0 hides the others from the number of values, but whoever walks along an axis meets them: so none of them, nor their
  /// product, may be larger than a tensor without zeros could be.
  package static func canHave(_ extents: some Sequence<Int>) -> Bool {
    var size = 1
    var axes = 0
    for extent in extents {
      axes += 1
      guard axes <= mostAxes, extent >= 0 else { return false }
      let (product, overflows) = size.multipliedReportingOverflow(by: max(1, extent))
      guard !overflows, product <= mostValues else { return false }
      size = product
    }
    return true
  }
}
