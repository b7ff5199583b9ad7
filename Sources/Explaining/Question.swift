public import PellucidAttribution
public import PellucidFaults
internal import PellucidModelCards
public import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidTensors

/// What is asked of a model: a network, what its outputs mean, and which scalar of them.
///
/// A further output, a latent factor or a feature channel is the output of a network of its own, made of the same file, so that every
/// method explains it as it explains a class.
public struct Question: Sendable {
  /// The network that answers.
  public let network: Network
  /// Its outputs.
  public let classes: Classes
  /// The scalar.
  public let target: Target
  /// Whether it is about the output that the card names.
  public let isOwnOutput: Bool
  /// The outputs of the network for the case, [1, K], asked for once.
  let outputs: Once<Tensor>
}

extension Explainer {
  /// What is asked of a case, as `options.target` says; without it, the class with the highest score.
  /// - Throws: `.usage` for what the model does not have, with near misses; `.badData` where the card contradicts the model.
  public func question(for subject: Case) throws(PellucidError) -> Question {
    try question(for: subject, target: options.target)
  }

  /// What several targets ask of a case, each once: `top:N` stands for the N most probable classes, the most probable first.
  /// - Parameter targets: in words; none: what `options.target` says.
  /// - Throws: as ``question(for:)``; `.usage` where there are fewer than N classes.
  public func questions(for subject: Case, targets: [String]) throws(PellucidError) -> [Question] {
    guard !targets.isEmpty else { return [try question(for: subject)] }
    var questions: [Question] = []
    for text in targets {
      let top = subject.classes.index(of: text) == nil ? try Self.topCount(text) : nil
      let names = try top.map { (count) throws(PellucidError) in try mostProbable(count, subject) } ?? [text]
      for name in names {
        let next = try question(for: subject, target: name)
        if !questions.contains(where: { $0.target == next.target }) { questions.append(next) }
      }
    }
    return questions
  }

  /// N of `top:N`; nil for another target.
  private static func topCount(_ text: String) throws(PellucidError) -> Int? {
    guard text.hasPrefix("top:") else { return nil }
    guard let count = Int(text.dropFirst(4)), count > 0 else { throw .topCount(text) }
    return count
  }

  private func mostProbable(_ count: Int, _ subject: Case) throws(PellucidError) -> [String] {
    let classes = subject.classes
    guard count <= classes.count, classes.count > 1 else { throw .tooFewClasses(count, has: classes.count) }
    let order = subject.scores.indices.sorted { (subject.scores[$1], $0) < (subject.scores[$0], $1) }
    return order.prefix(count).map(classes.name(of:))
  }

  /// What a target asks of a case; nil: the class with the highest score.
  /// - Throws: as ``question(for:)``.
  public func question(for subject: Case, target: String?) throws(PellucidError) -> Question {
    guard let text = target else {
      return own(subject, Target(classIndex: subject.predicted ?? 0, of: subject.classes))
    }
    let card = classifier.card
    switch try TargetRequest(parsing: text, classes: subject.classes) {
    case .classes(let text):
      do {
        return own(subject, try Target(parsing: text, classes: subject.classes))
      } catch {
        throw classifier.targetIsOutput(text, among: subject.classes) ?? error
      }
    case .expectation:
      guard let bins = card.output.bins else { throw .noBins(card: card.file) }
      if options.score == .logit { throw .expectationOfLogits() }
      if subject.classes.activation == .sigmoid { throw .expectationOfSigmoids() }
      do {
        return own(subject, try Target(expectationOver: bins, classes: subject.classes))
      } catch {
        throw card.file.map { error.located(in: $0) } ?? error
      }
    case .output(let text):
      let (name, part) = try classifier.output(named: text)
      if name == classifier.outputName {
        // The card says what this one means.
        let target =
          if let part { try Target(parsing: part, classes: subject.classes) } else {
            Target(classIndex: subject.predicted ?? 0, of: subject.classes)
          }
        return own(subject, Target(name: "output:\(name):\(target.name)", weights: target.weights))
      }
      let network = try self.network(subject, classifier.model, output: name, called: name)
      guard !network.answersPerPlace else { throw classifier.outputPerPlace(name, network.outputShape) }
      let classes = try classes(ofFurther: network)
      let outputs = try network.logits(subject.prepared.input)
      let target =
        if let part { try Target(parsing: part, classes: classes) } else {
          Target(classIndex: classes.predicted(from: outputs.values) ?? 0, of: classes)
        }
      return Question(
        network: network, classes: classes,
        target: Target(
          name: "output:\(name):\(target.name)", weights: target.weights,
          scale: classes.activation == .none ? .logit : nil), isOwnOutput: false,
        outputs: Once { () throws(PellucidError) in outputs })
    case .latent(let factors):
      let (model, output) = try classifier.modelOfDivergences()
      return try plain(subject, model, output, from: "divergences", indices: factors, named: text) {
        .latentFactor($0, count: $1)
      }
    case .unit(let layer, let channel):
      let (model, output) = try classifier.model(averaging: layer, for: subject.network)
      return try plain(subject, model, output, from: "means of " + layer, indices: [channel], named: text) {
        .channel($0, of: layer, count: $1)
      }
    }
  }

