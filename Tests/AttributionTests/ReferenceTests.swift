import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import TestSupport
import Testing

/// Every method against Captum, Zennit, or the definition spelled out in numpy; made by `Tests/References/make_attribution.py`.
@Suite struct ReferenceTests {
  @Test func `All fixtures are there`() {
    #expect(
      References.all.networks.map(\.name) == [
        "plain", "residual", "dense", "activations", "windows", "twochannel", "fcn", "vgg", "apart", "transition",
        "vit", "vit14", "swin",
      ])
    #expect(ReferenceCheck.all.count >= 120)
  }

  @Test(arguments: References.all.networks)
  func `Logits and probabilities are PyTorch's`(_ reference: ReferenceNetwork) throws {
    let network = try reference.network()
    let logits = try network.logits(reference.input()).values
    #expect(relativeError(logits, reference.logits) < 1e-5, "\(logits) against \(reference.logits)")
    let probabilities = try reference.classes(of: network).probabilities(of: logits)
    #expect(relativeError(probabilities, reference.probabilities) < 1e-5)
  }

  /// Relative L2 error: 1e-4 for gradients, 1e-3 for what sums or divides more.
  @Test(arguments: ReferenceCheck.all)
  func `Maps agree`(_ check: ReferenceCheck) throws {
    let (reference, wanted) = (check.network, check.map)
    let kind = try #require(ScoreKind(rawValue: wanted.score))
    let relevance = try reference.relevance(wanted.method, wanted.options, weights: wanted.weights, kind)
    let map = relevance.map
    #expect(map.shape == Shape([1, wanted.channels] + reference.shape[2...]))
    let expected = try reference.values(at: wanted.offset, count: map.count, in: wanted.file)
    let error = relativeError(map.ordered(.rowMajor).values, expected)
    #expect(error <= wanted.tolerance, "relative L2 error \(error)")
  }

  @Test func `Extensive maps say so, and so do places and regions`() throws {
    let plain = try References.network("plain")
    for method in ["gradient-x-input", "integrated-gradients", "lrp"] {
      #expect(try plain.relevance(method).measure == .extensive)
    }
    for method in ["saliency", "grad-cam", "occlusion"] { #expect(try plain.relevance(method).measure == .intensive) }
    #expect(try plain.relevance("region-occlusion").measure == .regional)
  }

  @Test func `Integrated gradients report what their sum lacks`() throws {
    let reference = try References.network("activations")
    let map = try reference.relevance("integrated-gradients", ["steps": "100"])
    let score = try reference.score()
    let full = try score.scores(ofImages: reference.input())[0]
    let empty = try score.scores(ofImages: Tensor(repeating: 0, shape: Shape(reference.shape)))[0]
    #expect(abs((number("score_of_baseline", of: map) ?? .nan) - empty) < 1e-6)
    let residual = try #require(number("completeness_residual", of: map))
    #expect(abs(residual - (map.map.sum - (full - empty))) < 1e-6)
    #expect(abs(residual) < 0.01 * abs(full - empty))
  }

  @Test(
    arguments: [
      ("plain", "deeplift", [:], .logit, false), ("plain", "deeplift", [:], .probability, true),
      ("activations", "integrated-gradients", ["steps": "100"], .logit, false),
      ("activations", "integrated-gradients", ["steps": "1"], .probability, true),
    ] as [(String, String, [String: String], ScoreKind, Bool)])
  func `A map that misses the score's difference by more than a tenth says so`(
    _ name: String, _ method: String, _ options: [String: String], _ kind: ScoreKind, _ misses: Bool
  ) throws {
    let reference = try References.network(name)
    let found = try reference.relevance(method, options, kind)
    let residual = try #require(number("completeness_residual", of: found))
    let difference = found.map.sum - residual
    #expect((abs(residual) > 0.1 * abs(difference)) == misses, "\(residual) of \(difference)")
    #expect(found.notes.contains { $0.what.hasPrefix("the map of \(method) adds up to") } == misses, "\(found.notes)")
  }

  @Test func `Relevance propagation reports what went in and what arrived`() throws {
    let reference = try References.network("plain")
    let map = try reference.relevance("lrp", weights: [1, 0, -2])
    let begin = Double(reference.logits[0] - 2 * reference.logits[2])
    #expect(abs((number("relevance_of_outputs", of: map) ?? .nan) - begin) < 1e-5)
    #expect(abs((number("relevance_of_input", of: map) ?? .nan) - map.map.sum) < 1e-9)
  }

  @Test func `A probability is propagated where it is asked for`() throws {
    let reference = try References.network("plain")
    let one = try reference.relevance("lrp", ["relevance-start": "one"]).map
    let probability = try reference.relevance("lrp", [:], .probability).map
    #expect(
      relativeError(probability.values, one.scaled(by: reference.probabilities[reference.target]).values) < 1e-4)
  }

  @Test(arguments: ["saliency", "lrp", "gradient-x-input", "occlusion"])
  func `One logit speaks for the second of two classes, against the first`(_ name: String) throws {
    let reference = try References.network("twochannel")
    let method = try MethodCatalogue.method(named: name).init(OptionValues(name == "occlusion" ? ["patch": "6"] : [:]))
    let maps = try [[Float(1), 0], [0, 1]].map { weights in
      try method.relevance(
        of: reference.subject(), to: reference.score(weights, .logit, names: ["CN", "AD"]), progress: SilentProgress()
      ).map
    }
    #expect(relativeError(maps[0].scaled(by: -1).values, maps[1].values) < 1e-6)
    #expect(maps[1].range != 0...0)
  }
}
