import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// The convolution from one channel to eight, which is a kernel of our own, against oneDNN's, which runs it where there are sixteen.
@Suite struct OneChannelTests {
  struct Place: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var image = [1, 9, 11, 40]
    var channels = 8
    var kernel = [3, 3, 3]
    var strides = [1, 1, 1]
    var dilations = [1, 1, 1]
    var pads = [0, 0, 0, 0, 0, 0]
    var isBiased = true
    var rectifies = false

    /// The outputs for two images, with twice as many channels if asked for, of which the second half is the first once more.
    func outputs(doubled: Bool, _ images: Tensor) throws -> Tensor { try network(doubled: doubled).logits(images) }

    func network(doubled: Bool) throws -> Network {
      var sketch = NetworkSketch(image, seed: 12)
      var weights = sketch.floats([channels, 1] + kernel, scale: 0.3)
      var bias = sketch.floats([channels], scale: 0.5)
      if doubled {
        weights.dimensions[0] *= 2
        weights.values = .floats((weights.floats ?? []) + (weights.floats ?? []))
        bias.dimensions[0] *= 2
        bias.values = .floats((bias.floats ?? []) + (bias.floats ?? []))
      }
      var x = sketch.add(
        "Conv", ["image"], constants: isBiased ? [weights, bias] : [weights],
        ["kernel_shape": ints(kernel), "strides": ints(strides), "dilations": ints(dilations), "pads": ints(pads)])
      if rectifies { x = sketch.relu(x) }
      return try sketch.network(x)
    }
  }

  static let all = [
    Place(testDescription: "lines longer than two vectors"),
    Place(testDescription: "shorter than one, of eleven", image: [1, 7, 8, 13]),
    Place(testDescription: "of one voxel", image: [1, 4, 5, 3]),
    Place(testDescription: "padded", pads: [1, 1, 1, 1, 1, 1]),
    Place(testDescription: "padded beyond the image, unevenly", image: [1, 3, 3, 3], pads: [3, 2, 4, 4, 3, 2]),
    Place(testDescription: "dilated", dilations: [2, 1, 3], pads: [2, 0, 3, 2, 0, 3]),
    Place(testDescription: "steps of two from plane to plane", strides: [2, 1, 1], pads: [1, 0, 1, 1, 0, 1]),
    Place(
      testDescription: "steps of two but along the line, which is oneDNN's", strides: [2, 2, 1],
      pads: [1, 0, 1, 1, 0, 1]),
    Place(testDescription: "one column of taps", kernel: [3, 3, 1], pads: [1, 1, 0, 1, 1, 0]),
    Place(testDescription: "rows that end where a vector does", image: [1, 6, 7, 18]),
    Place(testDescription: "a kernel with unequal sides", kernel: [1, 5, 4], pads: [0, 2, 1, 0, 2, 2]),
    Place(testDescription: "24 channels, rectified", channels: 24, rectifies: true),
    Place(testDescription: "no bias", isBiased: false, rectifies: true),
    Place(testDescription: "a large image, that threads share", image: [1, 12, 40, 50], pads: [1, 1, 1, 1, 1, 1]),
  ]

  @Test(arguments: all) func `gives what oneDNN gives`(place: Place) throws {
    var random = RandomValues(seed: 6)
    let shape = Shape([2] + place.image)
    let images = Tensor((0..<shape.count).map { _ in random.next() * 2 - 1 }, shape: shape)
    try compare(place, images)
  }

  /// Where all that an output sees is one value, or one a row, it is computed once.
  @Test(arguments: all) func `does so where much of the image is even`(place: Place) throws {
    var random = RandomValues(seed: 7)
    let shape = Shape([2] + place.image)
    let row = place.image[3]
    var level: Float = 0
    let images = Tensor(
      (0..<shape.count).map { voxel in
        let (line, column) = (voxel / row, voxel % row)
        if column == 0 { level = line % 3 == 0 ? 0 : random.next() }
        // Rows of one value, rows with an end that is not, and rows that begin anew half-way.
        if line % 5 == 4, column + 3 >= row { return random.next() }
        return line % 7 == 6 && column > row / 2 ? 0.5 : level
      }, shape: shape)
    try compare(place, images)
    try compare(place, Tensor(repeating: 0.25, shape: shape))
  }

  @Test func `lets what is not a number through`() throws {
    let place = Place(testDescription: "", image: [1, 5, 6, 40], rectifies: true)
    var values = Array(repeating: Float(1), count: 2 * 5 * 6 * 40)
    values[3 * 40 + 20] = .nan
    let network = try place.network(doubled: false)
    let error = #expect(throws: PellucidError.self) {
      _ = try network.logits(Tensor(values, shape: Shape([2] + place.image)))
    }
    #expect(error?.kind == .numeric)
  }

  private func compare(_ place: Place, _ images: Tensor) throws {
    let own = try place.outputs(doubled: false, images)
    let theirs = try place.outputs(doubled: true, images)
    let count = own.count / 2
    for image in 0..<2 {
      let a = own.values[(image * count)..<((image + 1) * count)]
      let b = theirs.values[(2 * image * count)..<((2 * image + 1) * count)]
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 3e-6 })
    }
  }
}
