import Attribution
import Faults
import Networks
import OnnxFormat
import Tensors
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
    var values = OptionValues()
    values.recipe = CompositeRecipe(file: "mine.yaml", base: base, entries: entries)
    let reference = try References.network("plain")
    return try RelevancePropagation(values).relevance(
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
      ("epsilon", ["epsilon": -1], nil, "at least 0"), ("flat", [:], "epsilon-pluss", "did you mean epsilon-plus"),
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

  @Test func `Contrast needs two classes; of one logit for two it is both`() throws {
    let reference = try References.network("twochannel")
    #expect(
      fault { _ = try reference.relevance("lrp", ["relevance-start": "contrastive"]) }?.line.contains(
        "needs a second class") == true)
    let method = try RelevancePropagation(OptionValues(["relevance-start": "contrastive"]))
    let found = try method.relevance(
      of: reference.subject(), to: reference.score([0, 1], .logit, names: ["CN", "AD"]), progress: SilentProgress())
    #expect(
      abs((number("relevance_of_outputs", of: found) ?? .nan) - 2 * Double(reference.logits[0])) < 1e-5)
  }
}
