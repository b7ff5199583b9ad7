import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Networks exported by PyTorch` {

  @Test func `are there, with every operator that PyTorch writes`() {
    #expect(NetworkFixture.all.count > 150)
    let used = Set(NetworkFixture.all.flatMap(\.operators))
    let types = Set(OperatorCatalogue.operators.flatMap { $0.onnxNames })
    #expect(
      types.subtracting(used) == [
        "DynamicQuantizeLinear", "Gelu", "GreaterOrEqual", "GroupNormalization", "LessOrEqual", "QuantizeLinear",
        "ReduceSumSquare", "Softsign",
        "Sum", "Upsample",
      ])
  }

  @Test(arguments: NetworkFixture.all)
  func `have its scores and gradients within 1e-4 relative L2, from both memory orders`(fixture: NetworkFixture) throws
  {
    let network = try fixture.network()
    for order in [MemoryOrder.channelsLast, .rowMajor] {
      let image = fixture.input.ordered(order)
      let logits = try network.logits(image)
      #expect(logits.relativeDistance(to: fixture.scores) < 1e-4, "\(logits.worst(against: fixture.scores))")
      let trace = try network.trace(image)
      if network.graph.nodes.contains(where: { $0.type == "InstanceNormalization" }) {
        // A trace leaves out biases that the next step takes off, which rounds otherwise.
        #expect(trace.logits.relativeDistance(to: logits) < 1e-6)
      } else {
        #expect(trace.logits.values == logits.values)
      }
      let gradients = try trace.backward(fixture.upstream, to: [network.graph.input])
      let gradient = try #require(gradients[network.graph.input])
      #expect(gradient.relativeDistance(to: fixture.gradient) < 1e-4, "\(gradient.worst(against: fixture.gradient))")
    }
  }

  @Test(arguments: NetworkFixture.all)
  func `answer a batch as they answer its images`(fixture: NetworkFixture) throws {
    let network = try fixture.network()
    var noise = Noise(seed: 3)
    let images = (0..<3).map { _ in noise.tensor(fixture.input.shape.dimensions) }
    let batch = Tensor(images.flatMap(\.values), shape: fixture.input.shape.withBatch(3))
    let together = try network.logits(batch)
    let apart = Tensor(try images.flatMap { try network.logits($0).values }, shape: together.shape)
    #expect(together.isClose(to: apart, absolute: 1e-5, relative: 1e-5), "\(together.worst(against: apart))")
    // Recurrent layers have the images on their second axis.
    let single = ["class_token", "transformer", "3d_vit", "lstm", "gru", "rnn"]
    if fixture.hasOpenBatch, !single.contains(where: fixture.file.hasPrefix) {
      #expect(network.supportsBatches, "the exporter left the batch open")
    }
    guard network.supportsBatches else { return }
    let upstream = Tensor(Array(repeating: fixture.upstream.values, count: 3).flatMap { $0 }, shape: together.shape)
    let gradients = try network.trace(batch).backward(upstream, to: [network.graph.input])
    let gradient = try #require(gradients[network.graph.input])
    let singles = try images.flatMap { image in
      try network.trace(image).backward(fixture.upstream, to: [network.graph.input])[network.graph.input]?.ordered(
        .rowMajor
      ).values ?? []
    }
    let wanted = Tensor(singles, shape: batch.shape)
    #expect(gradient.relativeDistance(to: wanted) < 1e-5, "\(gradient.worst(against: wanted))")
  }

  @Test(arguments: NetworkFixture.all)
  func `answer the same bits in every run`(fixture: NetworkFixture) throws {
    let answers = try (0..<2).map { _ in
      let network = try fixture.network()
      let trace = try network.trace(fixture.input)
      let logits = trace.logits.values
      return [logits] + (try trace.backward(fixture.upstream, to: [network.graph.input]).values.map(\.values))
    }
    #expect(answers[0] == answers[1])
  }

  @Test(arguments: NetworkFixture.all)
  func `score alike as the file has them and in canonical form`(fixture: NetworkFixture) throws {
    let network = try fixture.network()
    let imported = try network.imported.run(fixture.input).ordered(.rowMajor)
    let count = imported.count
    var answer = try network.logits(fixture.input)
    let logarithmic = network.imported.nodes.contains { $0.type == "LogSoftmax" }
    switch network.endsIn {
    case .softmax:
      let exponentials = answer.values.map { Double($0) }.map { power($0) }
      let sum = exponentials.reduce(0, +)
      answer = Tensor(exponentials.map { Float(logarithmic ? logarithm($0 / sum) : $0 / sum) }, shape: answer.shape)
    case .sigmoid: answer = Tensor(answer.values.map { Float(1 / (1 + power(-Double($0)))) }, shape: answer.shape)
    default: break
    }
    let wanted = imported.reshaped([1, count])
    #expect(answer.isClose(to: wanted, absolute: 1e-5, relative: 1e-4), "\(answer.worst(against: wanted))")
  }
}

extension Tensor {
  /// The same values in another shape.
  func reshaped(_ extents: [Int]) -> Tensor { Tensor(ordered(.rowMajor).values, shape: Shape(extents)) }
}
