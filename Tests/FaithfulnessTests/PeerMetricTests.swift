import FoundationEssentials
import PellucidAttribution
import PellucidFaithfulness
import PellucidNetworks
import PellucidTensors
import Testing

/// What `Tests/References/make_faithfulness_peers.py` made of the same network, map, boxes, sets and noises.
struct Peers: Decodable {
  struct Captum: Decodable { var infidelity, infidelity_weighted, sensitivity_max: Double }

  struct Quantus: Decodable {
    var features: String
    var count: Int
    var pixel_flipping: [Double]
    var monotonicity_correlation: Double
    var faithfulness_correlations: [Double]
    var max_sensitivity, sparseness, complexity, effective_complexity: Double
  }

  var captum: Captum
  var quantus: Quantus

  static func read() throws -> Peers {
    let bytes = try #require(FileManager.default.contents(atPath: Reference.folder + "peers.json"))
    return try JSONDecoder().decode(Peers.self, from: bytes)
  }
}

@Suite struct `Metrics are Captum's and Quantus', where theirs are the papers'` {
  private let silent = SilentProgress()

  private func isClose(_ one: Double?, _ other: Double) -> Bool { one.map { abs($0 - other) < 1e-4 } ?? false }

  @Test func `Captum's infidelity and sensitivity`() throws {
    let (reference, captum) = (try Reference.read(), try Peers.read().captum)
    let boxes = reference.boxes.map { Box(lower: [$0[0], $0[2], $0[4]], upper: [$0[1], $0[3], $0[5]]) }
    let plain = try Infidelity.measure(reference.map, by: reference.probe(), boxes, progress: silent)
    // The values are about 0.005: closer than the tolerance of all others.
    #expect(abs(try #require(plain.value) / captum.infidelity - 1) < 1e-4)
    let gradient = Relevance(reference.map.map, measure: .intensive)
    let map = TestedMap("g", gradient.map, from: .method(Saliency.self, gradient, .logit) { _ in gradient })
    let weighted = try Infidelity.measure(map, by: reference.probe(), boxes, progress: silent)
    #expect(abs(try #require(weighted.value) / captum.infidelity_weighted - 1) < 1e-4)
    let again = try MaxSensitivity.measure(
      reference.map(GradientTimesInput()), by: reference.probe(), count: reference.noises.count, progress: silent
    ) { Tensor(reference.noises[$0], shape: Shape(reference.shape)) }
    #expect(isClose(again.value, captum.sensitivity_max))
    #expect(isClose(again.value, try Peers.read().quantus.max_sensitivity))
  }

  @Test func `Quantus' pixel flipping, monotonicity and correlations`() throws {
    let (reference, quantus) = (try Reference.read(), try Peers.read().quantus)
    let probe = try reference.probe(FeatureKind(quantus.features), steps: quantus.count)
    #expect(probe.featureCount == quantus.count)
    let curve = try #require(Deletion.measure(reference.map, by: probe, progress: silent).curve?.scores)
    #expect(curve.count == quantus.pixel_flipping.count + 1)
    for (one, other) in zip(curve.dropFirst(), quantus.pixel_flipping) { #expect(isClose(one, other)) }
    let monotonicity = try Monotonicity.measure(reference.map, by: probe, progress: silent)
    #expect(isClose(monotonicity.value, quantus.monotonicity_correlation))
    let wanted = try #require(reference.cases.first { $0.features == quantus.features })
    #expect(wanted.sets.count == quantus.faithfulness_correlations.count)
    for (members, correlation) in zip(wanted.sets, quantus.faithfulness_correlations) {
      let sets = members.map { own in
        var set = Coalition(wanted.count, allThere: false)
        for member in own { set[member] = true }
        return set
      }
      let drops = try probe.scores(filling: sets, progress: silent).map { probe.original - $0 }
      #expect(isClose(SensitivityN.value(reference.map.sums(probe.features), [sets], [drops]).value, correlation))
    }
  }

  @Test func `Quantus' sparseness and complexity`() throws {
    let (reference, quantus) = (try Reference.read(), try Peers.read().quantus)
    let (map, probe) = (reference.map, try reference.probe())
    #expect(isClose(try Sparseness.measure(map, by: probe, progress: silent).value, quantus.sparseness))
    #expect(isClose(try Complexity.measure(map, by: probe, progress: silent).value, quantus.complexity))
    #expect(
      isClose(try EffectiveComplexity.measure(map, by: probe, progress: silent).value, quantus.effective_complexity))
  }
}
