/// The scans and places that a channel is most relevant for: relevance maximization (RelMax).
///
/// Where activation maximization asks what drives a channel, this asks for what it is used.
/// - Source: Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8, equation 9, by the sum over the layer.
public enum RelevanceMaximum {
  /// A scan of a channel's.
  public struct Reference: Sendable {
    /// The channel.
    public let channel: Int
    /// From 1.
    public let rank: Int
    /// The scan's place among those looked at.
    public let scan: Int
    /// What arrives at the channel in it.
    public let found: ChannelRelevance.Channel
  }

  /// The scans in which each channel has the most positive relevance, most first.
  ///
  /// - Parameters:
  ///   - channels: of each scan, all channels in order.
  ///   - wanted: which channels are asked for.
  public static func references(
    _ channels: [[ChannelRelevance.Channel]], of wanted: [Int], count: Int
  ) -> [Reference] {
    wanted.flatMap { channel in
      let order = channels.indices.filter { channels[$0][channel].relevance > 0 }.sorted {
        (-channels[$0][channel].relevance, $0) < (-channels[$1][channel].relevance, $1)
      }
      return order.prefix(count).enumerated().map { rank, scan in
        Reference(channel: channel, rank: rank + 1, scan: scan, found: channels[scan][channel])
      }
    }
  }

  /// The channels with the most relevance over all scans, by Σ of magnitudes, first the largest.
  public static func strongest(_ channels: [[ChannelRelevance.Channel]], count: Int) -> [Int] {
    let sums = (channels.first ?? []).indices.map { channel in
      channels.reduce(0) { $0 + abs($1[channel].relevance) }
    }
    return Array(sums.indices.sorted { (-sums[$0], $0) < (-sums[$1], $1) }.prefix(count))
  }
}
