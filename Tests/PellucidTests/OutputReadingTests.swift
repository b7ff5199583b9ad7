import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidResults
import PellucidVolumes
import Testing

/// What outputs are taken for, against ONNX Runtime's answers (`Tests/References/make_heads.py`).
@Suite struct OutputReadingTests {
  let bench: Workbench
  let scan: ScanReference
  let answers: [String: [String: [Double]]]

  init() throws {
    bench = try Workbench()
    scan = try bench.scan([4, 5, 6])
    let path = String(#filePath.dropLast("OutputReadingTests.swift".count)) + "Fixtures/heads.json"
    let data = try #require(FileManager.default.contents(atPath: path))
    answers = try JSONDecoder().decode([String: [String: [Double]]].self, from: data)
  }

  private func prepared(_ head: String, card: String? = nil, target: String? = nil) throws -> Explainer.Case {
    try Explainer(bench.classifier("head_" + head, card: card)) { $0.target = target }.prepare(scan)
  }

  private func output(_ head: String, _ name: String = "y") throws -> [Double] {
    try #require(answers[head]?[name])
  }

  private func expect(_ found: [Float]?, _ wanted: [Double], _ tolerance: Double = 2e-6, _ name: String = "") {
    let found = found ?? []
    #expect(found.count == wanted.count, "\(name)")
    for (a, b) in zip(found, wanted) { #expect(abs(Double(a) - b) <= tolerance * max(1, abs(b)), "\(name): \(a) \(b)") }
  }

  @Test(
    arguments: [
      "softmax", "sigmoid", "softmax_clip", "softmax_cut", "ensemble", "one_minus_p", "exp_over_sum", "half_tanh",
      "sigmoid_times_one",
    ],
    [nil, "output: {activation: none}\n"])
  func `probabilities are the outputs, whatever the card says of nothing`(head: String, card: String?) throws {
    let subject = try prepared(head, card: card)
    let wanted = try output(head)
    expect(subject.probabilities, wanted, 2e-6, head)
    #expect(subject.classes.haveProbabilities)
    if wanted.count > 1 { #expect(subject.predicted == wanted.indices.max { wanted[$0] < wanted[$1] }) }
    // Only where structure does not decide is something assumed, and said, and the card settles it.
    let warnings = subject.warnings.filter { $0.how.contains("output.activation") }
    #expect(warnings.count == (head == "softmax_cut" && card == nil ? 1 : 0), "\(head) \(warnings)")
    let isSplit = ["softmax", "sigmoid", "softmax_clip", "sigmoid_times_one"].contains(head)
    #expect(subject.notes.contains { $0.what.contains("probabilit") && $0.how.contains("log p") } != isSplit, "\(head)")
  }

  @Test(arguments: ["sigmoid", "half_tanh", "sigmoid_times_one"])
  func `one probability for two named classes`(head: String) throws {
    for activation in ["", ", activation: none", ", activation: sigmoid"] {
      let subject = try prepared(head, card: "output: {classes: [CN, AD]\(activation)}\n")
      let p = try output(head)[0]
      expect(subject.probabilities, [1 - p, p], 2e-6, head)
      #expect(subject.scores[0] == -subject.scores[1] && subject.predicted == 1)
      #expect(abs(Double(subject.scores[1]) - log(p / (1 - p))) < 1e-4)
    }
  }

  /// What a window takes from a probability is the difference of probabilities, not of ones squashed twice.
  @Test(arguments: ["softmax_cut", "ensemble", "one_minus_p", "exp_over_sum", "half_tanh"])
  func `occlusion is of the outputs themselves`(head: String) throws {
    let classifier = try bench.classifier("head_" + head)
    let map = try Explainer(classifier).explanation(scan, "occlusion", ["patch": "6", "stride": "6"])
    let plain = try bench.classifier("head_" + head, card: "output: {kind: regression}\n")
    let raw = try Explainer(plain) { $0.target = map.target.name }.explanation(
      scan, "occlusion", ["patch": "6", "stride": "6"])
    #expect(map.scoreName == "probability" && raw.scoreName == "score" && raw.scoreKind == .logit)
    for (a, b) in zip(map.volume.voxels, raw.volume.voxels) { #expect(abs(a - b) < 2e-6) }
    #expect(abs(map.volume.voxels[0]) > 1e-3)
  }

  @Test func `logits of classes are what they were`() throws {
    let subject = try prepared("logits")
    expect(subject.scores, try output("logits"), 1e-5)
    expect(subject.probabilities, try output("softmax"))
    #expect(subject.warnings.isEmpty)
    // The card may say that they are the answer.
    let plain = try prepared("logits", card: "output: {activation: none}\n")
    #expect(!plain.classes.haveProbabilities && plain.probabilities == nil && plain.predicted == 1)
    expect(plain.scores, try output("logits"), 1e-5)
    let none = try bench.classifier("head_logits", card: "output: {activation: none}\n")
    #expect(Explainer(none).heads(of: plain)[0].probabilities == nil)
  }

  @Test func `an assumption that bounds put in doubt is told`() throws {
    let doubt = try prepared("rectified").warnings
    #expect(doubt.count == 1 && doubt[0].what == "the outputs never lie below 0")
    #expect(doubt[0].how.contains("logits of a softmax") && doubt[0].how.contains("output.activation"))
    for activation in ["softmax", "sigmoid", "none"] {
      #expect(try prepared("rectified", card: "output: {activation: \(activation)}\n").warnings.isEmpty)
    }
    // Values in 0…1 that the card calls logits are logits.
    let cut = try prepared("softmax_cut", card: "output: {activation: softmax}\n")
    let z = try output("softmax_cut")
    let sum = z.reduce(0) { $0 + exp($1) }
    expect(cut.probabilities, z.map { exp($0) / sum })
    #expect(cut.warnings.isEmpty)
  }

  @Test func `what the graph contradicts is refused`() throws {
    for (head, activation) in [("softmax_clip", "sigmoid"), ("half_tanh", "softmax"), ("sigmoid_times_one", "softmax")]
    {
      let error = fault { _ = try prepared(head, card: "output: {activation: \(activation)}\n") }
      #expect(error?.place.part == "output.activation", "\(head)")
    }
    // The same values, whichever of the two made them.
    let card = "output: {activation: sigmoid}\n"
    expect(try prepared("one_minus_p", card: card).probabilities, try output("one_minus_p"))
  }

  @Test func `a regression has a score and no probability, also through a sigmoid`() throws {
    for head in ["age", "sigmoid", "half_tanh"] {
      let subject = try prepared(head, card: "output: {kind: regression}\n")
      expect(subject.scores, try output(head), 1e-5, head)
      #expect(!subject.classes.haveProbabilities && subject.warnings.isEmpty)
    }
    let classifier = try bench.classifier("head_age", card: "output: {kind: regression}\n")
    let map = try Explainer(classifier) { $0.score = .probability }.explanation(scan, "occlusion", ["patch": "3"])
    #expect(map.scoreKind == .logit && map.scoreName == "score")
    #expect(map.relevance.notes.contains { $0.what.contains("no probabilities") })
  }

  @Test func `all heads answer by name`() throws {
    let explainer = Explainer(try bench.classifier("head_two"))
    let heads = explainer.heads(of: try explainer.prepare(scan))
    #expect(heads.map(\.name) == ["y", "age", "map"])
    expect(heads[0].probabilities, try output("two"))
    expect(heads[1].scores, try output("two", "age"), 1e-5)
    #expect(heads[1].probabilities == nil && heads[1].lacking == nil)
    #expect(heads[2].classes == nil && heads[2].lacking?.contains("the output map is not one value a class") == true)
    for (target, wanted) in [
      ("age", "write output:age"), ("agee", "did you mean output:age?"), ("y", "write output:y"),
    ] {
      let asked = Explainer(explainer.classifier) { $0.target = target }
      let error = fault { _ = try asked.explanation(scan, "saliency") }
      #expect(error?.kind == .usage && error?.line.contains(wanted) == true, "\(error?.line ?? "no error")")
    }
    let map = Explainer(explainer.classifier) { $0.target = "output:map" }
    #expect(fault { _ = try map.explanation(scan, "saliency") }?.line.contains("unit:map:CHANNEL") == true)
  }

  @Test func `an output at many places is refused, but for a channel's mean`() throws {
    let error = fault { _ = try prepared("segmentation") }
    #expect(error?.kind == .badData && error?.line.contains("output.name in the model card (class)") == true)
    #expect(error?.line.contains("unit:y:CHANNEL") == true)
    for channel in 0..<3 {
      let explainer = Explainer(try bench.classifier("head_segmentation")) { $0.target = "unit:y:\(channel)" }
      let map = try explainer.explanation(scan, "saliency")
      #expect(abs(map.score - (try output("segmentation", "means")[channel])) < 1e-5)
    }
    let named = try prepared("segmentation", card: "output: {name: class}\n")
    expect(named.scores, try output("segmentation", "class"), 1e-5)
  }

  @Test func `a baseline that the network has no answer for is named, and those that it has one for`() throws {
    let classifier = try bench.classifier("head_standardized")
    for method in ["integrated-gradients", "deeplift"] {
      let error = fault { _ = try Explainer(classifier).explanation(scan, method) }
      #expect(error?.line.contains("no number for the baseline 0") == true, "\(method) \(error?.line ?? "no error")")
      #expect(error?.line.contains("`baseline` blur") == true && error?.line.contains("`baseline` 1 ") == false)
      #expect(error?.line.contains("scan.nii.gz") == false)
      _ = try Explainer(classifier).explanation(scan, method, ["baseline": "blur", "sigma": "2"])
    }
  }

  @Test func `raw intensities that leave no doubt are warned of`() throws {
    let raw = try bench.scan([4, 5, 6], as: "raw.nii.gz") { i, j, k, _ in Float((7 * i + 5 * j + 3 * k) % 11) * 90 }
    func warnings(_ card: String?) throws -> [Note] {
      try Explainer(bench.classifier("head_logits", card: card)).prepare(raw).warnings
    }
    #expect(try warnings("name: cnn\n").contains { $0.how.contains("input.normalization") })
    #expect(try warnings("input: {normalization: zscore}\n").isEmpty)
    #expect(try prepared("logits").warnings.isEmpty)
  }

  @Test func `joined latent factors add up`() throws {
    func score(_ target: String) throws -> Double {
      try Explainer(bench.classifier("encoder")) { $0.target = target }.explanation(scan, "saliency").score
    }
    #expect(isClose(try score("latent:0+2"), try score("latent:0") + score("latent:2")))
    #expect(fault { _ = try score("latent:0+3") }?.line.contains("no latent factor 3") == true)
  }
}
