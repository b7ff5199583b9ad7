import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import Testing

/// LIME, the Shapley methods and RISE against values computed elsewhere and against formulas.
@Suite struct SamplingTests {
  /// Dense layers on an image of voxels in a row.
  static func score(voxels: Int, _ build: (inout NetworkSketch, String) -> String) throws -> ScoreFunction {
    var sketch = NetworkSketch([1, 1, 1, voxels], seed: 1)
    let flat = sketch.add("Flatten", ["image"])
    let network = try sketch.network(build(&sketch, flat))
    let classes = try Classes(outputs: 1, activation: .none, names: nil)
    return ScoreFunction(network: network, classes: classes, target: Target(classIndex: 0, of: classes), kind: .logit)
  }

  static func dense(
    _ sketch: inout NetworkSketch, _ input: String, _ weights: [Float], bias: [Float]
  ) -> String {
    let sizes = [bias.count, weights.count / bias.count]
    return sketch.add(
      "Gemm", [input],
      constants: [
        OnnxTensor(elementType: .float, dimensions: sizes, values: .floats(weights)),
        OnnxTensor(elementType: .float, dimensions: [bias.count], values: .floats(bias)),
      ], ["transB": .int(1)])
  }

  /// The network of `SamplingReference`, every voxel a region.
  static func reference() throws -> (ScoreFunction, Subject) {
    typealias R = SamplingReference
    let score = try score(voxels: 8) { sketch, flat in
      let hidden = sketch.add("Tanh", [dense(&sketch, flat, R.first, bias: R.bias)])
      return dense(&sketch, hidden, R.second, bias: [0])
    }
    return (score, subject(R.image, labels: Array(1...8), background: R.fill))
  }

  static func subject(_ image: [Float], labels: [Int32]?, background: Float = 0) -> Subject {
    Subject(image: Tensor(image, shape: Shape([1, 1, 1, 1, image.count])), background: background, labels: labels)
  }

  static func number(_ relevance: Relevance, _ name: String) -> Double? {
    for fact in relevance.facts where fact.name == name {
      if case .number(let value) = fact.value { return value }
    }
    return nil
  }

  static func map(
    _ method: any AttributionMethod.Type, _ options: [String: String], _ score: ScoreFunction, _ subject: Subject
  ) throws -> Relevance {
    try method.init(OptionValues(options)).relevance(of: subject, to: score, progress: SilentProgress())
  }