  /// What the values of an output mean that the card says nothing of: where the model does not tell, several are logits of a softmax, and
  /// one is a value such as an age, unless its probability is asked for.
  func classes(ofFurther network: Network) throws(PellucidError) -> Classes {
    let one: OutputActivation = options.score == .probability ? .sigmoid : .none
    return try Classes(
      outputs: network.outputCount, activation: network.endsIn ?? (network.outputCount > 1 ? .softmax : one), names: nil
    )
  }

  private func own(_ subject: Case, _ target: Target) -> Question {
    question(subject, subject.network, subject.classes, target, isOwnOutput: true)
  }

  /// The sum of some values of an output, as they are.
  private func plain(
    _ subject: Case, _ model: OnnxModel, _ output: String, from key: String, indices: [Int], named name: String,
    missing: (_ index: Int, _ count: Int) -> PellucidError
  ) throws(PellucidError) -> Question {
    if options.score == .probability { throw .noProbability(of: name) }
    let network = try self.network(subject, model, output: output, called: "made " + key, answering: .values)
    let classes = try Classes(outputs: network.outputCount, activation: .none, names: nil)
    if let index = indices.first(where: { $0 >= classes.count }) { throw missing(index, classes.count) }
    let weights = (0..<classes.count).map { indices.contains($0) ? Float(1) : 0 }
    let target = Target(name: name, weights: weights, scale: .logit)
    return question(subject, network, classes, target, isOwnOutput: false)
  }

  /// A question whose network is asked about the case when somebody wants to know.
  private func question(
    _ subject: Case, _ network: Network, _ classes: Classes, _ target: Target, isOwnOutput: Bool
  ) -> Question {
    let input = subject.prepared.input
    return Question(
      network: network, classes: classes, target: target, isOwnOutput: isOwnOutput,
      outputs: Once { () throws(PellucidError) in try network.logits(input) })
  }

  func network(
    _ subject: Case, _ model: OnnxModel, output: String, called key: String,
    answering answers: Network.Answers = .logits
  ) throws(PellucidError) -> Network {
    let shape = subject.network.inputShape
    return try classifier.network(
      model, output: output, called: key, channels: shape[1], spatial: shape.spatial, answering: answers)
  }
}

extension Classifier {
  /// The error for a target that is no class, but one of the model's outputs, or nearly; nil where it is neither.
  func targetIsOutput(_ text: String, among classes: Classes) -> PellucidError? {
    let outputs = model.graph.outputs.map(\.name)
    let name = text.split(separator: ":", maxSplits: 1).first.map(String.init) ?? text
    if outputs.contains(text) || outputs.contains(name) { return .targetIsOutput(text, [text]) }
    let names = (0..<classes.count).map(classes.name(of:))
    let words = NearMiss.suggestions(for: text, among: names + ["expectation"])
    let near = NearMiss.suggestions(for: text, among: outputs)
    return words.isEmpty && !near.isEmpty ? .targetIsOutput(text, near) : nil
  }
}

extension PellucidError {
  static func topCount(_ text: String) -> Self {
    .init(.usage, what: "the target \(text) cannot be read", remedy: "write it as top:N, such as top:3")
  }

  static func tooFewClasses(_ wanted: Int, has count: Int) -> Self {
    .init(
      .usage, what: "there are no \(wanted) most probable classes",
      why: count > 1 ? "the network tells \(count) classes apart" : "the network answers with a single value",
      remedy: count > 1 ? "write top:\(count), or name classes" : "leave the target out")
  }

  static func targetIsOutput(_ text: String, _ outputs: [String]) -> Self {
    .init(
      .usage, what: "no class \(text)", why: outputs == [text] ? "it is an output of the model" : "",
      remedy: outputs == [text]
        ? "write output:\(text)" : "did you mean \(outputs.map { "output:\($0)" }.joined(separator: " or "))?")
  }

  static func noBins(card: String?) -> Self {
    .init(
      .usage, what: "expectation needs to know what the outputs stand for",
      remedy: "list their values under output.bins in \(card ?? "a model card")")
  }

  static func expectationOfLogits() -> Self {
    .init(.usage, what: "an expectation is over probabilities", remedy: "leave `score` out")
  }

  static func expectationOfSigmoids() -> Self {
    .init(
      .usage, what: "an expectation is over probabilities that add up to 1",
      why: "the outputs are sigmoids, each for itself",
      remedy: "name classes, or state softmax under output.activation in the card if the network was trained with it")
  }

  static func noProbability(of target: String) -> Self {
    .init(.usage, what: "\(target) has no probability", remedy: "leave `score` out")
  }

  static func latentFactor(_ factor: Int, count: Int) -> Self {
    .init(.usage, what: "the encoder has no latent factor \(factor)", remedy: "they are 0 to \(count - 1)")
  }

  static func channel(_ channel: Int, of layer: String, count: Int) -> Self {
    .init(.usage, what: "the layer \(layer) has no channel \(channel)", remedy: "they are 0 to \(count - 1)")
  }
}
