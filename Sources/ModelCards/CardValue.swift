internal import PellucidNetworks
internal import PellucidVolumes

/// A value of a card, for writing it out in full.
public enum CardValue: Hashable, Sendable {
  /// Nothing: the model or the scan decides.
  case absent
  /// A word.
  case text(String)
  /// true or false.
  case truth(Bool)
  /// A whole number.
  case whole(Int)
  /// A number.
  case number(Double)
  /// Several values.
  case list([CardValue])
  /// Keys with values, in order.
  case mapping([Entry])

  /// A key with its value.
  public struct Entry: Hashable, Sendable {
    /// The key as YAML spells it.
    public var key: String
    /// Its value.
    public var value: CardValue

    /// A key with its value.
    public init(_ key: String, _ value: CardValue) {
      self.key = key
      self.value = value
    }
  }
}

extension ModelCard {
  /// Every key of the card with the value in force, given or by default; the provenance of a result holds it.
  public var effectiveValues: CardValue {
    .mapping([
      .init("name", .init(name)),
      .init("input", input.effectiveValues),
      .init(
        "inputs",
        .mapping(inputs.map { .init($0.name, $0.values.count == 1 ? .number($0.values[0]) : .init($0.values)) })),
      .init("output", output.effectiveValues),
    ])
  }
}

extension ModelCard.Input {
  fileprivate var effectiveValues: CardValue {
    .mapping([
      .init("axes", .text(axes.description)),
      .init("orientation", .init(orientation)),
      .init("spacing", spacing.map(CardValue.init) ?? .absent),
      .init("interpolation", .text(interpolation.rawValue)),
      .init("antialias", .truth(antialias)),
      .init("shape", shape.map { .list($0.map(CardValue.whole)) } ?? .absent),
      .init("clip", byChannel { $0.clip.map { CardValue([$0.lowerBound, $0.upperBound]) } ?? .absent }),
      .init("normalization", byChannel { $0.normalization.effectiveValue }),
      .init("scale", byChannel { $0.scale.map { CardValue($0) } ?? .absent }),
      .init("mask", byChannel { .text($0.mask.rawValue) }),
      .init("keep_zeros", byChannel { .truth($0.keepZeros) }),
      .init("background", byChannel { .number($0.background) }),
    ])
  }

  /// One value where all channels share it, else a list.
  private func byChannel(_ value: (ModelCard.Scaling) -> CardValue) -> CardValue {
    let values = scalings.map(value)
    return Set(values).count == 1 ? values[0] : .list(values)
  }
}

extension ModelCard.Output {
  fileprivate var effectiveValues: CardValue {
    .mapping([
      .init("name", .init(name)),
      .init("kind", .text(kind.rawValue)),
      .init("activation", .init(activation?.rawValue)),
      .init("classes", .list(classes.map(CardValue.text))),
      .init("bins", bins.map(CardValue.init) ?? .absent),
      .init("latent_mean", .init(latentMean)),
      .init("latent_log_variance", .init(latentLogVariance)),
    ])
  }
}

extension Normalization {
  fileprivate var effectiveValue: CardValue {
    switch self {
    case .none: .text("none")
    case .zscore: .text("zscore")
    case .minmax: .text("minmax")
    case .given(let mean, let std): .mapping([.init("mean", mean.effectiveValue), .init("std", std.effectiveValue)])
    case .percentile(let low, let high): .mapping([.init("percentile", .init([low, high]))])
    }
  }
}

extension Statistic {
  fileprivate var effectiveValue: CardValue {
    switch self {
    case .number(let number): .number(number)
    case .volume(let path): .text(path)
    }
  }
}

extension CardValue {
  fileprivate init(_ text: String?) { self = text.map(CardValue.text) ?? .absent }
  fileprivate init(_ numbers: [Double]) { self = .list(numbers.map(CardValue.number)) }
}
