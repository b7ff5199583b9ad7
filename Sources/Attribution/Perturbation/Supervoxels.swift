internal import PellucidNetworks
package import PellucidTensors

/// Pieces of an image of similar size that follow its edges: SLIC in three dimensions.
///
/// Every voxel goes to the centre c, among those less than a grid step away along each axis, with the least
///
///     D² = |v − v_c|² / range² + m² · |r − r_c|² / step²        r in mm; m: compactness
///
/// and every centre to the mean of its voxels, ten times over. Centres start on a regular grid over the voxels that count, a step (mm)
/// apart along each axis, so that pieces are about as thick as wide also where voxels are not. Of a piece that falls into several parts
/// the largest stays, the others go to the pieces around them (`SupervoxelParts`).
/// - Source: Achanta et al. 2012, doi:10.1109/TPAMI.2012.120.
/// - Complexity: about 8 distances a voxel in each of the ten rounds.
package struct Supervoxels: Sendable {
  /// For each voxel, row-major D, H, W, the place of its piece; −1 for voxels that do not count.
  package private(set) var assignment: [Int32]
  /// Number of pieces; near the number asked for.
  package private(set) var count: Int

  /// A piece's mean place and value.
  private struct Centre {
    var place: [Float]
    var value: [Float]
  }

  /// - Parameters:
  ///   - image: [1, C, D, H, W]; the channels' differences are taken together.
  ///   - wanted: how many pieces.
  ///   - compactness: how much a grid step counts beside the image's whole range of values.
  ///   - voxelSizes: edge lengths of a voxel along D, H, W, mm.
  ///   - counts: for each voxel, whether it shall belong to a piece.
  package init(
    of image: Tensor, count wanted: Int, compactness: Float, voxelSizes: [Double] = [1, 1, 1], within counts: [Bool],
    rounds: Int = 10
  ) {
    let (extents, channels) = (image.shape.spatial, image.shape[1])
    assignment = Array(repeating: -1, count: counts.count)
    count = 0
    let total = counts.count(where: { $0 })
    guard total > 0, wanted > 0 else { return }
    let values = Self.scaled(image, within: counts)
    let bounds = Self.bounds(of: counts, extents)
    let sizes = voxelSizes.map { Float($0) }
    var step = Self.cubeRoot(Float(total) * sizes.reduce(1, *) / Float(wanted))
    var number = Self.pieces(of: bounds.extents, sizes, step: step)
    // Voxels longer than a step leave room for many more pieces than are wanted along the other axes.
    if sizes.contains(where: { $0 > step }) {
      while number.reduce(1, *) > 2 * wanted {
        step *= 1.25
        number = Self.pieces(of: bounds.extents, sizes, step: step)
      }
    }
    let steps = (0..<3).map { Float(bounds.extents[$0]) / Float(number[$0]) }
    var centres: [Centre] = []
    func place(_ axis: Int, _ index: Int) -> Int { bounds.lower[axis] + Int((Float(index) + 0.5) * steps[axis]) }
    for i in 0..<number[0] {
      for j in 0..<number[1] {
        for k in 0..<number[2] {
          let (d, h, w) = (place(0, i), place(1, j), place(2, k))
          let voxel = (d * extents[1] + h) * extents[2] + w
          guard counts[voxel] else { continue }
          centres.append(
            Centre(
              place: [Float(d), Float(h), Float(w)],
              value: Array(values[(voxel * channels)..<((voxel + 1) * channels)])))
        }
      }
    }
    if centres.isEmpty, let first = counts.firstIndex(of: true) {
      let index = [first / (extents[1] * extents[2]), first / extents[2] % extents[1], first % extents[2]]
      centres = [
        Centre(place: index.map { Float($0) }, value: Array(values[(first * channels)..<((first + 1) * channels)]))
      ]
    }
    let weights = sizes.map { compactness * compactness * $0 * $0 / (step * step) }
    for _ in 0..<rounds {
      assign(centres, values, channels, counts, extents, steps: steps, weights: weights)
      centres = moved(centres, values, channels, extents)
    }
    let parts = SupervoxelParts(of: assignment, extents: extents, leastIsland: max(1, total / wanted / 2))
    assignment = parts.connected(pieces: centres.count)
    closeRanks(Int(assignment.max() ?? -1) + 1)
  }

  /// How many pieces a step apart lie along each axis: at least one, at most one a voxel.
  private static func pieces(of extents: [Int], _ sizes: [Float], step: Float) -> [Int] {
    (0..<3).map { axis in
      let extent = Float(extents[axis])
      return max(1, Int(min(extent, (extent * sizes[axis] / step).rounded())))
    }
  }

  /// Every voxel that counts to its nearest centre.
  private mutating func assign(
    _ centres: [Centre], _ values: [Float], _ channels: Int, _ counts: [Bool], _ extents: [Int], steps: [Float],
    weights: [Float]
  ) {
    var nearest = [Float](repeating: .infinity, count: counts.count)
    for voxel in assignment.indices { assignment[voxel] = -1 }
    for (number, centre) in centres.enumerated() {
      let ranges = (0..<3).map { axis -> ClosedRange<Int> in
        let first = Int((centre.place[axis] - steps[axis]).rounded(.up))
        let last = Int((centre.place[axis] + steps[axis]).rounded(.down))
        return max(0, first)...min(extents[axis] - 1, last)
      }
      for d in ranges[0] {
        let fromD = weights[0] * (Float(d) - centre.place[0]) * (Float(d) - centre.place[0])
        for h in ranges[1] {
          let fromH = fromD + weights[1] * (Float(h) - centre.place[1]) * (Float(h) - centre.place[1])
          let row = (d * extents[1] + h) * extents[2]
          for w in ranges[2] where counts[row + w] {
            let apart = Float(w) - centre.place[2]
            var distance = fromH + weights[2] * apart * apart
            for channel in 0..<channels {
              let difference = values[(row + w) * channels + channel] - centre.value[channel]
              distance += difference * difference
            }
            if distance < nearest[row + w] {
              nearest[row + w] = distance
              assignment[row + w] = Int32(number)
            }
          }
        }
      }
    }
    // What lies further than a step from every centre goes to the one that is nearest in space.
    for voxel in counts.indices where counts[voxel] && assignment[voxel] < 0 {
      let index = [voxel / (extents[1] * extents[2]), voxel / extents[2] % extents[1], voxel % extents[2]]
      var least = Float.infinity
      for (number, centre) in centres.enumerated() {
        let distance = (0..<3).reduce(Float(0)) { sum, axis in
          let apart = Float(index[axis]) - centre.place[axis]
          return sum + weights[axis] * apart * apart
        }
        if distance < least {
          least = distance
          assignment[voxel] = Int32(number)
        }
      }
    }
  }

  /// Every centre at the mean of its voxels; one without voxels stays where it is.
  private func moved(_ centres: [Centre], _ values: [Float], _ channels: Int, _ extents: [Int]) -> [Centre] {
    let width = 4 + channels
    var sums = [Double](repeating: 0, count: centres.count * width)
    var voxel = 0
    for d in 0..<extents[0] {
      for h in 0..<extents[1] {
        for w in 0..<extents[2] {
          let place = Int(assignment[voxel]) * width
          if place >= 0 {
            sums[place] += 1
            sums[place + 1] += Double(d)
            sums[place + 2] += Double(h)
            sums[place + 3] += Double(w)
            for channel in 0..<channels { sums[place + 4 + channel] += Double(values[voxel * channels + channel]) }
          }
          voxel += 1
        }
      }
    }
    return centres.indices.map { number in
      let own = sums[(number * width)..<((number + 1) * width)].map { $0 }
      guard own[0] > 0 else { return centres[number] }
      let means = own.dropFirst().map { Float($0 / own[0]) }
      return Centre(place: Array(means.prefix(3)), value: Array(means.dropFirst(3)))
    }
  }

  /// Numbers the pieces that have voxels from 0 on.
  private mutating func closeRanks(_ number: Int) {
    var ranks = [Int32](repeating: -1, count: number)
    for piece in assignment where piece >= 0 { ranks[Int(piece)] = 0 }
    for place in ranks.indices where ranks[place] == 0 {
      ranks[place] = Int32(count)
      count += 1
    }
    for voxel in assignment.indices where assignment[voxel] >= 0 { assignment[voxel] = ranks[Int(assignment[voxel])] }
  }

  /// The image's values, channels last, divided by the range of those that count.
  private static func scaled(_ image: Tensor, within counts: [Bool]) -> [Float] {
    let values = image.ordered(.channelsLast).values
    let channels = image.shape[1]
    var (low, high) = (Float.infinity, -Float.infinity)
    for voxel in counts.indices where counts[voxel] {
      for value in values[(voxel * channels)..<((voxel + 1) * channels)] {
        (low, high) = (min(low, value), max(high, value))
      }
    }
    let factor = high > low ? 1 / (high - low) : 1
    return values.map { $0 * factor }
  }

  private static func bounds(of counts: [Bool], _ extents: [Int]) -> Box {
    var box = Box(lower: extents, upper: [0, 0, 0])
    var voxel = 0
    for d in 0..<extents[0] {
      for h in 0..<extents[1] {
        for w in 0..<extents[2] {
          if counts[voxel] { box.include(d, h, w) }
          voxel += 1
        }
      }
    }
    return box
  }

  private static func cubeRoot(_ value: Float) -> Float { Float(exponential(logarithm(Double(value)) / 3)) }
}
