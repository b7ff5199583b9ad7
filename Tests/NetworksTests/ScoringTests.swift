import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Passes that only score save products of 3³ convolutions; those that are walked back do not.
@Suite struct ScoringTests {
  /// Three convolutions, from whole vectors of channels to others, few and more than are added at a time, with pads and without, ReLU and without.
  private func network(_ spatial: [Int], batch: Int?) throws -> Network {
    var model = ModelBuilder([batch, 16] + spatial)
    model.add("Conv", [model.weights([32, 16, 3, 3, 3]), model.weights([32])], ["pads": .ints([1, 1, 1, 1, 1, 1])])
    model.add("Relu")
    model.add("Conv", [model.weights([96, 32, 3, 3, 3])], ["pads": .ints([0, 1, 0, 2, 0, 1])])
    model.add("Conv", [model.weights([16, 96, 3, 3, 3]), model.weights([16])])
    model.add("Flatten")
    return try Network(model.model)
  }

  @Test(arguments: [[5, 7, 6], [8, 8, 8], [9, 11, 5], [6, 9, 17], [7, 5, 5]])
  func `scores are those of sums of products`(_ spatial: [Int]) throws {
    let network = try network(spatial, batch: 1)
    var noise = Noise(seed: 3)
    let image = noise.tensor([1, 16] + spatial)
    let plain = try network.trace(image).logits
    let saved = try network.logits(image)
    let largest = plain.values.reduce(0) { max($0, abs($1)) }
    #expect(saved.isClose(to: plain, absolute: 3e-6 * largest, relative: 0))
    // Or nothing has been tried here.
    #expect(saved.values != plain.values)
  }

  @Test func `an image's score does not depend on those beside it, nor on threads`() throws {
    let network = try network([9, 8, 7], batch: nil)
    var noise = Noise(seed: 4)
    let count = 7
    let images = noise.tensor([count, 16, 9, 8, 7])
    let threads = Engine.threads
    defer { Engine.threads = threads }
    var rows: [[Float]] = []
    for number in [1, 2, 5] {
      Engine.threads = number
      rows.append(try network.logits(images).values)
    }
    #expect(rows[1] == rows[0] && rows[2] == rows[0])
    let (size, outputs) = (images.count / count, rows[0].count / count)
    for place in 0..<count {
      let own = Tensor(Array(images.values[place * size..<(place + 1) * size]), shape: Shape([1, 16, 9, 8, 7]))
      #expect(try network.logits(own).values == Array(rows[0][place * outputs..<(place + 1) * outputs]))
    }
  }

  /// What an output does not see takes no part in its sum, though it is computed together with others that see it.
  @Test func `where nothing is seen there is nothing`() throws {
    var model = ModelBuilder([1, 16, 8, 8, 8])
    model.add("Conv", [model.weights([16, 16, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1, 1, 1])])
    model.add("Flatten")
    let network = try Network(model.model)
    var noise = Noise(seed: 6)
    for corner in 1..<7 {
      // Zeros but in a corner of the image.
      func isBeyond(_ place: Int, _ corner: Int) -> Bool {
        [place / 64 % 8, place / 8 % 8, place % 8].contains { $0 >= corner }
      }
      let values = noise.values(16 * 512).enumerated().map { place, value in isBeyond(place, corner) ? 0 : value }
      let image = Tensor(values, shape: Shape([1, 16, 8, 8, 8]))
      let scores = try network.logits(image).values
      #expect(try network.trace(image).logits.values != scores)
      for (place, score) in scores.enumerated() {
        #expect((score == 0) == isBeyond(place, corner + 1), "\(score) at \(place)")
      }
    }
  }

  @Test func `what is not finite is found`() throws {
    let network = try network([6, 6, 6], batch: 1)
    var values = [Float](repeating: 0.5, count: 16 * 216)
    values[100] = .nan
    let error = #expect(throws: PellucidError.self) {
      try network.logits(Tensor(values, shape: Shape([1, 16, 6, 6, 6])))
    }
    #expect(error?.kind == .numeric && error?.line.contains("Conv_0") == true, "\(String(describing: error))")
  }
}
