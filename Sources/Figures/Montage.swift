public import PellucidFaults
internal import PellucidTables
public import PellucidVolumes

/// Slices of a scan with maps laid over them, as a figure of a paper.
///
/// Everything is placed in world coordinates: the scan and the maps may have different grids, orientations and voxel sizes. What is
/// shown is decided when the montage is made; the same volumes and options give the same bytes.
public struct Montage: Figure {
  /// A map and the words beside it.
  public struct Layer: Sendable {
    /// The map; its grid need not be the scan's.
    public var map: Volume
    /// What stands at the left of its rows; nil: nothing.
    public var name: String?

    /// How it is sampled; nil: as the options say.
    public var interpolation: Interpolation?

    /// What its colour bar shows, with its unit; nil: as the options say.
    public var label: String?

    /// Whether it has two directions; nil: as the options say.
    public var sign: MontageOptions.Sign?

    /// A map, named or not.
    public init(
      _ map: Volume, name: String? = nil, interpolation: Interpolation? = nil, label: String? = nil,
      sign: MontageOptions.Sign? = nil
    ) {
      (self.map, self.name, self.interpolation, self.label, self.sign) = (map, name, interpolation, label, sign)
    }
  }

  /// One slice to be drawn.
  struct Tile: Sendable, Hashable {
    let plane: SlicePlane
    /// mm; nil: the whole box seen through, a glass brain.
    let position: Double?
  }

  /// Rows of slices that share a map and its colour bar.
  struct Band: Sendable {
    let name: String?
    /// Index into `scales` and `overlays`; nil: anatomy only.
    let layer: Int?
    let rows: [[Tile]]
  }

  let options: MontageOptions
  let anatomy: SliceSampler
  let window: AnatomyWindow
  let overlays: [SliceSampler]
  package let scales: [OverlayScale]
  /// What each map's colour bar shows.
  let labels: [String]
  let contours: ContourSampler?
  let sharedScale: Bool
  let box: WorldBox
  let bands: [Band]
  package let notes: [String]
  let layout: MontageLayout
  /// The tiles' pixels for PNG, where they were computed before they are drawn.
  var images: [PixelImage?] = []

  /// A montage of a scan with one map over it, or none.
  /// - Throws: `.usage` where an option is out of range; `.badData` where an affine is singular or a volume empty.
  public init(anatomy: Volume, overlay: Volume?, options: MontageOptions = MontageOptions()) throws(PellucidError) {
    try self.init(
      anatomy: try Self.anatomy(anatomy, options), layers: overlay.map { [Layer($0)] } ?? [], sharedScale: false,
      grid: false, options: options)
  }

  /// The same with a scan that other montages show too.
  /// - Precondition: the options' channel and window are those that the anatomy was made with.
  public init(
    anatomy: MontageAnatomy, overlay: Volume?, options: MontageOptions = MontageOptions()
  ) throws(PellucidError) {
    try options.check()
    try self.init(
      anatomy: anatomy, layers: overlay.map { [Layer($0)] } ?? [], sharedScale: false, grid: false, options: options)
  }

  /// The same with a map whose scale is known.
  /// - Precondition: the scale is that of the map under these options.
  package init(
    anatomy: MontageAnatomy, overlay: Volume, scale: OverlayScale, options: MontageOptions
  ) throws(PellucidError) {
    try self.init(
      anatomy: anatomy, layers: [Layer(overlay)], scales: [scale], sharedScale: false, grid: false, options: options)
  }

  private static func anatomy(_ scan: Volume, _ options: MontageOptions) throws(PellucidError) -> MontageAnatomy {
    try options.check()
    return try MontageAnatomy(scan, channel: options.anatomyChannel, window: options.window)
  }

  /// Maps compared on the same slices: a row a map, columns are slices through all planes asked for.
  /// - Parameters:
  ///   - layers: the maps, top to bottom; where no positions are given, slices are chosen by the relevance of all.
  ///   - sharedScale: true: one limit for all, as for subjects of a group; false: each its own, as for methods.
  /// - Throws: as the other initializer.
  public init(
    anatomy: Volume, comparing layers: [Layer], sharedScale: Bool, options: MontageOptions = MontageOptions()
  ) throws(PellucidError) {
    try self.init(
      anatomy: try Self.anatomy(anatomy, options), layers: layers, sharedScale: sharedScale, grid: true,
      options: options)
  }

