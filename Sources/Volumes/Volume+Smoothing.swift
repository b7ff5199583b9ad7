#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Volume {
  /// The volume under a Gaussian of these standard deviations, in voxels along i, j, k; 0 leaves an axis alone.
  ///
  /// The kernel reaches ⌊4σ + ½⌋ voxels and sums to 1; beyond its ends the volume is mirrored about the outermost centres.
  /// - Accuracy: 1e-5 of the value range of `scipy.ndimage.gaussian_filter(mode="mirror")`.
  public func smoothed(sigma: [Double]) -> Volume {
    precondition(sigma.count == 3, "a width for each axis")
    var out = self
    for axis in 0..<3 where sigma[axis] > 0 {
      let count = shape.extents[axis]
      let period = max(1, 2 * (count - 1))
      let weights = Volume.gaussian(sigma[axis], period: period)
      let reach = weights.count - 1
      rewriteLines(of: &out.voxels, shape: shape, axis: axis) { block, width in
        var smooth = [Double](repeating: 0, count: block.count)
        for place in 0..<count {
          for offset in -reach...reach {
            let folded = abs(place + offset) % period
            let from = (folded < count ? folded : period - folded) * width
            let weight = weights[abs(offset)]
            for line in 0..<width { smooth[place * width + line] += weight * block[from + line] }
          }
        }
        block = smooth
      }
    }
    return out
  }

  /// The weights of a Gaussian at 0, 1, 2, … voxels to either side; of one that goes round a mirrored line more than once, those of one
  /// round.
  private static func gaussian(_ sigma: Double, period: Int) -> [Double] {
    // Long before it is this wide, all places of the line weigh the same.
    let sigma = min(sigma, 16 * Double(period))
    let reach = Int(4 * sigma + 0.5)
    var weights = (0...reach).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    for index in weights.indices { weights[index] /= sum }
    guard reach > period else { return weights }
    // A place d away is, a period on, the same place again, which lies at most half a period to either side.
    var folded = [Double](repeating: 0, count: period / 2 + 1)
    for (distance, weight) in weights.enumerated() {
      let place = distance % period
      folded[min(place, period - place)] += weight
    }
    // Whole periods come from both sides; half a period to either side is the same place, and each side counts half.
    folded[0] += folded[0] - weights[0]
    return folded
  }

  /// The Gaussian that keeps a volume from aliasing where a target grid is coarser, in voxels along i, j, k.
  ///
  ///     σ = max(0, (s − 1) / 2)      s: how many of this volume's voxels a step of the target grid takes along the axis
  ///
  /// - Parameter map: target voxels → this volume's voxels; s is the length of its row.
  /// - Source: the rule of scikit-image's `resize(anti_aliasing=True)`.
  package static func antialiasing(_ map: Affine) -> [Double] {
    (0..<3).map { row in
      let steps = (0..<3).reduce(0.0) { $0 + map[row, $1] * map[row, $1] }.squareRoot()
      // A factor that only rounding made larger than 1 is 1.
      return steps > 1 + 1e-6 ? (steps - 1) / 2 : 0
    }
  }
}
