public import PellucidVolumes

/// Outlines of regions, drawn over the slices of a montage.
///
/// A region's outline is where the linear interpolation of its voxels (1 inside, 0 outside) is ½: straight across a voxel's edge, smooth
/// around its corners.
public struct Contours: Sendable {
  /// One region's outline.
  public struct Outline: Sendable, Hashable {
    /// The label of its voxels.
    public var label: Int
    /// What the legend calls it; nil: no legend.
    public var name: String?
    /// The line's colour; nil: the page's text colour.
    public var colour: Colour?

    /// The outline of a label.
    public init(label: Int, name: String? = nil, colour: Colour? = nil) {
      self.label = label
      self.name = name
      self.colour = colour
    }
  }

  /// The label image; it meets the scan in world coordinates, its grid need not be the scan's.
  public var labels: Volume
  /// Which regions are outlined, in the order of the legend.
  public var outlines: [Outline]
  /// The lines' width, points [0.7].
  public var width: Double

  /// Outlines of some regions of a label image; nil: of all, without names.
  public init(of labels: Volume, outlines: [Outline]? = nil, width: Double = 0.7) {
    self.labels = labels
    self.outlines =
      outlines
      ?? Set(labels.voxels.lazy.filter { $0.isFinite && $0 > 0 && $0 < 1e9 }.map { Int($0.rounded()) }).sorted()
      .map { Outline(label: $0) }
    self.width = width
  }

  /// Colours that are told apart with every colour vision deficiency, and from the default maps' blue, red and yellow-white.
  public static let palette: [Colour] = [0x35d6a0, 0xf5e74f, 0xf08bd0, 0x6fc8f5, 0xffa43a, 0xffffff].map {
    Colour(hex: $0)
  }
}

/// The outlines of regions, ready to be cut.
package struct ContourSampler: Sendable {
  /// A region cut out of the label image: 1 inside, 0 outside, a voxel wider on every side.
  private struct Part: Sendable {
    let colour: Colour?
    let mask: SliceSampler
    let box: WorldBox
  }

  private let parts: [Part]
  /// Between samples along x, y and z, mm.
  private let steps: [Double]

  /// The regions that have voxels.
  package init(_ contours: Contours) {
    let (shape, affine) = (contours.labels.shape, contours.labels.affine)
    // Half a voxel is fine enough for lines that are straight between the samples; along each axis by the voxel's own extent there, since
    // slices may be far apart.
    let toVoxels = affine.inverse
    steps = (0..<3).map { axis in
      let voxelsPerMm = toVoxels.map { inverse in (0..<3).map { abs(inverse[$0, axis]) }.max() ?? 1 } ?? 1
      return max(0.5 / max(voxelsPerMm, 1e-6), 1e-6)
    }
    let boxes = Self.boxes(contours.labels)
    parts = contours.outlines.compactMap { outline in
      guard let box = boxes[outline.label] else { return nil }
      let size = GridShape(i: box.high.i - box.low.i + 3, j: box.high.j - box.low.j + 3, k: box.high.k - box.low.k + 3)
      var mask = [Float](repeating: 0, count: size.count)
      for k in box.low.k...box.high.k {
        for j in box.low.j...box.high.j {
          for i in box.low.i...box.high.i
          where contours.labels.voxels[shape.offset(of: VoxelIndex(i: i, j: j, k: k))].rounded() == Float(outline.label)
          {
            mask[i - box.low.i + 1 + size.i * (j - box.low.j + 1 + size.j * (k - box.low.k + 1))] = 1
          }
        }
      }
      var placed = affine
      let origin = affine.worldPoint(i: Double(box.low.i - 1), j: Double(box.low.j - 1), k: Double(box.low.k - 1))
      (placed[0, 3], placed[1, 3], placed[2, 3]) = (origin.x, origin.y, origin.z)
      guard let sampler = try? SliceSampler(Volume(shape: size, voxels: mask, affine: placed)) else { return nil }
      return Part(colour: outline.colour, mask: sampler, box: WorldBox(around: size, affine: placed))
    }
  }

  /// The box around all outlined regions; nil: there are none.
  var box: WorldBox? { parts.dropFirst().reduce(parts.first?.box) { $0?.union($1.box) } }

  private static func boxes(_ labels: Volume) -> [Int: (low: VoxelIndex, high: VoxelIndex)] {
    var boxes: [Int: (low: VoxelIndex, high: VoxelIndex)] = [:]
    var offset = 0
    for k in 0..<labels.shape.k {
      for j in 0..<labels.shape.j {
        for i in 0..<labels.shape.i {
          let value = labels.voxels[offset]
          offset += 1
          guard value > 0, value < 1e9 else { continue }
          let label = Int(value.rounded())
          guard let box = boxes[label] else {
            boxes[label] = (VoxelIndex(i: i, j: j, k: k), VoxelIndex(i: i, j: j, k: k))
            continue
          }
          if i >= box.low.i, i <= box.high.i, j >= box.low.j, j <= box.high.j, k <= box.high.k { continue }
          boxes[label] = (
            VoxelIndex(i: min(box.low.i, i), j: min(box.low.j, j), k: box.low.k),
            VoxelIndex(i: max(box.high.i, i), j: max(box.high.j, j), k: max(box.high.k, k))
          )
        }
      }
    }
    return boxes
  }

  /// The lines of each colour on a slice, in mm along its horizontal and vertical axis.
  package func lines(_ plane: SlicePlane, at position: Double, within window: WorldBox) -> [(
    colour: Colour?, lines: [Line]
  )] {
    let (h, v, n) = (plane.horizontal, plane.vertical, plane.normal)
    return parts.compactMap { part in
      let box = part.box
      guard box.low[n] <= position, position <= box.high[n], box.low[h] < window.high[h], window.low[h] < box.high[h],
        box.low[v] < window.high[v], window.low[v] < box.high[v]
      else { return nil }
      // No page shows more than some thousand places, however flat the voxels are.
      let width = Int(nearest: (box.extent(h) / steps[h]).rounded(.up), in: 2...4096)
      let height = Int(nearest: (box.extent(v) / steps[v]).rounded(.up), in: 2...4096)
      let slice = part.mask.slice(plane, at: position, over: box, width: width, height: height)
      let (dx, dy) = (box.extent(h) / Double(width), box.extent(v) / Double(height))
      let lines = slice.contour(at: 0.5).map { line in
        Line(
          x0: box.low[h] + (line.x0 + 0.5) * dx, y0: box.high[v] - (line.y0 + 0.5) * dy,
          x1: box.low[h] + (line.x1 + 0.5) * dx, y1: box.high[v] - (line.y1 + 0.5) * dy)
      }
      return lines.isEmpty ? nil : (part.colour, lines)
    }
  }
}

