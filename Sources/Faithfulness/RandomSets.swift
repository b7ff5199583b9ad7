package import PellucidAttribution
package import PellucidNetworks

/// The random sets, boxes and noises of the metrics, each from a seed of its own, so that any can be drawn again.
package struct RandomSets {
  private let seed: Int

  package init(seed: Int) { self.seed = seed }

  /// The numbers of the draw at a place of a series.
  package func numbers(_ series: Int, _ place: Int) -> UniformNumbers {
    UniformNumbers(seed: (seed &* 1_000_003 &+ series) &* 1_000_003 &+ place)
  }

  /// `size` different ones of 0..<count.
  package static func subset(_ size: Int, of count: Int, _ numbers: inout UniformNumbers) -> Coalition {
    var set = Coalition(count, allThere: false)
    // Floyd's algorithm: every subset is equally likely.
    for last in (count - size)..<count {
      let pick = numbers.next(below: last + 1)
      set[set[pick] ? last : pick] = true
    }
    return set
  }

  /// A box inside a grid, its edges from 1/8 to 1/3 of the grid's.
  package static func box(in spatial: [Int], _ numbers: inout UniformNumbers) -> Box {
    var box = Box(lower: [0, 0, 0], upper: [0, 0, 0])
    for axis in 0..<3 {
      let shortest = max(1, (spatial[axis] + 4) / 8)
      let longest = max(shortest, spatial[axis] / 3)
      let edge = shortest + numbers.next(below: longest - shortest + 1)
      box.lower[axis] = numbers.next(below: spatial[axis] - edge + 1)
      box.upper[axis] = box.lower[axis] + edge
    }
    return box
  }
}

/// Normally distributed numbers from uniform ones, by the polar method.
package struct NormalDraws {
  private var numbers: UniformNumbers
  private var spare: Double?

  package init(seed: Int) { numbers = UniformNumbers(seed: seed) }

  package mutating func next() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let (u, v) = (2 * numbers.next() - 1, 2 * numbers.next() - 1)
      let s = u * u + v * v
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * Logarithm.natural(s) / s).squareRoot()
      spare = v * factor
      return u * factor
    }
  }
}
