import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidResults
import PellucidVolumes
import Testing

/// Targets beyond classes, against PyTorch's autograd (`Tests/References/make_targets.py`).
@Suite struct TargetTests {
  struct References: Decodable {
    struct Case: Decodable {
      var target: String
      var score: Double
      var gradient: [Float]
      var grad_cam: [Float]?
    }
    var bins: [Double]
    var cases: [Case]

    static func read() throws -> References {
      let path = String(#filePath.dropLast("TargetTests.swift".count)) + "Fixtures/targets.json"
      let data = try #require(FileManager.default.contents(atPath: path))
      return try JSONDecoder().decode(References.self, from: data)
    }
  }

  let bench: Workbench
  init() throws { bench = try Workbench() }

  static let card = "output: {kind: regression, bins: [42, 52, 62, 72, 82]}\n"

  /// The voxels i fastest, in the order in which the reference has them: k fastest.
  static func reordered(_ volume: Volume) -> [Float] {
    let shape = volume.shape
    return (0..<shape.i).flatMap { i in
      (0..<shape.j).flatMap { j in (0..<shape.k).map { k in volume.voxels[i + shape.i * (j + shape.j * k)] } }
    }
  }

  @Test func `scores, gradients and maps are autograd's`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("encoder", card: Self.card)
    for wanted in try References.read().cases {
      let explainer = Explainer(classifier) { $0.target = wanted.target }
      let gradient = try explainer.explanation(scan, "saliency")
      #expect(
        abs(gradient.score - wanted.score) < 1e-4 * max(1, abs(wanted.score)), "\(wanted.target) \(gradient.score)")
      let off = relativeError(Self.reordered(gradient.volume), wanted.gradient)
      #expect(off < 1e-4, "\(wanted.target): \(off)")
      if let cells = wanted.grad_cam {
        let map = try explainer.explanation(scan, "grad-cam", ["layer": "/conv2/Conv"])
        #expect(relativeError(Self.reordered(map.volume), cells) < 1e-3, "\(wanted.target)")
      }
    }
  }

  private static let targets = [
    "latent:1", "unit:/conv1/Conv:2", "output:z_mean:2", "output:bins:3", "output:bins:0-3", "expectation",
  ]

  /// Occlusion against the scores of scans of which a block is cleared; the sums of the others against the score, or its difference to
  /// that of a scan of zeros.
  @Test(arguments: targets)
  func `every family of methods explains them`(target: String) throws {
    let scan = try bench.scan([4, 5, 6])
    let empty = try bench.scan([4, 5, 6], as: "empty.nii.gz") { _, _, _, _ in 0 }
    let explainer = Explainer(try bench.classifier("encoder", card: Self.card)) { $0.target = target }

    let occlusion = try explainer.explanation(scan, "occlusion", ["patch": "2", "stride": "2"])
    for (a, b, c) in [(0, 0, 0), (2, 0, 2), (0, 2, 4)] {
      let cleared = try bench.scan([4, 5, 6], as: "cleared.nii.gz") { i, j, k, _ in
        (a..<a + 2).contains(i) && (b..<b + 2).contains(j) && (c..<c + 2).contains(k)
          ? 0 : Float((7 * i + 5 * j + 3 * k) % 11) / 4 - 1
      }
      let drop = occlusion.score - (try explainer.explanation(cleared, "occlusion", ["patch": "4"]).score)
      let found = Double(occlusion.volume.at(a, b, c))
      #expect(abs(found - drop) < 1e-5 * max(1, abs(occlusion.score)), "(\(a), \(b), \(c)): \(found) for \(drop)")
    }

    for (method, options, tolerance) in [
      ("integrated-gradients", ["steps": "200"], 1e-2), ("deeplift", [:], 1e-4),
    ] as [(String, [String: String], Double)] {
      let map = try explainer.explanation(scan, method, options)
      let difference = map.score - (try explainer.explanation(empty, method, options).score)
      let magnitude = map.volume.voxels.reduce(0) { $0 + Double(abs($1)) }
      let missed = map.volume.sum - difference
      // DeepLIFT multiplies by the slope of the softmax at the scan, which is not its mean on the way; where that shows, it is said.
      let isCurved = target == "expectation" && method == "deeplift"
      if isCurved {
        #expect(map.relevance.notes.contains { $0.what.hasPrefix("the map of deeplift adds up to") })
      } else {
        #expect(abs(missed) < tolerance * magnitude, "\(method): \(map.volume.sum) for \(difference)")
      }
      #expect(abs(try #require(fact("completeness_residual", of: map)) - missed) < 1e-4 * magnitude)
      #expect(magnitude > abs(difference) / 2)
    }

    let map = try explainer.explanation(scan, "lrp")
    #expect(isClose(try #require(fact("relevance_of_outputs", of: map)), map.score, 1e-4))
    #expect(isClose(try #require(fact("relevance_of_input", of: map)), map.volume.sum, 1e-4))
  }

  private func fact(_ name: String, of map: Explanation) -> Double? {
    guard case .number(let value)? = map.relevance.facts.first(where: { $0.name == name })?.value else { return nil }
    return value
  }

  /// ½·μ² and ½·(exp(ℓ) − ℓ − 1): each head is given the part of the divergence that it made.
  @Test func `relevance of a latent factor divides into the parts of its mean and its log-variance`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("encoder", card: Self.card)
    func score(_ target: String) throws -> Double {
      try Explainer(classifier) { $0.target = target }.explanation(scan, "saliency").score
    }
    for factor in 0..<3 {
      let (mean, variance) = (try score("output:z_mean:\(factor)"), try score("output:z_logvar:\(factor)"))
      let map = try Explainer(classifier) { $0.target = "latent:\(factor)" }
        .explanation(scan, "lrp", ["conservation": ""])
      let table = try #require(map.relevance.tables.first { $0.name == "conservation" })
      for (node, wanted) in [("/mu/Gemm", mean * mean / 2), ("/logvar/Gemm", (exp(variance) - variance - 1) / 2)] {
        let row = try #require(table.rows.first { $0[0] == .text(node) })
        guard case .number(let found) = row[3] else { throw Missing() }
        #expect(abs(found - wanted) < 1e-3 * map.score, "\(factor) \(node): \(found) for \(wanted)")
      }
    }
  }
  private struct Missing: Error {}

  @Test(arguments: [
    ("latent:3", "they are 0 to 2"), ("latent:x", "latent:K"), ("unit:/conv1/Conf:1", "did you mean /conv1/Conv"),
    ("unit:/conv1/Conv:4", "they are 0 to 3"), ("unit:/conv1/Conv", "unit:LAYER:CHANNEL"),
    ("output:z_meen", "did you mean z_mean"), ("output:z_mean:5", "no class 5"), ("output:", "output:NAME"),
  ])
  func `what the model lacks is a usage error`(target: String, words: String) throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("encoder", card: Self.card)) { $0.target = target }
    let error = fault { _ = try explainer.explanation(scan, "saliency") }
    #expect(error?.kind == .usage && error?.line.contains(words) == true, "\(error?.line ?? "no error")")
  }

  @Test func `an expectation needs bins, and is not of logits`() throws {
    let scan = try bench.scan([4, 5, 6])
    let bare = Explainer(try bench.classifier("linear")) { $0.target = "expectation" }
    #expect(fault { _ = try bare.explanation(scan, "saliency") }?.line.contains("output.bins") == true)
    let logits = Explainer(try bench.classifier("encoder", card: Self.card)) {
      $0.target = "expectation"
      $0.score = .logit
    }
    #expect(fault { _ = try logits.explanation(scan, "saliency") }?.line.contains("leave `score` out") == true)
    let few = Explainer(try bench.classifier("encoder", card: "output: {bins: [1, 2]}\n")) { $0.target = "expectation" }
    #expect(fault { _ = try few.explanation(scan, "saliency") }?.kind == .badData)
    let latent = Explainer(try bench.classifier("linear", card: "name: l\n")) { $0.target = "latent:0" }
    #expect(fault { _ = try latent.explanation(scan, "saliency") }?.line.contains("output.latent_mean") == true)
    let sigmoids = Explainer(
      try bench.classifier("encoder", card: "output: {name: z_mean, activation: sigmoid, bins: [42, 52, 62]}\n")
    ) { $0.target = "expectation" }
    #expect(fault { _ = try sigmoids.explanation(scan, "saliency") }?.line.contains("each for itself") == true)
  }

  @Test func `what is no class has no probability and no contrast`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("encoder", card: Self.card)
    for target in ["latent:1", "unit:/conv1/Conv:2"] {
      let probable = Explainer(classifier) {
        $0.target = target
        $0.score = .probability
      }
      #expect(
        fault { _ = try probable.explanation(scan, "saliency") }?.line
          == "\(target) has no probability; leave `score` out")
      let plain = Explainer(classifier) { $0.target = target }
      #expect(try plain.explanation(scan, "occlusion", ["patch": "3"]).scoreKind == .logit)
      for start in ["softmax-gradient", "contrastive"] {
        let error = fault { _ = try plain.explanation(scan, "lrp", ["relevance-start": start]) }
        #expect(
          error?.kind == .usage && error?.line.contains("\(target) is none") == true, "\(error?.line ?? "no error")")
      }
    }
  }

  @Test func `the card speaks for its own output, also by name`() throws {
    let scan = try bench.scan([4, 5, 6])
    let card = "output: {name: z_mean, activation: sigmoid, classes: [a, b, c]}\n"
    let classifier = try bench.classifier("encoder", card: card)
    let own = try Explainer(classifier) { $0.target = "b" }.explanation(scan, "occlusion", ["patch": "3"])
    let named = try Explainer(classifier) { $0.target = "output:z_mean:b" }.explanation(
      scan, "occlusion", ["patch": "3"])
    #expect(named.target.name == "output:z_mean:b" && named.score == own.score)
    #expect(named.volume.voxels == own.volume.voxels)
  }

  @Test func `a card's latent outputs are two of the model's`() throws {
    let scan = try bench.scan([4, 5, 6])
    for (card, words) in [
      ("output: {latent_mean: z_maen}\n", "output.latent_mean: "),
      ("output: {latent_mean: z_mean, latent_log_variance: z_mean}\n", "output.latent_log_variance: the output z_mean"),
    ] {
      let explainer = Explainer(try bench.classifier("encoder", card: card)) { $0.target = "latent:0" }
      let error = fault { _ = try explainer.explanation(scan, "saliency") }
      #expect(error?.kind == .badData && error?.line.contains(words) == true, "\(error?.line ?? "no error")")
    }
  }
}

