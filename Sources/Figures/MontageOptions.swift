public import PellucidVolumes

/// What a montage shows and how; every default is what a paper's figure would take.
public struct MontageOptions: Sendable {
  /// Whether a map has two directions.
  public enum Sign: String, Sendable, Hashable, CaseIterable {
    /// Signed where negative values hold more than 1 % of Σ|R|.
    case automatic
    /// From −limit to limit.
    case signed
    /// From 0 to limit; negative values are not drawn.
    case unsigned
  }

  /// What part of space is shown.
  public enum Crop: Sendable, Hashable {
    /// The head's bounding box and 4 mm around it.
    case head
    /// The scan's whole grid.
    case none
    /// The box of the outlined regions and 10 mm around it; without contours as `head`.
    case regions
    /// A box in mm.
    case box(WorldBox)
  }

  /// The page.
  public enum Background: String, Sendable, Hashable, CaseIterable {
    /// Black page, light text.
    case black
    /// White page, dark text; the air around the head is white too.
    case white
  }

  /// How slices are spread where no positions are given.
  public enum Spread: String, Sendable, Hashable, CaseIterable {
    /// Where relevance is.
    case relevance
    /// Evenly over the head.
    case even
  }

  /// Which slices, top to bottom [axial, coronal, sagittal].
  public var planes: [SlicePlane] = SlicePlane.allCases
  /// How many slices a plane [7]; fewer where relevance reaches over less; long rows are broken.
  public var slices = 7
  /// Where they lie [where relevance is].
  public var spread = Spread.relevance
  /// Glass brains instead of slices: one view a plane, the strongest relevance on each line of sight [false].
  public var glass = false
  /// Where to cut, mm (the same in every plane) [nil: where relevance is, see `slices`].
  public var positions: [Double]?
  /// Where to cut each plane, mm; planes without a list are cut where relevance is [none].
  public var cuts: [SlicePlane: [Double]] = [:]
  /// Percentile of |R| (over voxels that are neither 0 nor NaN) below which nothing is drawn, 0…100 [0].
  public var threshold = 0.0
  /// Colours of the overlay [nil: `frostfire` where signed, `inferno` where not].
  public var colourMap: ColourMap?
  /// Opacity of strong relevance, 0…1 [0.8]; below half the limit it falls evenly to 0: alpha · 2·|R|/limit.
  public var alpha = 0.8
  /// One direction or two [automatic].
  public var sign = Sign.automatic
  /// The value at the end of the colour bar, for sharing it across subjects [nil: a percentile of |R|].
  public var limit: Double?
  /// The values at both ends of the colour bar; overrules `limit` and `sign` [nil].
  ///
  /// From below to above 0: two directions, of which each has its own reach. From 0 on upwards, or up to 0: one direction, and values of
  /// the other sign are not drawn.
  public var range: ClosedRange<Double>?
  /// That percentile, over voxels that are neither 0 nor NaN [99.9].
  public var limitPercentile = 99.9
  /// The overlay's channel, counted from 0 [0].
  public var channel = 0
  /// The anatomy's channel, counted from 0 [0].
  public var anatomyChannel = 0
  /// Values that are black and white in the anatomy [nil: 2nd and 98th percentile of the head].
  public var window: ClosedRange<Double>?
  /// How the overlay is sampled; the anatomy always linearly [linear].
  public var interpolation = Interpolation.linear
  /// Outlines of regions over the slices [none].
  public var contours: Contours?
  /// Which side left is on; stated on the picture [neurological: left is left].
  public var convention = Convention.neurological
  /// What part of space is shown [head].
  public var crop = Crop.head
  /// Black or white page [black].
  public var background = Background.black
  /// First line, bold [none].
  public var title: String?
  /// Second line [none].
  public var subtitle: String?
  /// What the colour bar shows, with its unit [relevance].
  public var label = "relevance"
  /// Width of the page, mm [180: two columns of a journal]; few slices take less.
  public var width = 180.0
  /// Pixels an inch [300].
  public var dotsPerInch = 300.0
  /// Text, marks and colour bar; false: slices only [true].
  public var annotated = true

  /// The defaults.
  public init() {}
}
