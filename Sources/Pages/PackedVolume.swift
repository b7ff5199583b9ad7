internal import FoundationEssentials
internal import PellucidResults
internal import PellucidVolumes

/// A volume as a page carries it: whole numbers of steps, told by how they differ from what the voxels before them let expect.
///
///     value = offset + step · number
///
/// Differences are folded to whole numbers from 0 on (0, −1, 1, −2, … → 0, 1, 2, 3, …); their low bytes come first, then, where one is
/// above 255, their high bytes; i fastest; packed with gzip. `page/decode.mjs` reads it.
package struct PackedVolume: Sendable {
  /// What a voxel is expected to be; voxels before the grid's first count as 0.
  enum Expectation: String, Sendable {
    /// 0: for labels.
    case nothing
    /// ⅓ of the sum of the three neighbours before it, rounded down: for scans, whose noise it averages.
    case mean
    /// What continues the plane through the neighbours along i and j: for smooth maps.
    case plane
  }

  /// Extents of the grid.
  let shape: GridShape
  /// Voxel indices → world, mm, RAS+.
  let affine: Affine
  /// The value of one step.
  package let step: Double
  /// The value of number 0.
  let offset: Double
  let expectation: Expectation
  /// Whether there are high bytes.
  let isWide: Bool
  /// The gzip member.
  package let bytes: [UInt8]

  /// Packs whole numbers.
  /// - Precondition: they fill the grid; with `mean`, they are not negative; differences fit 16 bits.
  init(_ numbers: [Int32], on grid: Volume, step: Double, offset: Double = 0, expecting expectation: Expectation) {
    self.init(
      numbers, shape: grid.shape, affine: grid.affine, step: step, offset: offset, expecting: expectation)
  }

  /// Packs whole numbers of a grid.
  init(
    _ numbers: [Int32], shape: GridShape, affine: Affine, step: Double = 1, offset: Double = 0,
    expecting expectation: Expectation
  ) {
    precondition(numbers.count == shape.count, "numbers fill the grid")
    (self.shape, self.affine, self.step, self.offset) = (shape, affine, step, offset)
    self.expectation = expectation
    let folded = Self.folded(numbers, shape, expectation)
    isWide = folded.contains { $0 > 255 }
    var planes = [UInt8](repeating: 0, count: folded.count * (isWide ? 2 : 1))
    for place in folded.indices {
      planes[place] = UInt8(truncatingIfNeeded: folded[place])
      if isWide { planes[folded.count + place] = UInt8(folded[place] >> 8) }
    }
    bytes = Gzip.packed(planes)
  }

  /// How voxels differ from what is expected, folded.
  private static func folded(_ numbers: [Int32], _ shape: GridShape, _ expectation: Expectation) -> [UInt16] {
    let (row, slice) = (shape.i, shape.i * shape.j)
    let values = numbers.span
    var folded = [UInt16](repeating: 0, count: numbers.count)
    var place = 0
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        var (before, beforeAbove): (Int32, Int32) = (0, 0)
        for _ in 0..<shape.i {
          let value = values[place]
          let above = j > 0 ? values[place - row] : 0
          let expected =
            switch expectation {
            case .nothing: Int32(0)
            case .mean: (before + above + (k > 0 ? values[place - slice] : 0)) / 3
            case .plane: before + above - beforeAbove
            }
          let difference = value - expected
          folded[place] = UInt16(difference < 0 ? -2 * difference - 1 : 2 * difference)
          (before, beforeAbove) = (value, above)
          place += 1
        }
      }
    }
    return folded
  }

  /// What the page's script must know of it.
  func json(blob: Int) -> JSONValue {
    [
      "blob": .integer(blob), "shape": .integers(shape.extents), "affine": .numbers(affine.elements),
      "step": .number(step), "offset": .number(offset), "expect": .string(expectation.rawValue), "wide": .bool(isWide),
    ]
  }

  /// The bytes as text.
  var base64: String { Data(bytes).base64EncodedString() }
}

extension PackedVolume {
  /// The largest number of steps that any volume takes: differences then fit 16 bits.
  static let mostLevels = 8191

  /// A scan's volume, 0 steps its least value.
  /// - Parameters:
  ///   - window: what is shown from black to white; it gets as many steps as a screen has greys.
  ///   - coarseness: times by which the step is doubled, to save room.
  init(anatomy: Volume, window: ClosedRange<Float>, coarseness: Int) {
    let (low, high) = (Double(anatomy.voxels.min() ?? 0), Double(anatomy.voxels.max() ?? 0))
    let shown = max(Double(window.upperBound) - Double(window.lowerBound), (high - low) / 64)
    var step = max(shown / 255, (high - low) / Double(Self.mostLevels))
    // Whole numbers stay what they are.
    if step > 0, step < 2, high - low <= Double(Self.mostLevels), anatomy.voxels.allSatisfy({ $0 == $0.rounded() }) {
      step = 1
    }
    if !(step > 0) { step = 1 }
    step *= Double(1 << coarseness)
    let numbers = anatomy.voxels.map { Int32(((Double($0) - low) / step).rounded()) }
    self.init(numbers, on: anatomy, step: step, offset: low, expecting: .mean)
  }

  /// A map, 1,023 steps from 0 to its largest magnitude.
  init(map: Volume, coarseness: Int) {
    let largest = map.voxels.reduce(Float(0)) { max($0, abs($1)) }
    let step = largest > 0 ? Double(largest) / Double(1023 >> coarseness) : 1
    let numbers = map.voxels.map { Int32((Double($0) / step).rounded()) }
    self.init(numbers, on: map, step: step, expecting: .plane)
  }
}
