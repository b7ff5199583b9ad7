import FoundationEssentials
import PellucidAttribution
import PellucidFaithfulness
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import Testing

@Suite struct `Metrics are those of numpy and ONNX Runtime` {
  private let silent = SilentProgress()

  @Test(arguments: Reference.all?.cases ?? [])
  func `curves and their areas`(_ wanted: Reference.Case) throws {
    let reference = try Reference.read()
    let probe = try reference.probe(FeatureKind(wanted.features), steps: wanted.steps)
    #expect(probe.featureCount == wanted.count)
    #expect(abs(probe.original - reference.score) < 1e-6)
    let map = reference.map
    let curves: [(any FaithfulnessMetric.Type, [Double])] = [
      (Deletion.self, wanted.deletion), (LeastRelevantFirst.self, wanted.lerf), (Insertion.self, wanted.insertion),
    ]
    for (place, (metric, curve)) in curves.enumerated() {
      let found = try metric.measure(map, by: probe, progress: silent)
      let scores = try #require(found.curve?.scores)
      #expect(scores.count == curve.count)
      for (one, other) in zip(scores, curve) { #expect(abs(one - other) < 1e-5, "\(metric.name)") }
      #expect(abs(try #require(found.value) - wanted.areas[place]) < 1e-5, "\(metric.name)")
    }
    let gain = try #require(SymmetricGain.measure(map, by: probe, progress: silent).value)
    #expect(abs(gain - (wanted.areas[1] - wanted.areas[0])) < 1e-5)
  }

  @Test(arguments: Reference.all?.cases ?? [])
  func `sensitivity-n and monotonicity`(_ wanted: Reference.Case) throws {
    let probe = try Reference.read().probe(FeatureKind(wanted.features))
    let map = try Reference.read().map
    #expect(SensitivityN.sizes(of: wanted.count) == wanted.sizes)
    let sets = wanted.sets.map { size in
      size.map { members in
        var set = Coalition(wanted.count, allThere: false)
        for member in members { set[member] = true }
        return set
      }
    }
    let drops = try sets.map { own in
      try probe.scores(filling: own, progress: silent).map { probe.original - $0 }
    }
    let found = SensitivityN.value(map.sums(probe.features), sets, drops)
    #expect(abs(try #require(found.value) - wanted.sensitivity_n) < 1e-4)
    let monotonicity = try #require(Monotonicity.measure(map, by: probe, progress: silent).value)
    #expect(abs(monotonicity - wanted.monotonicity) < 1e-4)
  }

  @Test func `infidelity of parts of the score and of gradients`() throws {
    let reference = try Reference.read()
    let boxes = reference.boxes.map { Box(lower: [$0[0], $0[2], $0[4]], upper: [$0[1], $0[3], $0[5]]) }
    let plain = try Infidelity.measure(reference.map, by: reference.probe(), boxes, progress: silent)
    #expect(abs(try #require(plain.value) - reference.infidelity) < 1e-6)
    #expect(plain.repetitions == boxes.count)
    // The same values as a gradient's.
    let gradient = Relevance(reference.map.map, measure: .intensive)
    let map = TestedMap("g", gradient.map, from: .method(Saliency.self, gradient, .logit) { _ in gradient })
    let weighted = try Infidelity.measure(map, by: reference.probe(), boxes, progress: silent)
    #expect(abs(try #require(weighted.value) - reference.infidelity_weighted) < 1e-6)
  }

  @Test func `sparseness, complexity and completeness`() throws {
    let reference = try Reference.read()
    let (map, probe) = (reference.map, try reference.probe())
    func value(_ metric: any FaithfulnessMetric.Type, _ map: TestedMap) throws -> Double {
      try #require(metric.measure(map, by: probe, progress: silent).value)
    }
    #expect(abs(try value(Sparseness.self, map) - reference.sparseness) < 1e-9)
    #expect(abs(try value(Complexity.self, map) - reference.complexity) < 1e-9)
    #expect(try value(EffectiveComplexity.self, map) == reference.effective_complexity)
    #expect(abs(try value(Completeness.self, map) / reference.completeness - 1) < 1e-4)
    let gradient = try reference.map(GradientTimesInput())
    #expect(abs(try value(Completeness.self, gradient) - reference.completeness_gradient) < 1e-4)
    // Relevance propagation with ε = 0 and no bias would be exact; a gradient's values do not add up.
    #expect(try Completeness.measure(reference.map(Saliency()), by: probe, progress: silent).value == nil)
  }

  @Test func `max-sensitivity`() throws {
    let reference = try Reference.read()
    let map = try reference.map(GradientTimesInput())
    let found = try MaxSensitivity.measure(map, by: reference.probe(), count: reference.noises.count, progress: silent)
    {
      Tensor(reference.noises[$0], shape: Shape(reference.shape))
    }
    #expect(abs(try #require(found.value) - reference.max_sensitivity) < 1e-4)
    #expect(try MaxSensitivity.measure(reference.map, by: reference.probe(), progress: silent).value == nil)
  }
}

@Suite struct `The imputation of ROAD` {
  @Test func `is SciPy's direct solution`() throws {
    let reference = try Reference.read()
    let road = Road(Tensor(reference.image, shape: Shape(reference.shape)), seed: 0)
    let place = Perturbation.Place.voxels(reference.hole, within: Box(whole: Array(reference.shape[2...])))
    for (one, other) in zip(road.imputed(place), reference.imputed) { #expect(abs(one - other) < 1e-4) }
  }

  @Test func `adds a hundredth of the image's noise, the same for the same seed`() throws {
    let reference = try Reference.read()
    let image = Tensor(reference.image, shape: Shape(reference.shape))
    let place = Perturbation.Place.voxels(reference.hole, within: Box(whole: Array(reference.shape[2...])))
    func values(_ seed: Int) -> [Float] {
      guard case .image(let filled) = Road(image, seed: seed).values(filling: place) else { return [] }
      return filled.ordered(.rowMajor).values
    }
    let (first, again, other) = (values(3), values(3), values(4))
    #expect(first == again)
    #expect(first != other)
    let imputed = Road(image, seed: 3).imputed(place)
    let noise = zip(first, imputed).map { Double($0 - $1) }.filter { $0 != 0 }
    #expect(noise.count == 2 * reference.hole.count)
    let spread = (noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)).squareRoot()
    #expect(spread > 0.007 && spread < 0.013)
  }

