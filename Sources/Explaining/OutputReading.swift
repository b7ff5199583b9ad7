internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidTables
internal import PellucidTensors

// What the outputs are taken for, where that should be known or may be wrong.
extension Classifier {
  /// The network and classes that stand for a case: those of the card's output, or, where that is a map and something else is asked for, its
  /// channels' means.
  /// - Throws: `.badData` for an output that is a map, naming those that could be meant.
  func answering(_ network: Network, target: String?) throws(PellucidError) -> (Network, Classes) {
    guard network.answersPerPlace else { return (network, try classes(of: network)) }
    let isElsewhere = ["unit:", "latent:", "output:"].contains { target?.hasPrefix($0) == true }
    guard isElsewhere, let output = outputName else { throw outputPerPlace(outputName ?? "", network.outputShape) }
    let (averaged, name) = try model(averaging: output, for: network)
    let shape = network.inputShape
    let means = try self.network(
      averaged, output: name, called: "means " + name, channels: shape[1], spatial: shape.spatial, answering: .values)
    return (means, try Classes(outputs: means.outputCount, activation: .none, names: nil))
  }

  /// The error that names an output with a value a place, and what could be meant.
  func outputPerPlace(_ name: String, _ shape: Shape) -> PellucidError {
    let others = model.graph.outputs.filter { $0.name != name && !$0.mayBeMap }.map(\.name)
    return .outputPerPlace(name, shape: shape.description, isMap: shape.rank > 2, others: others).located(
      in: model.path)
  }

  /// What was assumed of the outputs where neither graph nor card tells, and what looks as if it were otherwise.
  ///
  /// - Parameter outputs: what the network answers for one scan.
  func doubts(of network: Network, _ classes: Classes, outputs: [Float]) -> [Note] {
    let head = network.head
    if classes.isOneLogitForTwo, classes.activation == .none {
      return [
        Note(
          what: "one output stands for two classes, and nothing says that it is a probability",
          how: "its sign decides; state output.activation in the card (sigmoid) if it is a logit", weight: .warning)
      ]
    }
    guard card.output.activation == nil, !card.output.isQuantity else { return [] }
    let usual = classes.activation == .softmax ? "logits of a softmax" : "the logit of a sigmoid"
    let key = "output.activation in the card settles it (none: the outputs are the answer)"
    if head.form == .logOdds, network.outputCount > 1 {
      return [
        Note(
          what: "the outputs lie between 0 and 1, and nothing in the network says that they add up to 1",
          how: "each is taken as a probability by itself; output.activation in the card settles it (softmax: logits)",
          weight: .warning)
      ]
    }
    guard head.form == .outputs else { return [] }
    if head.low.isFinite || head.high.isFinite {
      let place =
        head.high == .infinity
        ? "never lie below \(Self.text(head.low))"
        : head.low == -.infinity
          ? "never lie above \(Self.text(head.high))"
          : "always lie between \(Self.text(head.low)) and \(Self.text(head.high))"
      return [Note(what: "the outputs \(place)", how: "they are taken as \(usual); \(key)", weight: .warning)]
    }
    let sum = outputs.reduce(0) { $0 + Double($1) }
    if outputs.count > 1, abs(sum - 1) < 1e-4, outputs.allSatisfy({ $0 >= 0 && $0 <= 1 }) {
      return [
        Note(
          what: "the outputs lie between 0 and 1 and add up to 1, as probabilities do",
          how: "they are taken as \(usual); \(key)", weight: .warning)
      ]
    }
    return []
  }

  private static func text(_ bound: Double) -> String { NumberText.significant(bound, digits: 4) }

  /// What outputs were brought back to logits, and how; and that a network rounds on its way.
  func readings(of network: Network) -> [Note] { headReadings(of: network) + Self.quantization(of: network) }

  private static func quantization(of network: Network) -> [Note] {
    let rounding = network.graph.nodes.count { ["QuantizeLinear", "DynamicQuantizeLinear"].contains($0.type) }
    guard rounding > 0 else { return [] }
    return [
      Note(
        what: "the network is quantized: it rounds its values at \(rounding) steps, which have no slope",
        how: "gradients and relevance pass these steps as if they did not round (straight through)", weight: .told)
    ]
  }

  private func headReadings(of network: Network) -> [Note] {
    switch network.head.form {
    case .outputs, .beforeActivation: []
    case .logarithms:
      [
        Note(
          what: "the network's outputs are probabilities that add up to 1",
          how: "they are taken as they are; the logits are their logarithms, log p, which are never above 0")
      ]
    case .logOdds:
      [
        Note(
          what: "each of the network's outputs is a probability by itself",
          how: "they are taken as they are; the logits are log p - log(1 - p)")
      ]
    }
  }

  /// A warning where a network is sure beyond all measure of a scan whose intensities nobody scaled.
  func saturation(of prepared: PreparedScan, _ classes: Classes, scores: [Float]) -> [Note] {
    guard card.input.normalization == .none, classes.haveProbabilities, scores.allSatisfy(\.isFinite) else { return [] }
    let range = prepared.input.range
    let largest = max(abs(range.lowerBound), abs(range.upperBound))
    let sorted = scores.sorted(by: >)
    let margin = classes.activation == .softmax && sorted.count > 1 ? sorted[0] - sorted[1] : abs(sorted[0])
    guard largest > Self.scaledIntensity, margin > Self.sureness else { return [] }
    return [
      Note(
        what:
          "the network answers 0 or 1 to all digits for intensities up to \(NumberText.significant(Double(largest), digits: 3))",
        how: "if it was trained on scaled scans, state input.normalization in the model card", weight: .warning)
    ]
  }

  /// What scaled scans keep below.
  private static let scaledIntensity: Float = 20
  /// A logit beyond which float32 no longer tells a probability from 1: ln(10¹²).
  private static let sureness: Float = 27.6
}

extension OnnxValueInfo {
  /// Whether its declared shape is that of a map.
  fileprivate var mayBeMap: Bool {
    (dimensions ?? []).dropFirst().count { if case .fixed(1) = $0 { false } else { true } } > 1
  }
}

extension PellucidError {
  static func outputPerPlace(_ name: String, shape: String, isMap: Bool, others: [String]) -> Self {
    let mean = "explain a channel's mean with the target unit:\(name):CHANNEL"
    return .init(
      .badData, what: "the output \(name) is not one value a class, but values at many places",
      why: "its shape is \(shape)",
      remedy: others.isEmpty
        ? mean : "name another under output.name in the model card (\(others.joined(separator: ", "))), or \(mean)")
  }
}