  private init(
    anatomy shown: MontageAnatomy, layers: [Layer], scales known: [OverlayScale]? = nil, sharedScale: Bool, grid: Bool,
    options: MontageOptions
  ) throws(PellucidError) {
    self.options = options
    let (scan, window) = (shown.scan, shown.window)
    anatomy = shown.sampler
    self.window = window
    var overlays: [SliceSampler] = []
    for layer in layers {
      let interpolation = layer.interpolation ?? options.interpolation
      overlays.append(try SliceSampler(layer.map, channel: options.channel, interpolation: interpolation))
    }
    self.overlays = overlays
    if let labels = options.contours?.labels, labels.affine.inverse == nil {
      throw .singularAffine(labels.source, "label image")
    }
    contours = options.contours.map { ContourSampler($0) }
    self.sharedScale = sharedScale
    scales = known ?? Self.scales(of: layers, shared: sharedScale, options: options)
    labels = layers.map { $0.label ?? options.label }
    let gridBox = shown.gridBox
    box =
      switch options.crop {
      case .none: gridBox
      case .box(let wanted): wanted
      case .regions where contours?.box != nil:
        (contours?.box ?? gridBox).widened(by: 10).clipped(to: gridBox)
      case .head, .regions: shown.headBox
      }
    let planes = Self.planes(in: box, options: options)
    let columns = options.longestRow(grid: grid)
    let sources = SliceSources(
      anatomy: anatomy, foreground: window.isConstant ? -.infinity : window.foreground, layers: layers,
      overlays: overlays, scales: scales, box: box, options: options)
    let profiles = Self.profiles(sources)
    var tiles: [[Tile]] = []
    for (index, plane) in planes.enumerated() {
      // A grid's row goes through all planes; the first ones get what cannot be shared evenly.
      let count = grid ? max(1, (options.slices + planes.count - 1 - index) / planes.count) : options.slices
      tiles.append(Self.tiles(plane, count: count, scan: scan, profiles: profiles, sources: sources))
    }
    // Few slices, and those that were chosen one by one, stand in one row whatever their planes.
    if grid || options.glass || !options.cuts.isEmpty || tiles.joined().count <= 4 {
      let row = tiles.flatMap { $0 }
      bands =
        layers.isEmpty
        ? [Band(name: nil, layer: nil, rows: [row])]
        : layers.enumerated().map { Band(name: $1.name, layer: $0, rows: row.broken(at: columns)) }
    } else {
      bands = [
        Band(name: layers.first?.name, layer: layers.isEmpty ? nil : 0, rows: tiles.flatMap { $0.broken(at: columns) })
      ]
    }
    notes = Self.notes(scales, of: scan, window: window, planes: planes, options: options)
    layout = MontageLayout(
      bands: bands, scales: scales, labels: labels, box: box, notes: notes, options: options)
  }

  /// The planes asked for without those that would be lines, as of a scan of one slice; all where none would be left.
  private static func planes(in box: WorldBox, options: MontageOptions) -> [SlicePlane] {
    let longest = (0..<3).map { box.extent($0) }.max() ?? 0
    let thick = options.planes.filter { min(box.extent($0.horizontal), box.extent($0.vertical)) > longest / 12 }
    return thick.isEmpty ? options.planes : thick
  }

  /// The scale of each map; a shared one still knows which maps have nothing to show.
  private static func scales(of layers: [Layer], shared: Bool, options: MontageOptions) -> [OverlayScale] {
    let values = layers.map { $0.map.channelVoxels(options.channel) }
    func signed(_ signs: [MontageOptions.Sign?]) -> MontageOptions {
      var own = options
      if options.sign == .automatic, let sign = signs.compactMap({ $0 }).first { own.sign = sign }
      return own
    }
    guard shared, values.count > 1 else {
      return zip(values, layers).map { OverlayScale(of: [$0], options: signed([$1.sign])) }
    }
    let common = OverlayScale(of: values, options: signed(layers.map(\.sign)))
    return values.map { voxels in
      var own = common
      own.emptiness = OverlayScale.emptiness(of: voxels)
      return own
    }
  }

