import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Composites written by hand: which node gets which rule, and what is refused.
@Suite struct CompositeTests {
  /// Names of nodes with the rules that they got.
  private func rules(_ entries: [CompositeRecipe.Entry], base: String? = nil) throws -> [(node: String, rule: String)] {
    let found = try relevance(entries, base: base)
    guard case .table(let table)? = found.facts.first(where: { $0.name == "rules" })?.value else { return [] }
    return table.rows.compactMap { row in
      guard case .text(let node) = row[0], case .text(let rule) = row[2] else { return nil }
      return (node, rule)
    }
  }

  private func relevance(_ entries: [CompositeRecipe.Entry], base: String? = nil) throws -> Relevance {
    let recipe = CompositeRecipe(file: "mine.yaml", base: base, entries: entries)
    let reference = try References.network("plain")
    return try RelevancePropagation(composite: .recipe(recipe)).relevance(
      of: reference.subject(), to: reference.score(), progress: SilentProgress())
  }

  private func entry(_ rule: String, _ change: (inout CompositeRecipe.Entry) -> Void) -> CompositeRecipe.Entry {
    var entry = CompositeRecipe.Entry(place: "rules[0]", rule: rule)
    change(&entry)
    return entry
  }

  private func rule(_ name: String, _ rules: [(node: String, rule: String)]) -> String? {
    rules.first { $0.node == name }?.rule
  }

  @Test func `Position, depth, kind, operator and name pick nodes; the first entry that fits wins`() throws {
    let found = try rules([
      entry("z-box") {
        $0.position = "first"
        $0.parameters = ["low": -3, "high": 3]
      },
      entry("flat") { $0.position = "last" },
      entry("gamma") {
        $0.kinds = ["convolution"]
        $0.parameters = ["gamma": 0.5]
      },
      entry("alpha-beta") { $0.nodes = ["/fc?/*"] },
    ])
    #expect(rule("/conv1/Conv", found) == "z-box(low=-3.0, high=3.0)")
    #expect(rule("/conv2/Conv", found) == "gamma(gamma=0.5)")
    #expect(rule("/fc1/Gemm", found) == "alpha-beta(alpha=2.0, beta=1.0)")
    #expect(rule("/fc2/Gemm", found) == "flat")
    #expect(rule("/relu1/Relu", found) == "pass")
    let half = try rules([
      entry("epsilon") {
        $0.depth = [0, 0.4]
        $0.kinds = ["linear"]
        $0.parameters = ["epsilon": 0.5]
        $0.bias = false
      },
      entry("gradient") { $0.operators = ["Relu"] },
    ])
    #expect(rule("/conv1/Conv", half) == "epsilon(epsilon=0.5) without bias")
    #expect(rule("/conv2/Conv", half) == "epsilon(epsilon=0.5) without bias")
    #expect(rule("/fc1/Gemm", half) == "epsilon(epsilon=1e-06)")
    #expect(rule("/relu1/Relu", half) == "gradient")
  }

  @Test func `A recipe that says what a named composite does gives its map`() throws {
    let written = try relevance(
      [
        entry("flat") { $0.position = "first" }, entry("z-plus") { $0.kinds = ["convolution"] },
        entry("epsilon") { $0.kinds = ["dense"] },
      ], base: "epsilon")
    let named = try References.network("plain").relevance("lrp", ["composite": "epsilon-plus-flat"])
    #expect(relativeError(written.map.values, named.map.values) < 1e-7)
  }

  @Test func `An entry that fits nothing is reported`() throws {
    let found = try relevance([entry("gamma") { $0.nodes = ["/encoder/*"] }])
    #expect(found.notes.map(\.what) == ["mine.yaml, rules[0], fits no step of the network"])
    // A rule for linear layers leaves the pools alone that its entry also picks.
    #expect(try relevance([entry("gamma") { $0.kinds = ["pool"] }]).notes.count == 1)
  }

