public import PellucidFaults
public import PellucidTensors

/// A way to say which voxels made a score: an image and a score function in, a relevance map out.
///
/// ## Topics
///
/// ### What it is
///
/// - ``name``
/// - ``summary``
/// - ``paper``
/// - ``measure``
/// - ``defaultScore``
/// - ``needsAtlas``
///
/// ### Its parameters as text
///
/// - ``options``
/// - ``init(_:)``
/// - ``settings(for:_:)``
///
/// ### Its map
///
/// - ``relevance(of:to:progress:)``
public protocol AttributionMethod: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// One line on what it computes.
  static var summary: String { get }
  /// Where it was published.
  static var paper: String { get }
  /// How its maps' values behave when the grid changes.
  static var measure: Relevance.Measure { get }
  /// Its options with defaults.
  static var options: [MethodOption] { get }
  /// The scale that is explained unless the user asks for another.
  static var defaultScore: ScoreKind { get }

  /// Whether it cannot do without an atlas.
  static var needsAtlas: Bool { get }

  /// The method with these option values as text; those that are not given are the defaults.
  /// - Throws: `.usage` for what a parameter cannot be, naming it.
  init(_ values: OptionValues) throws(PellucidError)

  /// The value in force of every option, as text that ``init(_:)`` reads back to make the same map of this subject and score.
  ///
  /// What the subject or the network decides is named: a layer, the input's range. An option that has no effect beside the others is left
  /// out, and so is a flag that is off.
  /// - Throws: what `relevance(of:to:progress:)` throws where the subject or the network lacks what the method needs.
  func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues

  /// The relevance of each voxel of `subject.image`.
  func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance
}

extension AttributionMethod {
  /// Gradients, CAMs and LRP explain the logit.
  public static var defaultScore: ScoreKind { .logit }
  /// Most methods need none.
  public static var needsAtlas: Bool { false }
}

/// What is explained: the network's input and what is known about it.
public struct Subject: Sendable {
  /// The network's input, [1, C, D, H, W], in normalized units.
  public let image: Tensor
  /// The value that means "nothing here", in normalized units: one for all channels, or one a channel.
  public let backgrounds: [Float]
  /// That of the first channel.
  public var background: Float { backgrounds[0] }
  /// A region label for each voxel of the input, row-major D, H, W (0: none); nil where no atlas is given.
  public let labels: [Int32]?
  /// Labels of the atlas's regions in its order.
  public let regions: [Int32]
  /// For D, H, W the axis of the model's grid that it is: 0 for i, 1 for j, 2 for k.
  public let gridAxes: [Int]
  /// Edge lengths of the input's voxels along D, H, W, mm.
  public let voxelSizes: [Double]
  /// Its place in the world, for the fills that need it; nil: unknown.
  public let world: (any SubjectWorld)?
  /// Reads the files that options name; nil: nobody does.
  public private(set) var files: (any OptionFiles)?
  /// The channels of each image of a network that takes several; empty: each channel is an image of its own.
  package var images: [Range<Int>] = []

  /// A subject.
  public init(
    image: Tensor, background: Float = 0, backgrounds: [Float]? = nil, labels: [Int32]? = nil, regions: [Int32] = [],
    gridAxes: [Int] = [0, 1, 2], voxelSizes: [Double] = [1, 1, 1], world: (any SubjectWorld)? = nil,
    files: (any OptionFiles)? = nil
  ) {
    precondition(voxelSizes.count == 3 && voxelSizes.allSatisfy { $0 > 0 }, "voxels have three positive sizes")
    precondition(gridAxes.sorted() == [0, 1, 2], "the tensor's axes are those of the grid in some order")
    self.image = image
    precondition(
      backgrounds.map { [1, image.shape[1]].contains($0.count) } ?? true, "one background, or one a channel")
    let all = backgrounds ?? [background]
    self.backgrounds = Set(all).count == 1 ? [all[0]] : all
    self.labels = labels
    self.regions = regions
    self.gridAxes = gridAxes
    self.voxelSizes = voxelSizes
    self.world = world
    self.files = files
  }

  /// The same, with its options' files read by another.
  package func reading(by files: any OptionFiles) -> Subject {
    var own = self
    own.files = files
    return own
  }
}

