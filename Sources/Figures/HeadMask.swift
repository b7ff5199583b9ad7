extension Slice {
  /// How much of each pixel is head, 0…1: what a white page fades the slice with.
  ///
  /// The air around the head and specks in it are 0. From there on the head fades in over little more than a voxel: voxels at its edge
  /// are air in part, and as dark grey on white they would be a jagged rim.
  /// - Parameters:
  ///   - foreground: values above it are head.
  ///   - dark: values below it look black on a white page: they are taken off the outside of the head, no deeper than blurred edges reach.
  ///   - voxel: pixels that a voxel of the scan takes.
  func head(above foreground: Float, dark: Float, voxel: Double) -> [Float] {
    let depth = Int((2.5 * min(voxel, 40)).rounded())
    let air = withoutSpecks(widened(air(below: foreground), of: foreground, below: dark, depth: depth))
    // Three boxes of this radius are nearly a Gaussian of 0.8 voxels, at least of 1.2 pixels.
    let radius = max(1, Int((0.8 * min(voxel, 40)).rounded()))
    var soft = air.map { $0 ? Float(0) : 1 }
    for _ in 0..<3 { soft = boxed(soft, radius: radius) }
    // At a straight edge the blurred mask is ½; further in, the head is all there.
    return zip(soft, air).map { $1 ? 0 : min(1, max(0, ($0 - 0.5) / 0.45)) }
  }

  /// The slice with its bright edge drawn out to where it fades, or the dark voxels at the edge would be an outline of their own.
  func brightened(where head: [Float], voxel: Double) -> Slice {
    let reach = max(1, Int((1.2 * min(voxel, 40)).rounded()))
    var brightened = self
    for index in values.indices where head[index] > 0 && head[index] < 1 {
      let (x, y) = (index % width, index / width)
      var brightest = values[index]
      for row in max(0, y - reach)...min(height - 1, y + reach) {
        for column in max(0, x - reach)...min(width - 1, x + reach) {
          brightest = max(brightest, values[row * width + column])
        }
      }
      // Nearly all of it far into the fade: what is left of a dark voxel there shows.
      let darkness = 1 - head[index] * head[index] * head[index]
      if brightest.isFinite { brightened.values[index] += (brightest - values[index]) * darkness }
    }
    return brightened
  }

  /// The pixels around the head: those not above a value that are connected with a side of the slice.
  ///
  /// Sides that cut through the head (a quarter of their pixels or more) do not count, or else the air would enter its cavities.
  private func air(below foreground: Float) -> [Bool] {
    var air = [Bool](repeating: false, count: values.count)
    var front: [Int] = []
    func visit(_ index: Int) {
      if !air[index], !(values[index] > foreground) {
        air[index] = true
        front.append(index)
      }
    }
    for side in airySides(foreground) { for index in side { visit(index) } }
    while let index = front.popLast() { for next in neighbours(index) { visit(next) } }
    return air
  }

  /// The sides that do not cut through the head.
  private func airySides(_ foreground: Float) -> [[Int]] {
    let (rows, columns) = (0..<height, 0..<width)
    let sides = [
      columns.map { $0 }, columns.map { (height - 1) * width + $0 }, rows.map { $0 * width },
      rows.map { $0 * width + width - 1 },
    ]
    return sides.filter { side in 4 * side.count(where: { values[$0] > foreground }) < side.count }
  }

  /// The air and, at most so many pixels from it, what is darker than a value.
  private func widened(_ air: [Bool], of foreground: Float, below dark: Float, depth: Int) -> [Bool] {
    var air = air
    // The air goes on beyond the sides.
    for side in airySides(foreground) { for index in side where values[index] < dark { air[index] = true } }
    var front = air.indices.filter { air[$0] }
    for _ in 0..<depth {
      var next: [Int] = []
      for index in front {
        for neighbour in neighbours(index) where !air[neighbour] && values[neighbour] < dark {
          air[neighbour] = true
          next.append(neighbour)
        }
      }
      front = next
    }
    return air
  }

  /// The air with what stands in it alone and is less than a hundredth of the largest part of the head, such as noise and ghosts.
  private func withoutSpecks(_ air: [Bool]) -> [Bool] {
    var air = air
    var seen = air
    var parts: [[Int]] = []
    for start in seen.indices where !seen[start] {
      seen[start] = true
      var part = [start]
      var next = 0
      while next < part.count {
        for neighbour in neighbours(part[next]) where !seen[neighbour] {
          seen[neighbour] = true
          part.append(neighbour)
        }
        next += 1
      }
      parts.append(part)
    }
    let largest = parts.map(\.count).max() ?? 0
    for part in parts where 100 * part.count < largest { for index in part { air[index] = true } }
    return air
  }

  private func neighbours(_ index: Int) -> [Int] {
    let (x, y) = (index % width, index / width)
    var found: [Int] = []
    found.reserveCapacity(4)
    if x > 0 { found.append(index - 1) }
    if x + 1 < width { found.append(index + 1) }
    if y > 0 { found.append(index - width) }
    if y + 1 < height { found.append(index + width) }
    return found
  }

  /// The mean over a square around each pixel; beyond the slice's sides the nearest pixel goes on.
  private func boxed(_ values: [Float], radius: Int) -> [Float] {
    boxed(
      boxed(values, radius, lines: height, length: width, line: width, step: 1), radius, lines: width,
      length: height, line: 1, step: width)
  }

  private func boxed(
    _ values: [Float], _ radius: Int, lines: Int, length: Int, line: Int, step: Int
  ) -> [Float] {
    var out = values
    let part = 1 / Float(2 * radius + 1)
    for number in 0..<lines {
      let start = number * line
      func value(_ place: Int) -> Float { values[start + min(max(place, 0), length - 1) * step] }
      var sum: Float = 0
      for place in -radius...radius { sum += value(place) }
      for place in 0..<length {
        out[start + place * step] = sum * part
        sum += value(place + radius + 1) - value(place - radius)
      }
    }
    return out
  }
}
