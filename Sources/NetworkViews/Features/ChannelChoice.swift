public import PellucidFaults

/// Which channels of a layer are wanted.
public enum ChannelChoice: Hashable, Sendable {
  /// All of them, in their order.
  case all
  /// So many with the largest mean magnitude, the strongest first.
  case top(Int)
  /// These, in this order.
  case list([Int])

  /// `all`, `top:N`, or numbers with commas between, counted from 0.
  /// - Throws: `.usage` for anything else.
  public init(parsing text: String) throws(PellucidError) {
    if text == "all" {
      self = .all
    } else if text.hasPrefix("top:") {
      guard let count = Int(text.dropFirst(4)), count > 0 else { throw .channels(text) }
      self = .top(count)
    } else {
      var list: [Int] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let channel = Int(part.filter { $0 != " " }), channel >= 0 else { throw .channels(text) }
        if !list.contains(channel) { list.append(channel) }
      }
      self = .list(list)
    }
  }

  /// As it is written.
  public var text: String {
    switch self {
    case .all: "all"
    case .top(let count): "top:\(count)"
    case .list(let channels): channels.map(String.init).joined(separator: ",")
    }
  }

  /// The channels of a layer.
  /// - Parameter strengths: of each channel.
  /// - Throws: `.usage` where one is not there.
  func channels(of layer: String, strengths: [Double]) throws(PellucidError) -> [Int] {
    switch self {
    case .all: return Array(strengths.indices)
    case .top(let count): return Array(Self.strongestFirst(strengths).prefix(count))
    case .list(let list):
      if let odd = list.first(where: { $0 >= strengths.count }) {
        throw .noChannel(odd, of: layer, count: strengths.count)
      }
      return list
    }
  }

  /// Indices by falling strength; of equal ones the lower first.
  static func strongestFirst(_ strengths: [Double]) -> [Int] {
    strengths.indices.sorted { (-strengths[$0], $0) < (-strengths[$1], $1) }
  }
}

extension PellucidError {
  static func channels(_ text: String) -> Self {
    .init(
      .usage, what: "`channels` \(text) cannot be read",
      remedy: "write all, top:N, or numbers from 0 on with commas between")
  }
}
