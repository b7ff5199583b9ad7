import PellucidTensors
import Testing

/// What sampling methods do between passes.
@Suite struct NoiseTests {
  private static func noise(_ count: Int, seed: UInt64, stream: UInt64) -> [Float] {
    Tensor(repeating: 0, shape: Shape([count])).withNoise(deviation: 1, seed: seed, stream: stream).values
  }

  @Test func `number by number as the reference`() {
    for (seed, stream, first, values) in NoiseReference.cases {
      let found = Self.noise(first + values.count, seed: seed, stream: stream)[first...]
      for (ours, theirs) in zip(found, values) { #expect(abs(Double(ours) - theirs) < 1e-6) }
    }
  }

  @Test func `a number does not depend on how many are drawn`() {
    let long = Self.noise(200_003, seed: 1, stream: 2)
    for count in [1, 63, 64, 65, 1000] { #expect(Self.noise(count, seed: 1, stream: 2) == Array(long[..<count])) }
    #expect(Self.noise(64, seed: 1, stream: 3) != Array(long[..<64]))
    #expect(Self.noise(64, seed: 2, stream: 2) != Array(long[..<64]))
  }

  @Test func `it is normal`() {
    let numbers = Self.noise(1_000_000, seed: 5, stream: 0).map { Double($0) }
    let moments = (1...4).map { power in
      numbers.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } } / 1e6
    }
    // Five standard errors of each moment.
    for (found, (wanted, error)) in zip(
      moments, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)].map { ($0.0, $0.1.squareRoot()) })
    {
      #expect(abs(found - wanted) < 5 * error / 1000)
    }
    // Φ at −3…3.
    for (bound, part) in [
      (-3.0, 0.0013499), (-2, 0.0227501), (-1, 0.1586553), (0, 0.5), (1, 0.8413447), (2, 0.9772499),
    ] {
      let found = Double(numbers.count { $0 < bound }) / 1e6
      #expect(abs(found - part) < 5 * (part * (1 - part) / 1e6).squareRoot())
    }
  }

  @Test func `moments go forward as two passes find them`() {
    let images: [[Float]] = [[1, 2, -3], [4, 0, 1], [-2, 5, 0.5], [0, 1, 7]]
    var mean = Tensor(repeating: 0, shape: Shape([3]))
    var squares = mean
    for (count, image) in images.enumerated() {
      Tensor.addMoments(
        of: Tensor(image, shape: Shape([3]), order: mean.order), after: count, mean: &mean, squares: &squares)
    }
    for i in 0..<3 {
      let own = images.map { $0[i] }
      let average = own.reduce(0, +) / 4
      #expect(abs(mean.values[i] - average) < 1e-6)
      #expect(abs(squares.values[i] - own.reduce(0) { $0 + ($1 - average) * ($1 - average) }) < 1e-4)
    }
  }
}
