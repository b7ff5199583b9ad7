public import PellucidFaults

/// What `--target` asks for, before the network is asked: classes of the card's own output, or something else in the model.
public enum TargetRequest: Hashable, Sendable {
  /// A class, a difference or a weighted sum, in words.
  case classes(String)
  /// The probability-weighted mean of the card's bins: `expectation`.
  case expectation
  /// A class of another output of the model: `output:NAME` (its highest score) or `output:NAME:CLASS`, as one text.
  case output(String)
  /// The divergence of latent factors of a VAE encoder from the standard normal, added up: `latent:K`, `latent:K+L`.
  case latent([Int])
  /// The mean of a feature channel at a layer: `unit:LAYER:CHANNEL`.
  case unit(layer: String, channel: Int)

  /// How targets that are no classes begin, as a suggestion shows them.
  static let words = ["expectation", "output:NAME", "latent:K", "unit:LAYER:CHANNEL"]

  /// Reads what the user wrote; the name of a class is looked for first.
  /// - Throws: `.usage` where a word is followed by something else than it takes.
  public init(parsing text: String, classes: Classes) throws(PellucidError) {
    let head = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard classes.index(of: text) == nil, let word = head.first else {
      self = .classes(text)
      return
    }
    let rest = head.count > 1 ? String(head[1]) : nil
    switch (word, rest) {
    case ("expectation", nil): self = .expectation
    case ("output", let name?):
      guard !name.isEmpty else { throw .targetForm(text, "output:NAME or output:NAME:CLASS") }
      self = .output(name)
    case ("latent", let factor?):
      let parts = factor.split(separator: "+", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard !parts.isEmpty, parts.allSatisfy({ $0 >= 0 }), Set(parts).count == parts.count else {
        throw .targetForm(text, "latent:K, counted from 0, or latent:K+L, each factor once")
      }
      self = .latent(parts)
    case ("unit", let place?):
      // Layers' names may hold colons.
      guard let colon = place.lastIndex(of: ":"), colon != place.startIndex,
        let channel = Int(place[place.index(after: colon)...]), channel >= 0
      else { throw .targetForm(text, "unit:LAYER:CHANNEL, the channel counted from 0") }
      self = .unit(layer: String(place[..<colon]), channel: channel)
    default: self = .classes(text)
    }
  }
}

extension Target {
  /// The probability-weighted mean of the values that the outputs stand for.
  ///
  /// - Parameter bins: the value of each output.
  /// - Throws: `.badData` where they are not as many as the classes.
  public init(expectationOver bins: [Double], classes: Classes) throws(PellucidError) {
    guard bins.count == classes.count else { throw .binCount(bins: bins.count, outputs: classes.count) }
    self.init(name: "expectation", weights: bins.map { Float($0) }, scale: .probability)
  }
}

extension PellucidError {
  static func targetForm(_ text: String, _ form: String) -> Self {
    .init(.usage, what: "the target \(text) cannot be read", remedy: "write it as \(form)")
  }

  static func binCount(bins: Int, outputs: Int) -> Self {
    .init(
      .badData, what: "the model card gives \(bins) bins, the model has \(outputs) output\(outputs == 1 ? "" : "s")",
      remedy: "correct output.bins in the card")
  }
}