  @Test func `weighted ridge is scikit-learn's`() throws {
    let rows = (0..<256).map { bits in (0..<8).map { Double(bits >> (7 - $0) & 1) } }
    let weights = rows.map { row in
      var coalition = Coalition(8, allThere: false)
      for (feature, value) in row.enumerated() { coalition[feature] = value == 1 }
      return Lime.weight(coalition)
    }
    let fit = try #require(WeightedRidge(rows, SamplingReference.scores, weights: weights, alpha: 1))
    for (ours, theirs) in zip(fit.coefficients, SamplingReference.lime) { #expect(abs(ours - theirs) < 1e-9) }
    #expect(abs(fit.intercept - SamplingReference.limeIntercept) < 1e-9)
    #expect(abs(fit.r2 - SamplingReference.limeR2) < 1e-9)
  }

  @Test func `lime comes near the fit over all coalitions`() throws {
    let (score, subject) = try Self.reference()
    let relevance = try Self.map(Lime.self, ["samples": "20000"], score, subject)
    // The penalty weighs less among more samples: the fit without one is meant.
    let rows = (0..<256).map { bits in (0..<8).map { Double(bits >> (7 - $0) & 1) } }
    let weights = rows.map { row in
      var coalition = Coalition(8, allThere: false)
      for (feature, value) in row.enumerated() { coalition[feature] = value == 1 }
      return Lime.weight(coalition)
    }
    let fit = try #require(WeightedRidge(rows, SamplingReference.scores, weights: weights, alpha: 1.0 * 256 / 20000))
    for (ours, theirs) in zip(relevance.map.values, fit.coefficients) { #expect(abs(Double(ours) - theirs) < 0.03) }
    let r2 = try #require(Self.number(relevance, "r2"))
    #expect(abs(r2 - fit.r2) < 0.02)
  }

  @Test func `lime finds the coefficients of a linear network`() throws {
    let weights: [Float] = [0.5, -1, 2, 0, 1.5, -0.25]
    let image: [Float] = [1, 2, -1, 3, 0.5, 4]
    let score = try Self.score(voxels: 6) { Self.dense(&$0, $1, weights, bias: [0.3]) }
    let relevance = try Self.map(Lime.self, ["samples": "20000"], score, Self.subject(image, labels: Array(1...6)))
    for (found, (weight, value)) in zip(relevance.map.values, zip(weights, image)) {
      #expect(abs(found - weight * value) < 0.005)
    }
    #expect(try #require(Self.number(relevance, "r2")) > 0.9999)
  }

  @Test func `kernel-shap over all coalitions gives the exact Shapley values`() throws {
    let (score, subject) = try Self.reference()
    let relevance = try Self.map(KernelShap.self, ["samples": "254"], score, subject)
    for (ours, exact) in zip(relevance.map.values, SamplingReference.shapley) {
      #expect(abs(Double(ours) - exact) < 1e-5)
    }
    #expect(relevance.facts.contains { $0.name == "exact" && $0.value == .text("yes") })
    #expect(abs(try #require(Self.number(relevance, "additivity_residual"))) < 1e-9)
  }

  @Test func `kernel-shap from samples comes near them and still adds up`() throws {
    let (score, subject) = try Self.reference()
    let relevance = try Self.map(KernelShap.self, ["samples": "200", "seed": "3"], score, subject)
    let spread = SamplingReference.shapley.map(\.magnitude).max() ?? 0
    for (ours, exact) in zip(relevance.map.values, SamplingReference.shapley) {
      #expect(abs(Double(ours) - exact) < 0.1 * spread)
    }
    #expect(abs(try #require(Self.number(relevance, "additivity_residual"))) < 1e-9)
  }

  @Test func `shapley-sampling lies within its standard errors and adds up`() throws {
    let (score, subject) = try Self.reference()
    let relevance = try Self.map(ShapleySampling.self, ["permutations": "400"], score, subject)
    let error = try #require(Self.number(relevance, "standard_error_max"))
    #expect(error < 0.05)
    for (ours, exact) in zip(relevance.map.values, SamplingReference.shapley) {
      #expect(abs(Double(ours) - exact) < 4 * error + 1e-5)
    }
    #expect(abs(try #require(Self.number(relevance, "additivity_residual"))) < 1e-9)
  }

  /// (a·x)(b·x) with d = x and nothing else there: φ_i = ½·d_i·(a_i·b·d + b_i·a·d).
  @Test(arguments: ["kernel-shap", "shapley-sampling"])
  func `a product of two sums has the Shapley values of the formula`(_ method: String) throws {
    let (a, b): ([Float], [Float]) = ([1, -0.5, 0.25, 2, 0.5], [0.5, 1, -1, 0.25, 2])
    let image: [Float] = [1, 2, -1, 0.5, 1.5]
    let score = try Self.score(voxels: 5) { sketch, flat in
      let factors = [Self.dense(&sketch, flat, a, bias: [0]), Self.dense(&sketch, flat, b, bias: [0])]
      return sketch.add("Mul", factors)
    }
    // A pair of an order and its reverse is exact where only pairs of features interact.
    let relevance = try Self.map(
      MethodCatalogue.method(named: method), method == "kernel-shap" ? [:] : ["permutations": "2"], score,
      Self.subject(image, labels: Array(1...5)))
    let (sumA, sumB) = (zip(a, image).reduce(0) { $0 + $1.0 * $1.1 }, zip(b, image).reduce(0) { $0 + $1.0 * $1.1 })
    for (i, found) in relevance.map.values.enumerated() {
      #expect(abs(found - 0.5 * image[i] * (a[i] * sumB + b[i] * sumA)) < 1e-5)
    }
  }

  @Test func `regions share their value and the unlabelled rest stays`() throws {
    let weights: [Float] = [1, 2, 3, 4, 5, 6]
    let score = try Self.score(voxels: 6) { Self.dense(&$0, $1, weights, bias: [0]) }
    let subject = Self.subject([1, 1, 1, 1, 1, 1], labels: [7, 7, 0, 2, 2, 0])
    for method in [KernelShap.self, ShapleySampling.self] as [any AttributionMethod.Type] {
      let relevance = try Self.map(method, [:], score, subject)
      for (found, wanted) in zip(relevance.map.values, [1.5, 1.5, 0, 4.5, 4.5, 0] as [Float]) {
        #expect(abs(found - wanted) < 1e-5)
      }
      #expect(relevance.measure == .extensive)
      #expect(Self.number(relevance, "score_of_none") == 9)
    }
  }

  @Test func `one region has the whole difference`() throws {
    let score = try Self.score(voxels: 3) { Self.dense(&$0, $1, [1, 2, 3], bias: [0]) }
    for method in [KernelShap.self, ShapleySampling.self] as [any AttributionMethod.Type] {
      #expect(
        try Self.map(method, [:], score, Self.subject([1, 1, 1], labels: [0, 4, 4])).map.values == [0, 2.5, 2.5])
    }
  }

  @Test(arguments: ["lime", "kernel-shap", "shapley-sampling", "rise"])
  func `the same seed gives the same map, another seed another`(_ method: String) throws {
    let (score, subject) = try Self.reference()
    let type = try MethodCatalogue.method(named: method)
    let options = method == "shapley-sampling" ? [:] : method == "rise" ? ["masks": "50"] : ["samples": "60"]
    let maps = try ["5", "5", "6"].map { seed in
      try Self.map(type, options.merging(["seed": seed]) { $1 }, score, subject).map.values
    }
    #expect(maps[0] == maps[1])
    #expect(maps[0] != maps[2])
  }

  @Test func `too few samples are refused`() throws {
    let (score, subject) = try Self.reference()
    let error = #expect(throws: PellucidError.self) {
      _ = try Self.map(KernelShap.self, ["samples": "4"], score, subject)
    }
    #expect(error?.kind == .usage)
  }