  /// Where the slices are, mm, in the order of `options.planes`.
  public var positions: [(plane: SlicePlane, positions: [Double])] {
    let rows = bands.first?.rows ?? []
    return options.planes.map { plane in (plane, rows.joined().filter { $0.plane == plane }.compactMap(\.position)) }
  }

  /// The value at the end of each map's colour bar, for provenance.
  public var limits: [Double] { scales.map { Double($0.limit) } }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) { (layout.width, layout.height) }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title, and a description: what the footnotes say, and the positions of the slices.
  public var texts: [(key: String, text: String)] {
    var texts: [(key: String, text: String)] = []
    if let title = options.title { texts.append((key: "Title", text: title)) }
    let slices = positions.filter { !$0.positions.isEmpty }.map { plane, places in
      "\(plane.rawValue) \(plane.axisName) = " + places.map { NumberText.millimetres($0) }.joined(separator: ", ")
    }
    let description = [options.subtitle].compactMap { $0 } + [notes.joined(separator: "; ")] + slices
    texts.append((key: "Description", text: description.joined(separator: ". ")))
    return texts
  }
}

extension MontageOptions {
  /// Slices a row before it is broken: labels need 14 mm each.
  func longestRow(grid: Bool) -> Int { max(1, min(grid ? 12 : 8, Int(width / 14))) }

  /// Refuses what cannot be drawn.
  package func check() throws(PellucidError) {
    if planes.isEmpty { throw .optionOutOfRange("planes", "none", wants: "at least one plane") }
    if !(1...200).contains(slices) { throw .optionOutOfRange("slices", "\(slices)", wants: "1 to 200 slices") }
    if let positions {
      if positions.isEmpty || positions.count > 200 {
        throw .optionOutOfRange("positions", "\(positions.count)", wants: "1 to 200 positions")
      }
      if let odd = positions.first(where: { !($0.isFinite && abs($0) < 1e5) }) {
        throw .optionOutOfRange("positions", "\(odd)", wants: "positions in mm")
      }
    }
    if case .box(let box) = crop, !(0..<3).allSatisfy({ box.extent($0) > 0 && box.extent($0) < 1e6 }) {
      throw .optionOutOfRange("crop", "the box", wants: "a box with sides above 0 mm")
    }
    if let window, !(window.lowerBound.isFinite && window.upperBound.isFinite) {
      throw .optionOutOfRange("window", "\(window)", wants: "two finite values")
    }
    if !(threshold >= 0 && threshold <= 100) {
      throw .optionOutOfRange("threshold", "\(threshold)", wants: "a percentile from 0 to 100")
    }
    if !(limitPercentile > 0 && limitPercentile <= 100) {
      throw .optionOutOfRange("limit percentile", "\(limitPercentile)", wants: "a percentile above 0, at most 100")
    }
    if !(alpha >= 0 && alpha <= 1) { throw .optionOutOfRange("alpha", "\(alpha)", wants: "an opacity from 0 to 1") }
    if let limit, !(limit > 0 && limit.isFinite) {
      throw .optionOutOfRange("limit", "\(limit)", wants: "a positive number")
    }
    if let range, !(range.lowerBound < range.upperBound && range.lowerBound.isFinite && range.upperBound.isFinite) {
      throw .optionOutOfRange("limits", "\(range)", wants: "a lower and a higher number")
    }
    if glass, contours != nil { throw .contoursThroughGlass() }
    if !(width >= 40 && width <= 1000) { throw .optionOutOfRange("width", "\(width)", wants: "40 to 1000 mm") }
    if !(dotsPerInch >= 36 && dotsPerInch <= 2400) {
      throw .optionOutOfRange("dots per inch", "\(dotsPerInch)", wants: "36 to 2400")
    }
  }
}

extension Array {
  /// Rows of at most `length`, as even as possible.
  fileprivate func broken(at length: Int) -> [[Element]] {
    guard count > length else { return [self] }
    let rows = (count + length - 1) / length
    let each = (count + rows - 1) / rows
    return stride(from: 0, to: count, by: each).map { Array(self[$0..<Swift.min(count, $0 + each)]) }
  }
}
