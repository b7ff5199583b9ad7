// What all channels share, or the first of several.
extension ModelCard.Input {
  /// The scaling of a channel.
  public func scaling(ofChannel channel: Int) -> ModelCard.Scaling {
    scalings.count == 1 ? scalings[0] : scalings[channel]
  }

  /// How intensities are scaled, of the first channel; set, it holds for all.
  public var normalization: Normalization {
    get { scalings[0].normalization }
    set { for index in scalings.indices { scalings[index].normalization = newValue } }
  }

  /// Which voxels' statistics are used, of the first channel.
  public var mask: StatisticsMask { scalings[0].mask }

  /// Whether voxels of 0 stay 0, of the first channel.
  public var keepZeros: Bool { scalings[0].keepZeros }

  /// The network's "nothing here", of the first channel.
  public var background: Double { scalings[0].background }

  /// The same of each of `channels` channels.
  public func backgrounds(channels: Int) -> [Double] { (0..<channels).map { scaling(ofChannel: $0).background } }
}
