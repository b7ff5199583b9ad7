public import PellucidExplaining
public import PellucidFaults
public import PellucidNetworks
internal import PellucidVolumes

/// How active a layer's units are over scans: behind their ReLU where they have one.
public struct UnitActivity: Sendable {
  /// What is known of a unit over all cells of all scans.
  public struct Unit: Hashable, Sendable {
    /// Mean value.
    public var mean = 0.0
    /// The largest value.
    public var high = -Float.infinity
    /// The part of the cells that are 0 or less.
    public var shut = 0.0
    /// Whether it is above 0 nowhere: behind a ReLU it has no part in any answer.
    public var isDead: Bool { high <= 0 }
  }

  /// The tensor that was looked at.
  public let tensor: String
  /// Whether a ReLU makes it.
  public let isRectified: Bool
  /// How many scans were looked at.
  public private(set) var scans = 0
  /// The units.
  public private(set) var units: [Unit] = []

  private let layer: LayerChoice

  /// The activity of a layer, over no scan yet.
  public init(of layer: LayerChoice, in network: Network) throws(PellucidError) {
    let graph = network.imported
    var here = layer.value
    var isRectified = graph.maker(of: here)?.operation.role == .rectifier
    // A normalization, and then the ReLU.
    for _ in 0..<3 where !isRectified {
      let readers = graph.nodes.filter { $0.inputs.contains(here) }
      guard readers.count == 1, let next = readers.first, next.inputs.count == 1,
        [.normalization, .rectifier].contains(next.operation.role)
      else { break }
      here = next.output
      isRectified = next.operation.role == .rectifier
    }
    let name = isRectified ? graph.values[here.index].name : layer.tensor
    (tensor, self.isRectified) = (name, isRectified)
    self.layer = try LayerChoice(name, in: network)
  }

  /// Adds a scan.
  public mutating func add(_ subject: Explainer.Case) throws(PellucidError) {
    let maps = try FeatureMaps(of: layer, .all, in: subject)
    let cells = maps.grid.shape.count
    if units.isEmpty { units = Array(repeating: Unit(), count: maps.channels.count) }
    scans += 1
    for (index, channel) in maps.channels.enumerated() where index < units.count {
      var shut = 0
      for cell in 0..<cells where maps.volume.voxels[index * cells + cell] <= 0 { shut += 1 }
      units[index].mean += (channel.mean - units[index].mean) / Double(scans)
      units[index].shut += (Double(shut) / Double(cells) - units[index].shut) / Double(scans)
      units[index].high = max(units[index].high, channel.high)
    }
  }

  /// The units that are dead: behind a ReLU above 0 nowhere.
  public var dead: [Int] { isRectified ? units.indices.filter { units[$0].isDead } : [] }
}