/// A straight line between two places.
package struct Line: Hashable, Sendable {
  package var x0, y0, x1, y1: Double

  package init(x0: Double, y0: Double, x1: Double, y1: Double) {
    (self.x0, self.y0, self.x1, self.y1) = (x0, y0, x1, y1)
  }
}

extension Slice {
  /// Lines along which the linear interpolation of the pixels has a value (marching squares); NaN counts as 0.
  ///
  /// - Returns: lines in pixels from the middle of the upper left one. Saddles are cut so that the higher corners stay apart.
  package func contour(at level: Float) -> [Line] {
    func value(_ x: Int, _ y: Int) -> Float {
      let found = values[y * width + x]
      return found.isFinite ? found : 0
    }
    func part(_ a: Float, _ b: Float) -> Double { Double((level - a) / (b - a)) }
    var lines: [Line] = []
    for y in 0..<max(0, height - 1) {
      for x in 0..<max(0, width - 1) {
        let corners = (value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1))
        let (a, b, c, d) = corners
        let inside = (a > level, b > level, c > level, d > level)
        if inside == (true, true, true, true) || inside == (false, false, false, false) { continue }
        // Where the line crosses the sides: top, right, bottom, left.
        let (u, w) = (Double(x), Double(y))
        var crossings: [(x: Double, y: Double)] = []
        let top = inside.0 != inside.1
        let right = inside.1 != inside.2
        let bottom = inside.2 != inside.3
        let left = inside.3 != inside.0
        if top { crossings.append((u + part(a, b), w)) }
        if right { crossings.append((u + 1, w + part(b, c))) }
        if bottom { crossings.append((u + part(d, c), w + 1)) }
        if left { crossings.append((u, w + part(a, d))) }
        func join(_ p: Int, _ q: Int) {
          lines.append(Line(x0: crossings[p].x, y0: crossings[p].y, x1: crossings[q].x, y1: crossings[q].y))
        }
        if crossings.count == 2 {
          join(0, 1)
        } else if inside.0 {
          join(0, 3)
          join(1, 2)
        } else {
          join(0, 1)
          join(2, 3)
        }
      }
    }
    return lines
  }
}
