package import PellucidFaults

extension PellucidError {
  /// The work was wanted no more.
  static func cancelled() -> Self { .init(.usage, what: "the computation was cancelled") }

  static func target(_ text: String, classes: Classes, part: String) -> Self {
    let names = (0..<classes.count).map(classes.name(of:))
    let isStranger = part == text && NearMiss.suggestions(for: part, among: names).isEmpty
    if isStranger, let word = NearMiss.suggestions(for: text, among: TargetRequest.words, limit: 1).first {
      return .init(.usage, what: "no class \(text)", remedy: "did you mean \(word)?")
    }
    let what =
      part.isEmpty
      ? "the target \(text) ends where a class is expected"
      : "no class \(part)" + (part == text ? "" : " in the target \(text)")
    return .init(
      .usage, what: what,
      remedy: NearMiss.remedy(for: part, among: names, noun: "the classes are"))
  }

  static func targetWithoutSign(_ text: String, before rest: String) -> Self {
    .init(.usage, what: "the target \(text) has no + or - before \(rest)", remedy: "write sums as A+B or A-B")
  }

  static func targetOfNothing(_ text: String) -> Self {
    .init(.usage, what: "the target \(text) is 0 whatever the model answers", remedy: "let one class have a weight")
  }

  package static func classCount(names: Int, outputs: Int) -> Self {
    .init(
      .badData,
      what: "the model card names \(names) classes, the model has \(outputs) output\(outputs == 1 ? "" : "s")",
      remedy: "correct output.classes in the card")
  }

  static func unknownMethod(_ name: String, among names: [String]) -> Self {
    .init(.usage, what: "no method \(name)", remedy: NearMiss.remedy(for: name, among: names, noun: "the methods are"))
  }

  static func unknownOption(_ name: String, methods: [String], among options: [String]) -> Self {
    let remedy =
      options.isEmpty
      ? "it takes none"
      : NearMiss.remedy(for: "`\(name)`", among: options.map { "`\($0)`" }, noun: "its options are")
    return .init(.usage, what: "no option `\(name)` for \(methods.joined(separator: ", "))", remedy: remedy)
  }

  /// A parameter's value that it cannot have.
  static func parameter(_ name: String, _ value: String, wanted: String) -> Self {
    .init(.usage, what: "`\(name)` \(value) is not \(wanted)")
  }

  /// - Parameters:
  ///   - listed: those that could be meant where no name is near.
  ///   - noun: what those are.
  package static func unknownLayer(
    _ name: String, among layers: [String], listing listed: [String], noun: String = "layers"
  ) -> Self {
    .init(
      .usage, what: "the model has no layer \(name)",
      remedy: NearMiss.remedy(for: name, among: layers, noun: "its \(noun) are", listing: listed))
  }

  static func layerWithoutVolume(_ name: String, shape: String) -> Self {
    .init(
      .usage, what: "the layer \(name) has no spatial axes", why: "its output is \(shape)",
      remedy: "choose a layer before the flattening with `layer`")
  }

  static func layerOfOneVoxel(_ name: String, shape: String) -> Self {
    .init(
      .usage, what: "the layer \(name) is a single voxel, so that its map would be the same everywhere",
      why: "its output is \(shape)", remedy: "choose an earlier layer with `layer`")
  }

  static func layerBehindLogits(_ name: String) -> Self {
    .init(
      .usage, what: "the layer \(name) lies behind the logits", why: "the score is taken before the output activation",
      remedy: "choose an earlier layer with `layer`")
  }

  static func noConvolution(_ method: String) -> Self {
    .init(
      .unsupported, what: "\(method) needs a convolution whose output is larger than one voxel, and the model has none",
      remedy: "choose a layer with `layer`, or use gradients, LRP or occlusion")
  }

  static func relevanceNotFinite(_ index: [Int]) -> Self {
    .init(
      .numeric, what: "the relevance is not finite", why: "the first such value is at \(index) of the input",
      remedy: "check the scan's intensities and the card's normalization")
  }

  static func nothingToContrast() -> Self {
    .init(
      .usage, what: "`relevance-start` contrastive needs an output for each of two classes",
      why: "the model has a single one", remedy: "use logit")
  }

  static func startNeedsClasses(_ start: String, target: String) -> Self {
    .init(
      .usage, what: "`relevance-start` \(start) is about classes, and \(target) is none", remedy: "use logit or one")
  }

  static func noRegions(_ method: String) -> Self {
    .init(.usage, what: "\(method) needs an atlas", remedy: "name one with `atlas`")
  }

  static func memoryTooLittle(_ limit: Int, needed: Int) -> Self {
    func text(_ bytes: Int) -> String {
      bytes < 1 << 20 ? "\(bytes) bytes" : "\((bytes + (1 << 20) - 1) >> 20)M"
    }
    return .init(
      .usage, what: "a memory of \(text(limit)) is too little for this model and scan",
      why: "one pass of the network takes \(text(needed))", remedy: "give `memory` \(text(needed + needed / 4)) or more"
    )
  }

  static func labelsOutside() -> Self {
    .init(
      .badData, what: "no region of the atlas lies in the model's field of view",
      remedy: "check that scan and atlas are in the same space")
  }
}

extension PellucidError {
  static func camNeeds(_ what: String) -> Self {
    .init(
      .unsupported, what: "cam does not fit this model", why: "it needs \(what)", remedy: "use grad-cam, which fits any"
    )
  }
}

extension PellucidError {
  static func fillChangesNothing() -> Self {
    .init(
      .badData, what: "the scan equals the fill everywhere, so that there is nothing to blank",
      remedy: "check the scan, or choose another value with `fill`")
  }

  static func samplesDoNotDetermine(_ features: Int, samples: Int) -> Self {
    .init(
      .usage, what: "\(samples) samples are too few for \(features) features",
      remedy: "give `samples` \(8 * features) or more")
  }
}