/// Baselines that are other scans.
@Suite struct BaselineTests {
  let bench: Workbench
  init() throws { bench = try Workbench() }

  private func map(_ options: [String: String], _ method: String = "integrated-gradients") throws -> Volume {
    let scan = try bench.scan([4, 5, 6])
    return try Explainer(try bench.classifier("encoder", card: TestCards.normalized)) { $0.target = "output:z_mean:0" }
      .explanation(scan, method, options).volume
  }

  private enum TestCards { static let normalized = "input: {normalization: {mean: 0.5, std: 2}}\n" }

  @Test func `a file is prepared as the card says`() throws {
    // 1 everywhere becomes (1 − 0.5) / 2.
    let flat = try bench.scan([4, 5, 6], as: "flat.nii.gz") { _, _, _, _ in 1 }
    #expect(try map(["baseline": flat.text]).voxels == map(["baseline": "0.25"]).voxels)
  }

  @Test func `a file on a finer grid is met in the world, one elsewhere is refused`() throws {
    var finer = Affine.identity
    for axis in 0..<3 {
      finer[axis, axis] = 0.5
      finer[axis, 3] = -0.25
    }
    let card = "input: {normalization: {mean: 0.5, std: 2}, shape: [4, 5, 6], spacing: [1, 1, 1]}\n"
    let fine = try bench.scan([8, 10, 12], affine: finer, as: "fine.nii.gz") { _, _, _, _ in 1 }
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("encoder", card: card)) { $0.target = "output:z_mean:0" }
    let placed = try explainer.explanation(scan, "deeplift", ["baseline": fine.text]).volume.voxels
    let number = try explainer.explanation(scan, "deeplift", ["baseline": "0.25"]).volume.voxels
    #expect(placed.count == number.count && number.contains { abs($0) > 1e-3 })
    for (a, b) in zip(placed, number) { #expect(abs(a - b) < 1e-5) }

    var near = Affine.identity
    near[2, 3] = 2
    let part = try bench.scan([4, 5, 6], affine: near, as: "part.nii.gz")
    for method in ["integrated-gradients", "deeplift"] {
      let found = try explainer.explanation(scan, method, ["baseline": part.text]).relevance
      #expect(found.notes.contains { $0.what.hasSuffix("part.nii.gz covers 66 % of the scan") }, "\(found.notes)")
      #expect(found.facts.contains { $0.name == "baseline_covers" })
    }

    var far = Affine.identity
    far[0, 3] = 3
    let away = try bench.scan([4, 5, 6], affine: far, as: "away.nii.gz")
    let error = fault { _ = try explainer.explanation(scan, "deeplift", ["baseline": away.text]) }
    #expect(
      error?.kind == .badData && error?.line.contains("holds 25 % of the scan's voxels") == true,
      "\(error?.line ?? "no error")")
  }

  @Test func `a file of another shape is refused`() throws {
    let other = try bench.scan([5, 5, 6], as: "other.nii.gz")
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("encoder")) { $0.target = "0" }
    for method in ["integrated-gradients", "deeplift"] {
      let error = fault { _ = try explainer.explanation(scan, method, ["baseline": other.text]) }
      #expect(error?.kind == .badData && error?.line.contains("other.nii.gz") == true, "\(error?.line ?? "no error")")
    }
  }

  @Test func `expected gradients use every scan of a folder`() throws {
    let folder = bench.path("healthy")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for n in 0..<3 { _ = try bench.scan([4, 5, 6], as: "healthy/\(n).nii.gz") { _, _, _, _ in Float(n) } }
    try "not a scan".write(toFile: folder + "/README", atomically: true, encoding: .utf8)
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("encoder")) { $0.target = "0" }
    let found = try explainer.explanation(scan, "expected-gradients", ["baselines": folder, "samples": "60"])
    #expect(found.relevance.facts.contains(.init("baselines", .integers([3]))))
    let residual = found.relevance.facts.first { $0.name == "completeness_residual" }
    guard case .number(let lacking)? = residual?.value else {
      Issue.record("no residual")
      return
    }
    #expect(abs(lacking) < 0.05 * found.volume.voxels.reduce(0) { $0 + Double(abs($1)) })
    let none = fault { _ = try explainer.explanation(scan, "expected-gradients", ["baselines": bench.path("nowhere")]) }
    #expect(none?.kind == .badData, "\(none?.line ?? "no error")")
  }
}