  @Test(
    arguments: [
      ("z-pluss", [:], nil, "mine.yaml, rules[0].rule: there is no rule z-pluss; did you mean z-plus"),
      ("z-plus", ["gamma": 1], nil, "mine.yaml, rules[0].gamma: the rule z-plus takes no gamma"),
      ("z-box", ["low": 1], nil, "mine.yaml, rules[0].high: the rule z-box needs high"),
      ("z-box", ["low": 1, "high": 0], nil, "low is not below high"),
      ("alpha-beta", ["alpha": 2, "beta": 2], nil, "let them differ by 1"),
      ("epsilon", ["epsilon": -1], nil, "at least 0"), ("gamma", ["gamma": 1e300], nil, "at most 1e6"),
      ("flat", [:], "epsilon-pluss", "did you mean epsilon-plus"),
    ] as [(String, [String: Double], String?, String)])
  func `What no rule says is refused in one line`(
    _ rule: String, _ parameters: [String: Double], _ base: String?, _ words: String
  ) throws {
    let error = fault {
      _ = try relevance(
        [
          entry(rule) {
            $0.kinds = ["linear"]
            $0.parameters = parameters
          }
        ], base: base)
    }
    #expect(error?.kind == .badData)
    #expect(error?.line.contains(words) == true, "\(error?.line ?? "no error")")
  }

  @Test func `An unknown kind is refused`() throws {
    let error = fault { _ = try relevance([entry("flat") { $0.kinds = ["convolutions"] }]) }
    #expect(error?.line == "mine.yaml, rules[0].kind: there is no kind convolutions; did you mean convolution?")
  }

  @Test func `An entry without a step says why`() throws {
    let found = try relevance([
      entry("z-plus") { $0.kinds = ["convolution"] },
      entry("pass") { $0.kinds = ["convolution"] },
      entry("gamma") { $0.operators = ["Conv"] },
    ])
    #expect(
      found.notes.map(\.what) == [
        "mine.yaml, rules[0], has a rule that applies to none of the steps it picks",
        "mine.yaml, rules[0], picks only steps that the entries before it have",
      ])
  }

  /// One logit z for two classes is a network with the outputs −z and z: by ε, both hand on what they are given to z.
  @Test func `One logit hands on what both of its classes are given`() throws {
    let reference = try References.network("twochannel")
    let z = reference.logits[0]
    func map(_ weights: [Float], _ start: String, _ kind: ScoreKind = .logit) throws -> Relevance {
      try RelevancePropagation(OptionValues(["relevance-start": start])).relevance(
        of: reference.subject(), to: reference.score(weights, kind, names: ["CN", "AD"]), progress: SilentProgress())
    }
    let unit = try map([0, 1], "one")
    let p = Double(reference.probabilities[0])
    for (weights, start, kind, wanted) in [
      ([1, 0], "one", .logit, 1), ([1, 0], "logit", .logit, -Double(z)), ([1, 0], "logit", .probability, 1 - p),
      ([0, 1], "logit", .probability, p), ([-1, 1], "logit", .probability, 2 * p - 1),
      ([1, 0], "softmax-gradient", .logit, p * (1 - p)), ([-1, 1], "logit", .logit, 2 * Double(z)),
    ] as [([Float], String, ScoreKind, Double)] {
      let found = try map(weights, start, kind)
      #expect(abs((number("relevance_of_outputs", of: found) ?? .nan) - wanted) < 1e-5, "\(weights) \(start)")
      #expect(relativeError(found.map.values, unit.map.scaled(by: Float(wanted)).values) < 1e-4)
      #expect(found.notes.isEmpty)
    }
    #expect(try map([-1, 1], "one").notes.map(\.what) == ["the outputs are given no relevance"])
  }

  @Test func `Contrast needs an output for each of two classes`() throws {
    let reference = try References.network("twochannel")
    for names in [nil, ["CN", "AD"]] {
      let error = fault {
        _ = try RelevancePropagation(OptionValues(["relevance-start": "contrastive"])).relevance(
          of: reference.subject(), to: reference.score(names == nil ? [1] : [0, 1], .logit, names: names),
          progress: SilentProgress())
      }
      #expect(error?.kind == .usage && error?.line.contains("single one") == true)
    }
  }
}
