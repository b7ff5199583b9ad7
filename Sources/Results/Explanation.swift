public import PellucidAtlases
public import PellucidAttribution
public import PellucidFaults
internal import PellucidTensors
public import PellucidVolumes

/// A map with all that is known about it: made by the explainer, written by ``ResultWriter``.
public struct Explanation: Sendable {
  /// What it is and how it was made; its files are not known yet.
  public let record: ResultRecord
  /// What the files are named after: the scan's name without its ending.
  public let stem: String
  /// The map on the grid asked for: i fastest, a volume a channel, in units of the score (of gradients: score by normalized intensity).
  public let volume: Volume
  /// The map as the method made it, `[1, C, D, H, W]` on the network's input, with its facts.
  public let relevance: Relevance
  /// The scan, which pictures show under the map.
  public let anatomy: Volume
  /// The region table, where an atlas is given.
  public let table: RegionTable?
  /// Names of the atlas's regions by label.
  public let regionNames: [Int32: String]
  /// What was explained.
  public let target: Target
  /// What the score is called: logit or probability, or score where the outputs have no probabilities.
  public let scoreName: String
  /// What looks like a mistake about the scan.
  public let warnings: [Note]
  /// The images of a network that takes several, with their channels; empty for one.
  public var images: [(name: String, channels: Range<Int>)] = []
  /// The references that the table's regions were held against; nil: none.
  public var norms: NormReferences?

  /// An explanation made of its parts.
  package init(
    record: ResultRecord, stem: String, volume: Volume, relevance: Relevance, anatomy: Volume, table: RegionTable?,
    regionNames: [Int32: String], target: Target, scoreName: String, warnings: [Note]
  ) {
    self.record = record
    caption = record.method
    self.stem = stem
    self.volume = volume
    self.relevance = relevance
    self.anatomy = anatomy
    self.table = table
    self.regionNames = regionNames
    self.target = target
    self.scoreName = scoreName
    self.warnings = warnings
  }

  /// The method's name.
  public var method: String { record.method }
  /// What the method is called in titles, where several settings of one are told apart: `lrp:composite=epsilon`.
  public var caption: String
  /// On which scale the target was explained.
  public var scoreKind: ScoreKind { record.score }
  /// The score's value for the scan.
  public var score: Double { record.scoreValue }
  /// Seconds in the method alone.
  public var seconds: Double { record.seconds?.method ?? .nan }

  /// The map as pictures show it: the channels' sum, or the one map that they share.
  package var overlay: Volume {
    volume.channels > 1 && relevance.map.shape[1] > 1 ? volume.channelsSummed() : volume.channel(alone: 0)
  }
}
