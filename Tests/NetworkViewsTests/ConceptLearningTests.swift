import Foundation
import PellucidAttribution
import PellucidNetworkViews
import PellucidNetworks
import PellucidStatistics
import TestSupport
import Testing

/// A step of learning concepts is PyTorch's, and its slopes are those of the loss.
@Suite struct `Learning concepts` {
  private struct Case: Decodable {
    var scans, channels, places, concepts, row: Int
    var widths: [Int]
    var rectified, sigmoid: Bool
    var values: [[Float]]
    var rows, probabilities, head, head_bias: [Double]
    var weights, slopes, after: [String: [Double]]
    var loss: [String: Double]

    var form: ConceptExtractor.Form {
      .init(
        classes: 2, concepts: concepts, channels: channels, places: places, row: row, isRectified: rectified,
        widths: widths)
    }

    func classes() throws -> Classes {
      try Classes(outputs: sigmoid ? 1 : 2, activation: sigmoid ? .sigmoid : .softmax, names: ["CN", "AD"])
    }

    func extractor() -> ConceptExtractor {
      func dense(_ name: String, _ inputs: Int, _ outputs: Int, _ kind: DenseLayer.Activation) -> DenseLayer {
        DenseLayer(
          inputs: inputs, outputs: outputs, kind, weights: weights[name + ".weight"] ?? [],
          bias: weights[name + ".bias"] ?? [])
      }
      let extents = [places] + widths
      return ConceptExtractor(
        form, unit: 1,
        maps: PointConvolution(
          inputs: channels, outputs: 2 * concepts, weights: weights["maps.weight"] ?? [],
          bias: weights["maps.bias"] ?? []),
        embeddings: (0..<2).map { kind in
          (0..<3).map { step in
            dense("embeddings.\(kind).\(step)", extents[step], extents[step + 1], step < 2 ? .rectified : .tanh)
          }
        },
        relevances: (0..<2).map { dense("relevances.\($0)", concepts * widths[2], 1, .linear) },
        output: dense("output", 2 * concepts * widths[2], row, rectified ? .rectified : .linear))
    }

    /// The head behind the row: a dense layer, or nothing.
    func answer(_ rows: [Double], _ slopes: ([Double]) -> [Double]) -> [Double] {
      guard !head.isEmpty else { return slopes(rows) }
      let layer = DenseLayer(inputs: row, outputs: 2, .linear, weights: head, bias: head_bias)
      let logits = layer.applied(to: rows)
      return layer.passedBack(slopes(logits), of: rows, made: logits)
    }

    func slopes(_ extractor: ConceptExtractor) throws -> (ConceptLoss, ConceptLoss.Slopes, ConceptPass) {
      let pass = extractor.pass(values)
      let found = ConceptLoss.slopes(
        of: pass, in: form, wanted: .init(rows: rows, probabilities: probabilities), classes: try classes(),
        answer: answer)
      return (found.loss, found.slopes, pass)
    }
  }

  private struct Cases: Decodable { var cases: [Case] }

  private func cases() throws -> [Case] {
    try JSONDecoder().decode(Cases.self, from: Data(contentsOf: URL(filePath: Planted.fixture("mace.json")))).cases
  }

  /// All weights of an extractor under PyTorch's names.
  private func named(
    _ extractor: ConceptExtractor, _ part: (TrainedWeights) -> [Double]
  ) -> [String: [Double]] {
    var found = ["maps.weight": part(extractor.maps.weights), "maps.bias": part(extractor.maps.bias)]
    func add(_ name: String, _ layer: DenseLayer) {
      found[name + ".weight"] = part(layer.weights)
      found[name + ".bias"] = part(layer.bias)
    }
    for kind in 0..<2 {
      for step in 0..<3 { add("embeddings.\(kind).\(step)", extractor.embeddings[kind][step]) }
      add("relevances.\(kind)", extractor.relevances[kind])
    }
    add("output", extractor.output)
    return found
  }

  /// Relative L2 at most 1e-6: double against double, of values that are single.
  @Test func `loss, slopes and weights after a step are PyTorch's`() throws {
    for one in try cases() {
      var extractor = one.extractor()
      let (loss, slopes, pass) = try one.slopes(extractor)
      for (name, value) in [
        ("row", loss.row), ("answer", loss.answer), ("relevance", loss.relevance), ("triplet", loss.triplet),
      ] {
        let wanted = try #require(one.loss[name])
        #expect(abs(value - wanted) < 1e-6 * wanted, "\(name)")
      }
      extractor.takeBack(row: slopes.row, sums: slopes.sums, embeddings: slopes.embeddings, of: pass)
      let found = named(extractor, \.slopes)
      for (name, wanted) in one.slopes {
        let own = try #require(found[name])
        #expect(relativeError(own, wanted) < 1e-6, "\(name)")
      }
      extractor.step(1, rate: 1e-4)
      let after = named(extractor, \.values)
      for (name, wanted) in one.after {
        // The step itself, not the weights beside which it is small.
        let before = try #require(one.weights[name])
        let own = try #require(after[name])
        #expect(relativeError(zip(own, before).map { $0 - $1 }, zip(wanted, before).map { $0 - $1 }) < 1e-4, "\(name)")
      }
      #expect(named(extractor, \.slopes).values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  /// Central differences of 1e-6; relative L2 at most 1e-4 of each layer's slopes.
  @Test func `slopes are the loss's own`() throws {
    for one in try cases() {
      var extractor = one.extractor()
      let (_, slopes, pass) = try one.slopes(extractor)
      extractor.takeBack(row: slopes.row, sums: slopes.sums, embeddings: slopes.embeddings, of: pass)
      let weights: [WritableKeyPath<ConceptExtractor, TrainedWeights>] = [
        \.maps.weights, \.maps.bias, \.embeddings[0][0].weights, \.embeddings[1][1].weights, \.embeddings[1][2].bias,
        \.relevances[0].weights, \.relevances[1].bias, \.output.weights, \.output.bias,
      ]
      for path in weights {
        let count = extractor[keyPath: path].values.count
        let places = Swift.stride(from: 0, to: count, by: max(1, count / 20)).map { $0 }
        let differences = try places.map { place in
          func loss(_ step: Double) throws -> Double {
            var moved = extractor
            moved[keyPath: path].values[place] += step
            return try one.slopes(moved).0.total
          }
          return (try loss(1e-6) - loss(-1e-6)) / 2e-6
        }
        #expect(relativeError(places.map { extractor[keyPath: path].slopes[$0] }, differences) < 1e-4, "\(path)")
      }
    }
  }
}