  /// For a linear score the Shapley value of a voxel is w·(x − fill).
  @Test(arguments: ["kernel-shap", "shapley-sampling"], ["mean", "0.5", "blur"])
  func `absent features take the fill that occlusion has`(_ name: String, _ fill: String) throws {
    let (weights, image): ([Float], [Float]) = ([1, -2, 0.5, 3], [2, 1, -1, 4])
    let score = try Self.score(voxels: 4) { Self.dense(&$0, $1, weights, bias: [0.25]) }
    let subject = Self.subject(image, labels: Array(1...4))
    let relevance = try Self.map(
      try MethodCatalogue.method(named: name),
      ["fill": fill, "sigma": "1"].filter {
        fill == "blur" || $0.key == "fill"
      }, score, subject)
    let blurred = image.indices.map { place in
      // exp(−d²/2)
      let near = image.indices.map { [1, 0.6065306597, 0.1353352832, 0.0111089965][abs($0 - place)] }
      return zip(near, image).reduce(0) { $0 + $1.0 * Double($1.1) } / near.reduce(0, +)
    }
    for place in 0..<4 {
      let filled = fill == "mean" ? 1.5 : fill == "0.5" ? 0.5 : blurred[place]
      let wanted = Double(weights[place]) * (Double(image[place]) - filled)
      #expect(abs(Double(relevance.map.values[place]) - wanted) < 1e-5)
    }
    #expect(relevance.facts.contains { $0.name == "fill" })
  }