  @Test func `becomes the mean where nothing is left, and fills curves`() throws {
    let reference = try Reference.read()
    let image = Tensor(reference.image, shape: Shape(reference.shape))
    let all = Road(image, seed: 0).imputed(.box(Box(whole: Array(reference.shape[2...]))))
    #expect(Set(all).count == reference.shape[1])
    let probe = try reference.probe(fill: .road(seed: 0))
    let found = try Deletion.measure(reference.map, by: probe, progress: SilentProgress())
    #expect(found.curve?.scores.count == 21)
    #expect(abs(try #require(found.curve?.scores.first) - reference.score) < 1e-6)
  }
}

@Suite struct `A probe asks no more than it must` {
  private let silent = SilentProgress()

  @Test func `several maps share what none has a part in`() throws {
    let reference = try Reference.read()
    let probe = try reference.probe(.patches(3))
    let metrics: [any FaithfulnessMetric.Type] = [SensitivityN.self, Monotonicity.self, Infidelity.self]
    for metric in metrics { _ = try metric.measure(reference.map, by: probe, progress: silent) }
    let once = probe.passes
    for metric in metrics { _ = try metric.measure(reference.map(GradientTimesInput()), by: probe, progress: silent) }
    #expect(probe.passes == once)
    let told = FaithfulnessCatalogue.passes(of: metrics, probe.settings, features: probe.featureCount, maps: 2)
    #expect(told.reduce(0) { $0 + $1.passes } == once)
  }

  @Test func `srg walks no curve again, and what is told is what is run`() throws {
    let reference = try Reference.read()
    let probe = try reference.probe(.voxels)
    let metrics: [any FaithfulnessMetric.Type] = [Deletion.self, LeastRelevantFirst.self, SymmetricGain.self]
    let map = reference.map
    for metric in metrics { _ = try metric.measure(map, by: probe, progress: silent) }
    #expect(probe.passes == 2 * 19 + 1)
    let told = FaithfulnessCatalogue.passes(of: metrics, probe.settings, features: probe.featureCount, maps: 1)
    #expect(told.map(\.passes).reduce(0, +) >= probe.passes)
    #expect(told.map(\.passes).reduce(0, +) <= probe.passes + 2)
  }

  @Test func `what is over the budget is refused with the features that fit`() throws {
    var settings = FaithfulnessProbe.Settings()
    settings.features = .voxels
    let error = #expect(throws: PellucidError.self) {
      try FaithfulnessCatalogue.check(
        budget: 20_000, [Monotonicity.self], settings, features: 8_529_829, maps: 1, extents: [193, 229, 193])
    }
    #expect(error?.kind == .usage)
    #expect(error?.line.contains("8529829 passes") == true)
    #expect(error?.remedy.contains("patch:8") == true)
  }
}

@Suite struct `The documentation of metrics` {
  @Test func `has a row for every metric of the catalogue, and no other`() throws {
    let path = Reference.folder.replacing("Tests/FaithfulnessTests/Fixtures/", with: "docs/evaluation.md")
    let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
    let part = try #require(text.split(separator: "\n## ").first { $0.hasPrefix("Faithfulness") })
    let names = part.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
      String($0.dropFirst(3).prefix { $0 != "`" })
    }
    #expect(names.sorted() == FaithfulnessCatalogue.metrics.map { $0.name }.sorted())
  }
}

@Suite struct `Features and names` {
  @Test func `are read and refused`() throws {
    for text in ["voxels", "patch:8", "regions", "supervoxels", "supervoxels:50"] {
      #expect(try FeatureKind(text).name == text)
    }
    for text in ["patch", "patch:0", "voxel", "supervoxels:1", "regions:2", ""] {
      #expect(throws: PellucidError.self) { try FeatureKind(text) }
    }
    let error = #expect(throws: PellucidError.self) { try FaithfulnessCatalogue.metrics(named: "deletion,insertoin") }
    #expect(error?.line.contains("did you mean insertion?") == true)
    #expect(try FaithfulnessCatalogue.metrics(named: "srg, deletion").map { $0.name } == ["deletion", "srg"])
  }

  @Test func `a random subset has its size, and each feature its chance`() {
    var counts = [Int](repeating: 0, count: 10)
    for place in 0..<2000 {
      var numbers = RandomSets(seed: 5).numbers(0, place)
      let set = RandomSets.subset(3, of: 10, &numbers)
      #expect(set.size == 3)
      for feature in 0..<10 where set[feature] { counts[feature] += 1 }
    }
    for count in counts { #expect(abs(count - 600) < 120) }
  }
}
