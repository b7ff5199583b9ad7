internal import PellucidTables
public import PellucidVolumes

/// Images of one subject under each other, slices through all at the same places, each in greys of its own: an image and what became of it.
public struct SliceRows: Figure {
  /// An image.
  public struct Row: Sendable {
    /// What stands at its left.
    public var name: String
    /// The image; all have one world.
    public var volume: Volume

    /// An image with its name.
    public init(name: String, volume: Volume) { (self.name, self.volume) = (name, volume) }
  }

  /// First line, bold [none].
  public var title: String?
  /// Second line [none].
  public var subtitle: String?
  /// Width of the page, mm [180].
  public var width = 180.0
  /// Pixels an inch [300].
  public var dotsPerInch = 300.0
  private let rows: [Row]
  private let box: WorldBox
  private let tiles: [(plane: SlicePlane, position: Double)]

  /// Rows over the first one's grid: three axial, two coronal and two sagittal slices, evenly.
  /// - Precondition: there is a row.
  public init(_ rows: [Row]) {
    self.rows = rows
    let box = WorldBox(around: rows[0].volume.shape, affine: rows[0].volume.affine)
    self.box = box
    tiles = [(SlicePlane.axial, [0.35, 0.5, 0.65]), (.coronal, [0.42, 0.6]), (.sagittal, [0.36, 0.5])].flatMap {
      plane, parts in
      parts.map { (plane, box.low[plane.normal] + $0 * box.extent(plane.normal)) }
    }
  }

  private static let margin = 7.0
  private static let gap = 3.0
  private static let nameWidth = 14.0

  private var page: Double { width / 25.4 * 72 }
  private var scale: Double {
    let mm = tiles.reduce(0) { $0 + box.extent($1.plane.horizontal) }
    let room = page - 2 * Self.margin - Self.nameWidth - Self.gap * Double(tiles.count - 1)
    return room / max(mm, 1e-9)
  }
  private var rowHeight: Double { scale * (tiles.map { box.extent($0.plane.vertical) }.max() ?? 1) }
  private var top: Double { Self.margin + (title == nil ? 0 : 12) + (subtitle == nil ? 0 : 10) + 2 }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (page, top + Double(rows.count) * (rowHeight + Self.gap) + 10 + Self.margin)
  }

  /// Title and description.
  public var texts: [(key: String, text: String)] {
    [title.map { (key: "Title", text: $0) }, subtitle.map { (key: "Description", text: $0) }].compactMap { $0 }
  }

  /// Draws the page.
  public func draw(on canvas: Canvas) {
    let (text, faint) = (Colour(grey: 0.93), Colour(grey: 0.62))
    let size = pageSize
    canvas.fill(PageRectangle(x: 0, y: 0, width: size.width + 1, height: size.height + 1), Colour(grey: 0))
    let room = page - 2 * Self.margin
    if let title {
      canvas.fitted(title, x: Self.margin, y: Self.margin + 7.5, size: 9, text, room: room, weight: .bold)
    }
    if let subtitle { canvas.fitted(subtitle, x: Self.margin, y: top - 6, size: 7, faint, room: room) }
    for (number, row) in rows.enumerated() {
      let y = top + Double(number) * (rowHeight + Self.gap)
      canvas.fitted(
        row.name, x: Self.margin + 7, y: y + rowHeight / 2, size: 7, text, room: rowHeight, alignment: .centre,
        quarterTurn: true)
      draw(row, y: y, isLast: number == rows.count - 1, on: canvas, text, faint)
    }
  }

  private func draw(_ row: Row, y: Double, isLast: Bool, on canvas: Canvas, _ text: Colour, _ faint: Colour) {
    let window = AnatomyWindow(of: row.volume.channelVoxels(0), window: nil)
    guard let sampler = try? SliceSampler(row.volume) else { return }
    var x = Self.margin + Self.nameWidth
    for tile in tiles {
      let (across, up) = (scale * box.extent(tile.plane.horizontal), scale * box.extent(tile.plane.vertical))
      let pixels = canvas.pixelsPerPoint
      let (wide, high) = (max(1, Int((across * pixels).rounded())), max(1, Int((up * pixels).rounded())))
      let slice = sampler.slice(tile.plane, at: tile.position, over: box, width: wide, height: high)
      var image = PixelImage(width: wide, height: high)
      for (place, value) in slice.values.enumerated() {
        image.argb[place] = PixelImage.pixel(SIMD3(repeating: value.isFinite ? window.grey(value) : 0))
      }
      let area = PageRectangle(
        x: canvas.snapped(x), y: canvas.snapped(y + (rowHeight - up) / 2), width: Double(wide) / pixels,
        height: Double(high) / pixels)
      canvas.image(image, in: area)
      if isLast {
        canvas.text(
          "\(tile.plane.axisName) = \(NumberText.millimetres(tile.position))", x: area.centreX,
          y: y + rowHeight + 9, size: 6, faint, alignment: .centre)
      }
      x += across + Self.gap
    }
  }
}
