import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Gradients` {
  /// Agreement demanded, relative L2.
  ///
  /// The differences themselves are good to about 1e-3: rounding of float32 scores on one side,
  /// curvature on the other, so three steps are tried and the best counts.
  private static let tolerance = 2e-3
  private static let steps: [Float] = [0.04, 0.02, 0.005]

  @Test(arguments: GradientCase.all)
  func `are the central differences of the forward pass, in both memory orders`(example: GradientCase) throws {
    let graph = try example.bound()
    let input = example.input()
    var noise = Noise(seed: 9)
    let output = try graph.run(input)
    let upstream = Tensor(noise.values(output.count), shape: Shape([input.shape[0], output.count / input.shape[0]]))
    let score = { (image: Tensor) throws in
      let y = try graph.run(image).ordered(.rowMajor).values
      return zip(y, upstream.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
    let values = input.values
    let differences = try Self.steps.map { step in
      let slopes = try values.indices.map { place in
        var (more, less) = (values, values)
        more[place] += step
        less[place] -= step
        let rise = try score(Tensor(more, shape: input.shape)) - score(Tensor(less, shape: input.shape))
        return Float(rise / Double(more[place] - less[place]))
      }
      return Tensor(slopes, shape: input.shape)
    }
    for order in [MemoryOrder.rowMajor, .channelsLast] {
      let gradients = try graph.trace(input.ordered(input.shape.rank > 2 ? order : .rowMajor)).backward(
        upstream, to: [graph.input])
      let gradient = try #require(gradients[graph.input])
      let best = differences.min { gradient.relativeDistance(to: $0) < gradient.relativeDistance(to: $1) } ?? input
      let small = max(abs(best.range.lowerBound), abs(best.range.upperBound)) < 1e-4
      #expect(
        gradient.relativeDistance(to: best) < Self.tolerance || (small && gradient.isClose(to: best, absolute: 2e-4)),
        "\(order): \(gradient.worst(against: best))")
    }
  }

  @Test func `are tested for every operator type of the catalogue`() {
    let tested = Set(GradientCase.all.flatMap { $0.graph.nodes.map(\.operation) })
    let types = Set(OperatorCatalogue.operators.flatMap { $0.onnxNames })
    // What rounds has no slope; its gradient is another's: QuantizedTests.
    #expect(types.subtracting(tested) == ["DynamicQuantizeLinear", "QuantizeLinear"])
  }

  @Test func `of a norm at zero are zero, as PyTorch's`() throws {
    let example = GradientCase("at zero", "ReduceL2", [.image], ["axes": .ints([2, 3, 4])], opset: 11)
    let graph = try example.bound()
    let zeros = Tensor(repeating: 0, shape: Shape(example.image))
    let gradient = try graph.trace(zeros).backward(Tensor([1, 1], shape: Shape([1, 2])), to: [graph.input])[graph.input]
    #expect(gradient?.range == 0...0)
  }

  @Test func `of pools with equal values go to the first, as PyTorch's`() throws {
    let attributes: [String: OnnxAttribute] = ["kernel_shape": .ints([2, 2, 2]), "strides": .ints([2, 2, 2])]
    let graph = try GradientCase("of equals", "MaxPool", [.image], attributes, image: [1, 1, 2, 2, 4]).bound()
    let image = Tensor(repeating: 1, shape: Shape([1, 1, 2, 2, 4]))
    let gradient = try graph.trace(image).backward(Tensor([3, 5], shape: Shape([1, 2])), to: [graph.input])[graph.input]
    #expect(gradient?.values == [3, 0, 5, 0] + Array(repeating: 0, count: 12))
  }

  @Test func `of a ReLU at zero are zero, as PyTorch's`() throws {
    let graph = try GradientCase("at zero", "Relu", image: [1, 3]).bound()
    let image = Tensor([-1, 0, 1], shape: Shape([1, 3]))
    let gradient = try graph.trace(image).backward(Tensor([2, 2, 2], shape: Shape([1, 3])), to: [graph.input])[
      graph.input]
    #expect(gradient?.values == [0, 0, 2])
  }
}
