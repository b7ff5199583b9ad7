public import PellucidFaults
public import PellucidVolumes

/// One scan on its way through the stages of a network: a row a stage, from the voxels down to the classes, with the decisive path.
public struct CascadeFigure: Figure {
  /// A channel that is shown.
  public struct Tile: Sendable, Hashable {
    /// What stands below it.
    public var caption: String
    /// Its part of the stage's relevance, which colours it where it has no map.
    public var share: Double
    /// Whether the decisive path goes through it.
    public var isOnPath: Bool

    /// A channel.
    public init(caption: String, share: Double, isOnPath: Bool) {
      (self.caption, self.share, self.isOnPath) = (caption, share, isOnPath)
    }
  }

  /// A stage.
  public struct Stage: Sendable {
    /// What stands at its left, first line bold.
    public var lines: [String]
    /// The channels that are shown.
    public var tiles: [Tile]
    /// What lies over the scan in each tile, a volume a tile; nil: values without a place.
    public var maps: Volume?
    /// Whether each tile has a scale of its own [false: all of the stage have one].
    public var scalesApart = false
    /// The part of the relevance that each channel has, the largest first.
    public var shares: [Double]
    /// The place in `shares` that the path goes through; nil: none.
    public var pathShare: Int?

    /// A stage.
    public init(lines: [String], tiles: [Tile], maps: Volume?, shares: [Double] = [], pathShare: Int? = nil) {
      (self.lines, self.tiles, self.maps, self.shares, self.pathShare) = (lines, tiles, maps, shares, pathShare)
    }
  }

  /// A class.
  public struct Answer: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its probability, or its score.
    public var value: Double
    /// Whether it is explained.
    public var isTarget: Bool

    /// A class.
    public init(name: String, value: Double, isTarget: Bool) {
      (self.name, self.value, self.isTarget) = (name, value, isTarget)
    }
  }

  /// First line, bold [none].
  public var title: String?
  /// Second line [none].
  public var subtitle: String?
  /// At the foot [none].
  public var note: String?
  /// Pixels an inch [300].
  public var dotsPerInch = 300.0
  let anatomy: MontageAnatomy
  let stages: [Stage]
  let answers: [Answer]
  let box: WorldBox
  let cut: (plane: SlicePlane, position: Double)

  /// A figure.
  ///
  /// - Parameters:
  ///   - anatomy: the scan.
  ///   - stages: from the voxels on.
  ///   - answers: the classes.
  ///   - path: the relevance along the path: all tiles show the slice on which it has most.
  /// - Throws: `.badData` where an affine is singular or a volume empty.
  public init(
    anatomy: Volume, stages: [Stage], answers: [Answer], path: Volume
  ) throws(PellucidError) {
    self.anatomy = try MontageAnatomy(anatomy)
    (self.stages, self.answers) = (stages, answers)
    let box = self.anatomy.headBox
    self.box = box
    var profile = AxisProfile(over: box)
    profile.add(path, channel: 0) { max(0, $0) }
    // A slice of the plane on which most of it lies; coronal where there is none.
    let planes = SlicePlane.allCases.filter { box.extent($0.normal) > 0 }
    let best = planes.max { profile.peak(axis: $0.normal) < profile.peak(axis: $1.normal) } ?? .coronal
    let plane = profile.peak(axis: best.normal) > 0 ? best : .coronal
    let bins = profile.bins[plane.normal]
    let peak = bins.indices.max { bins[$0] < bins[$1] } ?? 0
    let middle = (box.low[plane.normal] + box.high[plane.normal]) / 2
    cut = (
      plane,
      bins[peak] > 0 ? profile.origin[plane.normal] + (Double(peak) + 0.5) * profile.width : middle
    )
  }

  enum Measure {
    static let width = 510.0
    static let margin = 8.0
    static let names = 104.0
    static let bars = 74.0
    static let gap = 5.0
    static let caption = 9.0
    static let between = 9.0
    static let answer = 12.0
  }

  var columns: Int { max(3, stages.map(\.tiles.count).max() ?? 3) }

  var tile: (width: Double, height: Double) {
    let room = Measure.width - 2 * Measure.margin - Measure.names - Measure.bars - 2 * Measure.gap
    let width = (room - Measure.gap * Double(columns - 1)) / Double(columns)
    let (h, v) = (box.extent(cut.plane.horizontal), box.extent(cut.plane.vertical))
    let height = width * v / max(h, 1e-9)
    return height > 80 ? (width * 80 / height, 80) : (width, height)
  }

  var top: Double { Measure.margin + (title == nil ? 0 : 13) + (subtitle == nil ? 0 : 11) + 3 }

  /// Upper edges of the rows.
  func y(ofRow row: Int) -> Double {
    (0..<row).reduce(top) { $0 + height(ofRow: $1) + Measure.caption + Measure.between }
  }

  /// Height of a row's tiles: those without a map are flat.
  func height(ofRow row: Int) -> Double { stages[row].maps == nil ? 24 : tile.height }

  /// Left edge of a tile.
  func x(ofTile place: Int) -> Double {
    Measure.margin + Measure.names + Measure.bars + 2 * Measure.gap + Double(place) * (tile.width + Measure.gap)
  }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (
      Measure.width,
      y(ofRow: stages.count) + 6 + Double(answers.count) * Measure.answer + (note == nil ? 0 : 10) + Measure.margin
    )
  }

  /// Title and description.
  public var texts: [(key: String, text: String)] {
    [title.map { (key: "Title", text: $0) }, subtitle.map { (key: "Description", text: $0) }].compactMap { $0 }
  }
}
