import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import Testing

/// Composites as YAML files.
@Suite struct `A composite file` {
  @Test func `says which nodes get which rule`() throws {
    let card = try CompositeRecipe(
      yaml: """
        base: epsilon
        rules:
          - {kind: convolution, position: first, rule: z-box, low: -3, high: 6}
          - {kind: [convolution, dense], depth: [0, 0.5], rule: gamma, gamma: 0.5, bias: false}
          - node: ["/layer4/*", /fc/Gemm]
            operator: Gemm
            rule: epsilon
            epsilon: 0.01
        """, file: "mine.yaml")
    #expect(card.base == "epsilon")
    #expect(card.entries.map(\.place) == ["rules[0]", "rules[1]", "rules[2]"])
    #expect(card.entries.map(\.rule) == ["z-box", "gamma", "epsilon"])
    #expect(card.entries[0].position == "first")
    #expect(card.entries[0].parameters == ["low": -3, "high": 6])
    #expect(card.entries[1].kinds == ["convolution", "dense"])
    #expect(card.entries[1].depth == [0, 0.5])
    #expect(card.entries[1].bias == false)
    #expect(card.entries[2].nodes == ["/layer4/*", "/fc/Gemm"])
    #expect(card.entries[2].operators == ["Gemm"])
  }

  @Test(
    arguments: [
      ("", "mine.yaml: the composite file has no rules; list them under rules:, each with the nodes that get it"),
      ("base: epsilon", "mine.yaml: the composite file has no rules"),
      ("rule: []", "mine.yaml, rule: a composite file has no such key; did you mean rules?"),
      (
        "rules: [{kind: dense, rul: flat}]",
        "mine.yaml, rules[0].rul: a composite file has no such key; did you mean rule?"
      ),
      ("rules: [{rule: flat}]", "mine.yaml, rules[0].node: the composite file's value does not fit"),
      ("rules: [{kind: dense}]", "mine.yaml, rules[0].rule: the composite file's value does not fit"),
      ("rules: [{kind: dense, rule: gamma, gamma: much}]", "mine.yaml, rules[0].gamma"),
      ("rules: [{kind: dense, rule: flat, position: frist}]", "did you mean first?"),
      ("rules: [{rule: flat, depth: [0.5, 0.2]}]", "two fractions between 0 and 1"),
      ("rules: [{rule: flat, depth: 3}]", "two fractions between 0 and 1"),
      ("rules: 3", "a list, each item behind a dash"),
      ("rules: [", "the composite file is not YAML"),
    ])
  func `that says something else is refused with its place`(_ yaml: String, _ words: String) {
    #expect {
      _ = try CompositeRecipe(yaml: yaml, file: "mine.yaml")
    } throws: { error in
      let error = error as? PellucidError
      return error?.kind == .badData && error?.line.contains(words) == true
    }
  }

  @Test func `that is missing is refused`() {
    #expect {
      _ = try CompositeRecipe(contentsOf: "/nowhere/mine.yaml")
    } throws: { ($0 as? PellucidError)?.line.contains("the composite file cannot be read") == true }
  }
}