  @Test(arguments: ["lime", "kernel-shap", "shapley-sampling", "region-interaction"])
  func `a soft border reaches the neighbours`(_ name: String) throws {
    let score = try Self.score(voxels: 4) { Self.dense(&$0, $1, [1, -2, 0.5, 3], bias: [0.25]) }
    let subject = Self.subject([2, 1, -1, 4], labels: [1, 1, 2, 0])
    let method = try MethodCatalogue.method(named: name)
    let hard = try Self.map(method, ["fill": "0"], score, subject).map.values
    let soft = try Self.map(method, ["fill": "0", "feather": "2"], score, subject).map.values
    #expect(zip(hard, soft).contains { abs($0 - $1) > 1e-3 })
  }

  @Test func `rise fades to the fill and has no soft border`() throws {
    #expect(!Rise.options.contains { $0.name == "feather" })
    let score = try Self.score(voxels: 4) { Self.dense(&$0, $1, [1, -2, 0.5, 3], bias: [0]) }
    let subject = Self.subject([2, 2, 2, 2], labels: nil)
    // Masks that fade to the mean of a constant image change nothing.
    let map = try Self.map(Rise.self, ["masks": "20", "cells": "2", "fill": "mean"], score, subject)
    var random = UniformNumbers(seed: 0)
    let masks = (0..<20).map { _ in SmoothMask(&random, cells: 2, extents: [1, 1, 4], probability: 0.5).values }
    for voxel in 0..<4 {
      let wanted = masks.reduce(0) { $0 + $1[voxel] } * 5 / 10
      #expect(abs(map.map.values[voxel] - wanted) < 1e-5)
    }
  }

  @Test func `a fill that the scan equals everywhere is refused`() throws {
    let score = try Self.score(voxels: 3) { Self.dense(&$0, $1, [1, 2, 3], bias: [0]) }
    let error = #expect(throws: PellucidError.self) {
      _ = try Self.map(Lime.self, [:], score, Self.subject([0, 0, 0], labels: nil))
    }
    #expect(error?.kind == .badData)
  }
}

/// Pairs of regions.
@Suite struct RegionInteractionTests {
  /// For (a·x)(b·x) and the fill 0: I_ij = d_i·d_j·(a_i·b_j + a_j·b_i).
  @Test func `a product interacts as the formula says, a sum not at all`() throws {
    let (a, b): ([Float], [Float]) = ([1, -0.5, 0.25, 2], [0.5, 1, -1, 0.25])
    let image: [Float] = [1, 2, -1, 0.5]
    let product = try SamplingTests.score(voxels: 4) { sketch, flat in
      let factors = [a, b].map { SamplingTests.dense(&sketch, flat, $0, bias: [0]) }
      return sketch.add("Mul", factors)
    }
    let subject = SamplingTests.subject(image, labels: Array(1...4))
    let found = try SamplingTests.map(RegionInteraction.self, [:], product, subject)
    let matrix = try #require(found.matrix)
    #expect(matrix.labels == [1, 2, 3, 4])
    for i in 0..<4 {
      var mean = 0.0
      for j in 0..<4 where j != i {
        let wanted = Double(image[i] * image[j] * (a[i] * b[j] + a[j] * b[i]))
        #expect(abs(matrix.values[i][j] - wanted) < 1e-5)
        mean += wanted.magnitude / 3
      }
      #expect(abs(Double(found.map.values[i]) - mean) < 1e-5)
    }
    let sum = try SamplingTests.score(voxels: 4) { SamplingTests.dense(&$0, $1, a, bias: [1]) }
    let none = try #require(try SamplingTests.map(RegionInteraction.self, ["top": "2"], sum, subject).matrix)
    // The largest drops are |a·d| = 1, 1, 0.25, 1: the first two.
    #expect(none.labels == [1, 2])
    #expect(abs(none.values[0][1]) < 1e-6 && abs(none.values[1][0]) < 1e-6)
    #expect(abs(none.values[0][0] - 1) < 1e-6 && abs(none.values[1][1] + 1) < 1e-6)
  }
}
