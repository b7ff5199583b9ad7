internal import PellucidTensors

/// Local statistics of an image under a Gaussian, axis by axis.
///
///     G(x)_v = Σ_u g(u − v)·x_u / Σ_u g(u − v)      u over the image's voxels within 3σ of v along each axis; distances in mm
struct GaussianWindow {
  /// By axis D, H, W: the weights at 0, 1, 2, … voxels.
  private let weights: [[Float]]

  /// - Parameters:
  ///   - sigma: mm.
  ///   - voxelSizes: mm along D, H, W.
  init(sigma: Double, voxelSizes: [Double]) {
    weights = voxelSizes.map { size in
      let radius = Int(min((3 * sigma / size).rounded(.down), 4096))
      return (0...radius).map { step in
        let distance = Double(step) * size / sigma
        return Float(exponential(-distance * distance / 2))
      }
    }
  }

  /// The local mean, [1, C, D, H, W], row-major.
  func mean(of image: Tensor) -> Tensor {
    Tensor(mean(of: image.ordered(.rowMajor).values, image.shape), shape: image.shape)
  }

  /// A draw of normal noise with the image's local mean and variance; the same for the same seed.
  ///
  ///     G(x) + √(G(x²) − G(x)²) · n      n standard normal, in the order C, D, H, W
  func noise(like image: Tensor, seed: UInt64) -> Tensor {
    let x = image.ordered(.rowMajor).values
    // About their mean, so that squares lose no digits.
    let centre = Float(x.reduce(0.0) { $0 + Double($1) } / Double(max(1, x.count)))
    let about = x.map { $0 - centre }
    let mean = mean(of: about, image.shape)
    let square = self.mean(of: about.map { $0 * $0 }, image.shape)
    let random = Tensor(repeating: 0, shape: image.shape, order: .rowMajor)
      .withNoise(deviation: 1, seed: seed, stream: 0).values
    var noisy = mean
    for n in noisy.indices {
      let deviation = max(0, square[n] - mean[n] * mean[n]).squareRoot()
      noisy[n] = centre + mean[n] + deviation * random[n]
    }
    return Tensor(noisy, shape: image.shape)
  }

  private func mean(of values: [Float], _ shape: Shape) -> [Float] {
    var values = values
    for axis in 0..<3 {
      let length = shape.spatial[axis]
      let inner = shape.spatial[(axis + 1)...].reduce(1, *)
      values = Self.mean(of: values, length: length, inner: inner, weights[axis])
    }
    return values
  }

  /// Along the middle axis of values [outer, length, inner].
  private static func mean(of values: [Float], length: Int, inner: Int, _ weights: [Float]) -> [Float] {
    let shares = (0..<length).map { place in
      1
        / (0..<length).reduce(Float(0)) { sum, other in
          let step = abs(other - place)
          return step < weights.count ? sum + weights[step] : sum
        }
    }
    var sums = [Float](repeating: 0, count: values.count)
    let input = values.span
    var output = sums.mutableSpan
    let radius = min(weights.count, length) - 1
    // Blocks of neighbours that stay in the cache while the axis is walked.
    let block = 1024
    for begin in stride(from: 0, to: values.count, by: length * inner) {
      if inner == 1 {
        for step in -radius...radius {
          let weight = weights[abs(step)]
          let to = begin + max(0, -step)
          for n in 0..<(length - abs(step)) { output[to + n] += weight * input[to + step + n] }
        }
        for n in 0..<length { output[begin + n] *= shares[n] }
        continue
      }
      for first in stride(from: 0, to: inner, by: block) {
        let count = min(block, inner - first)
        for place in 0..<length {
          let to = begin + place * inner + first
          for other in max(0, place - radius)...min(length - 1, place + radius) {
            let weight = weights[abs(other - place)] * shares[place]
            let from = begin + other * inner + first
            for n in 0..<count { output[to + n] += weight * input[from + n] }
          }
        }
      }
    }
    return sums
  }
}