/// A relevance map with what is needed to carry it to another grid and to account for it.
public struct Relevance: Sendable {
  /// How a map's values behave when the grid changes.
  public enum Measure: String, Hashable, Sendable {
    /// Parts that add up to a whole: resampling keeps the sum.
    case extensive
    /// A value at each place: resampling interpolates.
    case intensive
    /// One value for a whole region: resampling takes the nearest.
    case regional

    /// What that means, in words.
    public var meaning: String {
      switch self {
      case .extensive: "extensive: its values add up, so resampling keeps their sum"
      case .intensive: "intensive: a value at each place, so resampling interpolates"
      case .regional: "regional: one value for a whole region"
      }
    }
  }

  /// The map, [1, C, D, H, W] or [1, 1, D, H, W] where all channels share it.
  public var map: Tensor
  /// How its values behave.
  public var measure: Measure
  /// The score drop of each region, for methods that occlude regions.
  public var scoreDrops: [Int32: Double]
  /// What the provenance should say: names and values in order.
  public var facts: [Fact]
  /// A value for each pair of regions, for methods that look at pairs.
  public var matrix: RegionMatrix?
  /// What a reader of the map should know.
  public var notes: [Note] = []
  /// Tables to be written beside the map.
  public var tables: [MethodTable] = []

  /// A relevance map.
  public init(
    _ map: Tensor, measure: Measure, scoreDrops: [Int32: Double] = [:], facts: [Fact] = []
  ) {
    self.map = map
    self.measure = measure
    self.scoreDrops = scoreDrops
    self.facts = facts
  }

  /// A fact for the provenance.
  public struct Fact: Hashable, Sendable {
    /// What it is about, as a key.
    public let name: String
    /// What it says.
    public let value: Value

    /// A fact.
    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }

    /// What a fact says.
    public enum Value: Hashable, Sendable {
      /// Words.
      case text(String)
      /// A number.
      case number(Double)
      /// Several numbers.
      case numbers([Double])
      /// Whole numbers; a single one stands by itself.
      case integers([Int])
      /// A list of whole numbers, however many.
      case list([Int])
      /// Rows of values under names.
      case table(MethodTable)
    }

    /// Regions of the atlas that were asked for and have no voxel in the model's field of view.
    static func regionsOutside(_ labels: [Int32]) -> Self { Self("regions_outside", .list(labels.map(Int.init))) }
  }

  /// Regions of the atlas without a voxel in the model's field of view, which have no value; nil where the method looks at none.
  public var regionsOutside: [Int32]? {
    for fact in facts where fact.name == "regions_outside" {
      if case .list(let labels) = fact.value { return labels.map(Int32.init) }
    }
    return nil
  }
}

/// A table that a method makes beside its map.
public struct MethodTable: Hashable, Sendable {
  /// What its file is called after: `STEM_METHOD_name.tsv`.
  public let name: String
  /// Names of the columns.
  public let columns: [String]
  /// A value a column.
  public let rows: [[Relevance.Fact.Value]]

  /// A table.
  public init(name: String, columns: [String], rows: [[Relevance.Fact.Value]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row has a value for every column")
    self.name = name
    self.columns = columns
    self.rows = rows
  }
}

/// A value for each pair of regions.
public struct RegionMatrix: Sendable {
  /// The regions, in the atlas's order.
  public let labels: [Int32]
  /// A row a region, a column a region.
  public let values: [[Double]]

  /// A matrix.
  public init(labels: [Int32], values: [[Double]]) {
    precondition(values.count == labels.count && values.allSatisfy { $0.count == labels.count }, "a matrix is square")
    self.labels = labels
    self.values = values
  }
}

/// Hears how far a long computation has come.
public protocol ProgressObserver: Sendable {
  /// Called as work proceeds.
  /// - Parameters:
  ///   - done: pieces finished.
  ///   - total: pieces in all.
  func advanced(to done: Int, of total: Int)

  /// Whether the work is wanted no more; methods that take long ask between pieces, and end with an error.
  var isCancelled: Bool { get }
}

extension ProgressObserver {
  /// Nobody cancels.
  public var isCancelled: Bool { false }

  /// Ends work that is wanted no more.
  package func check() throws(PellucidError) { if isCancelled { throw .cancelled() } }
}

/// Nobody listens.
public struct SilentProgress: ProgressObserver {
  /// Nobody.
  public init() {}
  /// Does nothing.
  public func advanced(to done: Int, of total: Int) {}
}
