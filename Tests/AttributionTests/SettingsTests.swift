import PellucidAttribution
import PellucidFaults
import PellucidTensors
import TestSupport
import Testing

/// What a method says of its options in force, and that this makes its map again.
@Suite struct SettingsTests {
  /// Each method by default, and with options that change what others mean.
  static let cases: [(method: String, options: [String: String])] =
    MethodCatalogue.methods.map { ($0.name, $0.name == "expected-gradients" ? ["baselines": "other"] : [:]) } + [
      ("saliency", ["postprocess": "abs"]), ("occlusion", ["patch": "3,2,4"]),
      ("occlusion", ["patch": "4", "stride": "3", "fill": "0.1", "feather": "1.5"]),
      ("occlusion", ["patch": "4", "fill": "noise", "seed": "7", "sigma": "2.5"]),
      ("region-occlusion", ["fill": "blur"]), ("lime", ["supervoxels": "9", "samples": "40", "seed": "3"]),
      ("kernel-shap", ["supervoxels": "6", "fill": "noise", "seed": "2"]), ("shapley-sampling", ["permutations": "6"]),
      ("rise", ["masks": "20", "fill": "noise", "seed": "4"]), ("deeplift", ["baseline": "blur", "sigma": "2"]),
      ("deeplift", ["baseline": "other/0.nii"]),
      ("integrated-gradients", ["steps": "7", "quadrature": "trapezoid", "baseline": "0.1"]),
      ("expected-gradients", ["baselines": "other", "samples": "5", "seed": "2"]),
      ("smoothgrad", ["samples": "4", "noise": "0.3", "seed": "9"]),
      ("grad-cam", ["layer": "/conv1/Conv", "upsample": "receptive-field"]),
      ("layercam", ["layer": "/conv1/Conv,/conv2/Conv"]),
      ("lrp", ["composite": "deep-taylor"]), ("lrp", ["composite": "epsilon-gamma-box", "low": "-9"]),
      ("lrp", ["composite": "excitation-backprop", "relevance-start": "one", "conservation": "on"]),
    ]

