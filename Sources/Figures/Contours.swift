public import Volumes

/// Outlines of regions, drawn over the slices of a montage.
public struct Contours: Sendable {
  /// The label image; it meets the scan in world coordinates, its grid need not be the scan's.
  public var labels: Volume
  /// Which labels are outlined; nil: all but 0.
  public var regions: Set<Int>?
  /// The lines' colour; nil: the page's text colour.
  public var colour: Colour?
  /// The lines' width, points [0.4].
  public var width: Double

  /// Outlines of the regions of a label image.
  public init(of labels: Volume, regions: Set<Int>? = nil, colour: Colour? = nil, width: Double = 0.4) {
    self.labels = labels
    self.regions = regions
    self.colour = colour
    self.width = width
  }

  /// The label that counts at a value: 0 for what is not outlined.
  func label(_ value: Float) -> Int32 {
    guard value.isFinite, value.magnitude < 1e9 else { return 0 }
    let rounded = Int(value.rounded())
    guard let regions else { return Int32(rounded) }
    return regions.contains(rounded) ? Int32(rounded) : 0
  }
}

extension Slice {
  /// Straight lines between pixels of different labels, in pixels from the upper left corner; neighbouring edges are joined.
  func borders(_ label: (Float) -> Int32) -> [(Double, Double, Double, Double)] {
    let labels = values.map(label)
    var lines: [(Double, Double, Double, Double)] = []
    for y in 1..<max(1, height) {
      var start: Int?
      for x in 0...width {
        let differs = x < width && labels[(y - 1) * width + x] != labels[y * width + x]
        if differs, start == nil { start = x }
        if !differs, let from = start {
          lines.append((Double(from), Double(y), Double(x), Double(y)))
          start = nil
        }
      }
    }
    for x in 1..<max(1, width) {
      var start: Int?
      for y in 0...height {
        let differs = y < height && labels[y * width + x - 1] != labels[y * width + x]
        if differs, start == nil { start = y }
        if !differs, let from = start {
          lines.append((Double(x), Double(from), Double(x), Double(y)))
          start = nil
        }
      }
    }
    return lines
  }
}
