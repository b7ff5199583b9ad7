public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
public import PellucidTables
public import PellucidTensors
public import PellucidVolumes

/// What a layer makes of a scan: its tensor as the file defines it, channel by channel, on the layer's own grid.
public struct FeatureMaps: Sendable {
  /// What is known of a channel.
  public struct Channel: Hashable, Sendable {
    /// Its place among the layer's channels, from 0 on.
    public let index: Int
    /// Mean and standard deviation (population) over the cells.
    public let mean, deviation: Double
    /// The smallest and the largest value.
    public let low, high: Float
    /// Mean magnitude, by which channels are ranked.
    public let strength: Double
    /// The part of the cells that hold exactly 0, as behind a ReLU that is shut.
    public let zeros: Double
    /// The cell (d, h, w) of the largest magnitude.
    public let peak: VoxelIndex
  }

  /// The layer.
  public let layer: LayerChoice
  /// Its grid in the scan's world.
  public let grid: LayerGrid
  /// Its tensor, in its own shape.
  public let tensor: Tensor
  /// All of its channels.
  public let channels: [Channel]
  /// Those that were asked for, in the order of the volume.
  public let chosen: [Int]
  /// The chosen channels on the layer's grid.
  public let volume: Volume

  /// Looks at a scan through a layer.
  ///
  /// - Throws: `.usage` where there is no such channel, or the layer's values have no place in the scan; `.numeric` where one is not finite.
  public init(
    of layer: LayerChoice, _ choice: ChannelChoice, in subject: Explainer.Case
  ) throws(PellucidError) {
    let network = subject.network
    guard let grid = LayerGrid(of: layer.value, in: network, world: subject.inputWorld) else {
      throw .layerWithoutPlace(layer.name, network.imported.shape(of: layer.value).description)
    }
    self.layer = layer
    self.grid = grid
    tensor = try subject.activation(of: layer)
    let all = grid.volume(of: tensor, space: subject.anatomy.space.onItsOwn)
    channels = (0..<all.channels).map { Self.facts(of: $0, all) }
    chosen = try choice.channels(of: layer.name, strengths: channels.map(\.strength))
    volume = choice == .all ? all : all.selecting(chosen)
  }

  private static func facts(of index: Int, _ volume: Volume) -> Channel {
    let count = volume.shape.count
    let values = volume.voxels.span
    let first = index * count
    var (sum, squares, magnitude) = (0.0, 0.0, 0.0)
    var (low, high) = (Float.infinity, -Float.infinity)
    var (zeros, peak) = (0, 0)
    for voxel in 0..<count {
      let value = values[first + voxel]
      let wide = Double(value)
      sum += wide
      squares += wide * wide
      magnitude += abs(wide)
      (low, high) = (min(low, value), max(high, value))
      if value == 0 { zeros += 1 }
      if value.magnitude > values[first + peak].magnitude { peak = voxel }
    }
    let n = Double(count)
    let shape = volume.shape
    return Channel(
      index: index, mean: sum / n, deviation: max(0, squares / n - sum / n * (sum / n)).squareRoot(), low: low,
      high: high, strength: magnitude / n, zeros: Double(zeros) / n,
      peak: VoxelIndex(i: peak % shape.i, j: peak / shape.i % shape.j, k: peak / (shape.i * shape.j)))
  }

  /// The channels that are 0 everywhere.
  public var silent: [Int] { channels.filter { $0.low == 0 && $0.high == 0 }.map(\.index) }

  /// A row a channel: what it holds, and where it is strongest.
  public var table: Table {
    let peaks = channels.map { grid.affine.worldPoint(of: $0.peak) }
    return Table([
      .whole("channel", channels.map(\.index)), .number("mean", channels.map(\.mean)),
      .number("sd", channels.map(\.deviation)), .number("min", channels.map { Double($0.low) }),
      .number("max", channels.map { Double($0.high) }), .number("mean_magnitude", channels.map(\.strength)),
      .number("zeros", channels.map(\.zeros)), .whole("peak_d", channels.map(\.peak.i)),
      .whole("peak_h", channels.map(\.peak.j)), .whole("peak_w", channels.map(\.peak.k)),
      .number("peak_x_mm", peaks.map(\.x)), .number("peak_y_mm", peaks.map(\.y)), .number("peak_z_mm", peaks.map(\.z)),
    ])
  }
}

extension SpaceRecord {
  /// For another grid in the same space: a qform of the scan's own grid would not be true of it.
  package var onItsOwn: SpaceRecord {
    var record = self
    record.qformAffine = nil
    if record.sformCode == 0 { record.sformCode = max(1, qformCode) }
    // An affine of cells may shear, which a qform cannot say.
    record.qformCode = 0
    return record
  }
}

extension Volume {
  /// The volume with these channels, in this order.
  func selecting(_ wanted: [Int]) -> Volume {
    var out = self
    out.channels = wanted.count
    out.voxels = wanted.flatMap { voxels[($0 * shape.count)..<(($0 + 1) * shape.count)] }
    return out
  }
}

extension PellucidError {
  static func layerWithoutPlace(_ name: String, _ shape: String) -> Self {
    .init(
      .usage, what: "the values of the layer \(name) have no place in the scan", why: "its output is \(shape)",
      remedy: "choose a layer before the axes are taken apart; pellucid attention shows what tokens see")
  }
}
