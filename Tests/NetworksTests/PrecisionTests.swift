import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// A convolution in bfloat16 is the convolution of rounded values by rounded weights.
@Suite struct PrecisionTests {
  /// To the nearest number of 8 bits of mantissa, halves to the even one.
  private func rounded(_ value: Float) -> Float {
    let step = Float(sign: .plus, exponent: value.exponent - 7, significand: 1)
    return value == 0 ? 0 : (value / step).rounded(.toNearestOrEven) * step
  }

  @Test(.enabled(if: Precision.bfloat16.isSupported))
  func `values and weights are rounded, sums are not`() throws {
    var model = ModelBuilder([1, 16, 4, 5, 3])
    let weights = model.weights([8, 16, 1, 1, 1])
    model.add("Conv", [weights])
    model.add("Flatten")
    let network = try Network(model.model)
    var noise = Noise(seed: 5)
    let image = noise.tensor([1, 16, 4, 5, 3])
    let exact = try network.logits(image).values
    let reduced = try Precision.bfloat16.computing { () throws(PellucidError) in try network.logits(image).values }

    var factors: [Float] = []
    if case .floats(let values) = weights.values { factors = values }
    try #require(factors.count == 128)
    let (values, voxels) = (image.ordered(.rowMajor).values, 60)
    for output in 0..<8 {
      for voxel in 0..<voxels {
        var (sum, plain) = (0.0, 0.0)
        for input in 0..<16 {
          let (x, w) = (values[input * voxels + voxel], factors[output * 16 + input])
          sum += Double(rounded(x)) * Double(rounded(w))
          plain += Double(x) * Double(w)
        }
        #expect(abs(Double(reduced[output * voxels + voxel]) - sum) < 1e-5)
        #expect(abs(Double(exact[output * voxels + voxel]) - plain) < 1e-5)
      }
    }
    #expect(reduced != exact)
    // The next pass is exact again.
    #expect(try network.logits(image).values == exact)
  }
}