  @Test(arguments: cases)
  func `settings read back make the same map`(_ method: String, _ options: [String: String]) throws {
    let reference = try References.network(method == "cam" ? "residual" : "plain")
    let type = try MethodCatalogue.method(named: method)
    let subject = try reference.subject()
    let score = try reference.score(nil, type.defaultScore)
    let first = try type.init(OptionValues(options))
    let settings = try first.settings(for: subject, score)
    #expect(Set(settings.names).isSubset(of: Set(type.options.map(\.name))))
    let second = try type.init(settings)
    #expect(try second.settings(for: subject, score) == settings, "settings of settings are themselves")
    let maps = try [first, second].map { try $0.relevance(of: subject, to: score, progress: SilentProgress()) }
    #expect(maps[0].map.values == maps[1].map.values)
    #expect(maps[0].facts == maps[1].facts)
    // What was given is in force, unless it is a layer, which has two names.
    for (name, value) in options where name != "layer" { #expect(settings.text(name) == value) }
  }

  @Test func `what the subject and the network decide is named`() throws {
    let reference = try References.network("plain")
    let (subject, score) = (try reference.subject(), try reference.score())
    func settings(_ method: any AttributionMethod) throws -> OptionValues { try method.settings(for: subject, score) }
    #expect(
      try settings(Occlusion()) == ["patch": "16", "stride": "8", "fill": "background", "feather": "0", "blank": "all"])
    #expect(try settings(Occlusion(patch: [8, 8, 4], fill: .value(0))).text("stride") == "4,4,2")
    let cam = try settings(GradCAM())
    let layer = text("layer", of: try reference.relevance("grad-cam"))
    #expect(cam.text("layer") == layer && cam.names == ["layer", "upsample"])
    let range = subject.image.range
    let box = try settings(RelevancePropagation(composite: .epsilonGammaBox, high: 50))
    #expect(box.text("low").flatMap(Float.init) == range.lowerBound && box.text("high") == "50")
    #expect(
      try settings(RelevancePropagation()) == [
        "composite": "epsilon-plus", "epsilon": "1e-06", "relevance-start": "logit",
      ])
    // The reference has labels, which are the features unless supervoxels are asked for.
    #expect(try settings(KernelShap()).text("supervoxels") == nil)
    let bare = Subject(image: subject.image)
    #expect(try KernelShap().settings(for: bare, score).text("supervoxels") == "200")
  }

  /// The defaults of the typed initializers, of the texts, and of the help are the same.
  @Test func `defaults are told as they are`() throws {
    let reference = try References.network("plain")
    for type in MethodCatalogue.methods where type.name != "expected-gradients" {
      let settings = try type.init(OptionValues()).settings(for: reference.subject(), reference.score())
      for option in type.options {
        guard let number = Float(option.fallback) else { continue }
        guard let text = settings.text(option.name) else { continue }
        #expect(Float(text) == number, "\(type.name) --\(option.name): \(text), said to be \(option.fallback)")
      }
    }
    let typed: [any AttributionMethod] = try [
      Saliency(), GradientTimesInput(), IntegratedGradients(), DeepLift(), SmoothGrad(), SmoothGradSquared(), VarGrad(),
      GuidedBackprop(), Deconvnet(), GradCAM(), GradCAMPlusPlus(), HiResCAM(), LayerCAM(), XGradCAM(), ScoreCAM(),
      AblationCAM(), EigenCAM(), GuidedGradCAM(), CAM(), RelevancePropagation(), Occlusion(), RegionOcclusion(), Lime(),
      KernelShap(), ShapleySampling(), Rise(), RegionInteraction(), ExpectedGradients(baselines: "other"),
    ]
    #expect(typed.count == MethodCatalogue.methods.count)
    for method in typed {
      let type = Swift.type(of: method)
      let given: OptionValues = type.name == "expected-gradients" ? ["baselines": "other"] : [:]
      #expect(
        try method.settings(for: reference.subject(), reference.score())
          == type.init(given).settings(for: reference.subject(), reference.score()), "\(type.name)")
    }
  }

  @Test func `typed parameters make the maps that their texts make`() throws {
    let reference = try References.network("plain")
    func same(_ method: any AttributionMethod, _ name: String, _ options: [String: String]) throws {
      let found = try method.relevance(
        of: reference.subject(), to: reference.score(nil, type(of: method).defaultScore), progress: SilentProgress())
      #expect(try found.map.values == reference.relevance(name, options).map.values, "\(name) \(options)")
    }
    try same(
      Occlusion(patch: 5, stride: [2, 2, 3], fill: .value(0)), "occlusion",
      ["patch": "5", "stride": "2,2,3", "fill": "0"])
    try same(Occlusion(patch: 5, fill: .blur(sigma: 2)), "occlusion", ["patch": "5", "fill": "blur", "sigma": "2"])
    try same(RelevancePropagation(composite: .epsilonPlus), "lrp", [:])
    try same(
      RelevancePropagation(composite: .epsilon, epsilon: 0.1), "lrp", ["composite": "epsilon", "epsilon": "0.1"])
    try same(
      GradCAM(layers: ["/conv1/Conv"], upsampling: .receptiveField), "grad-cam",
      ["layer": "/conv1/Conv", "upsample": "receptive-field"])
    try same(DeepLift(baseline: .blur(sigma: 2)), "deeplift", ["baseline": "blur", "sigma": "2"])
    try same(Rise(masks: 10, fill: .mean, seed: 5), "rise", ["masks": "10", "fill": "mean", "seed": "5"])
  }

  @Test func `typed parameters out of range are refused by name`() throws {
    let wrong: [(String, () throws -> Void)] = [
      ("`patch` 0 is not", { _ = try Occlusion(patch: 0) }),
      ("`patch` 4,4,-1 is not", { _ = try Occlusion(patch: [4, 4, -1]) }),
      ("`stride` 0 is not", { _ = try Occlusion(stride: 0) }),
      ("`fill` nan is not", { _ = try Occlusion(fill: .value(.nan)) }),
      ("`sigma` 0 is not", { _ = try RegionOcclusion(fill: .blur(sigma: 0)) }),
      ("`feather` -1 is not", { _ = try RegionInteraction(fill: Fill.mean.feathered(-1)) }),
      ("`steps` 1 is not", { _ = try IntegratedGradients(steps: 1, quadrature: .trapezoid) }),
      ("`baseline` inf is not", { _ = try DeepLift(baseline: .value(.infinity)) }),
      ("`samples` 1 is not", { _ = try VarGrad(samples: 1) }), ("`noise` -1 is not", { _ = try SmoothGrad(noise: -1) }),
      ("`supervoxels` 0 is not", { _ = try Lime(supervoxels: 0) }),
      ("`compactness` 0 is not", { _ = try KernelShap(compactness: 0) }),
      ("`permutations` 0 is not", { _ = try ShapleySampling(permutations: 0) }),
      ("`probability` 1 is not", { _ = try Rise(probability: 1) }),
      ("`top` 1 is not", { _ = try RegionInteraction(top: 1) }),
      ("`epsilon` -1 is not", { _ = try RelevancePropagation(epsilon: -1) }),
      ("`low` nan is not", { _ = try RelevancePropagation(low: .nan) }),
    ]
    for (words, make) in wrong {
      let error = try #require(fault(make), "\(words)")
      #expect(error.kind == .usage && error.line.hasPrefix(words), "\(error.line)")
    }
  }
}
