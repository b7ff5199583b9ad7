package import PellucidFaults
internal import PellucidTables
internal import PellucidVolumes
internal import Synchronization

extension Montage {
  /// The colours of the page.
  private struct Palette {
    let page, text, faint: Colour

    init(_ background: MontageOptions.Background) {
      switch background {
      case .black: (page, text, faint) = (Colour(grey: 0), Colour(grey: 0.93), Colour(grey: 0.62))
      case .white: (page, text, faint) = (Colour(grey: 1), Colour(grey: 0.1), Colour(grey: 0.4))
      }
    }
  }

  /// Draws the page.
  public func draw(on canvas: Canvas) {
    let palette = Palette(options.background)
    canvas.fill(PageRectangle(x: 0, y: 0, width: layout.width + 1, height: layout.height + 1), palette.page)
    for index in layout.tiles.indices { draw(index, on: canvas, palette) }
    guard options.annotated else { return }
    drawTitles(on: canvas, palette)
    for (band, area) in zip(bands, layout.bands) { drawName(of: band, area, on: canvas, palette) }
    drawColourBars(on: canvas, palette)
    drawLegend(on: canvas, palette)
    for (index, note) in layout.footnotes.enumerated() {
      canvas.fitted(
        note, x: MontageLayout.Measure.margin,
        y: layout.footBaseline + Double(index) * (MontageLayout.Measure.foot + 2),
        size: MontageLayout.Measure.foot, palette.faint, room: layout.width - 2 * MontageLayout.Measure.margin)
    }
  }

  private func drawTitles(on canvas: Canvas, _ palette: Palette) {
    let (margin, room) = (MontageLayout.Measure.margin, layout.width - 2 * MontageLayout.Measure.margin)
    for line in layout.titles {
      canvas.fitted(
        line.text, x: margin, y: line.baseline, size: line.size, line.isTitle ? palette.text : palette.faint,
        room: room, weight: line.isTitle ? .bold : .regular)
    }
  }

  /// The same montage with its tiles' pixels computed, several at a time.
  /// - Parameter run: calls its second argument for 0..<count, in any order and on any threads.
  package func rendered(by run: (Int, @Sendable (Int) -> Void) throws(PellucidError) -> Void) throws(PellucidError)
    -> Montage
  {
    let images = Mutex([PixelImage?](repeating: nil, count: layout.tiles.count))
    try run(layout.tiles.count) { index in
      let (width, height) = pixels(of: layout.tiles[index], at: dotsPerInch / 72)
      let image = image(of: layout.tiles[index], width: width, height: height, page: Palette(options.background).page)
      images.withLock { $0[index] = image }
    }
    var copy = self
    copy.images = images.withLock { $0 }
    return copy
  }

  private func pixels(of placed: MontageLayout.PlacedTile, at scale: Double) -> (width: Int, height: Int) {
    (max(1, Int((placed.area.width * scale).rounded())), max(1, Int((placed.area.height * scale).rounded())))
  }

  private func draw(_ index: Int, on canvas: Canvas, _ palette: Palette) {
    let placed = layout.tiles[index]
    let scale = canvas.pixelsPerPoint
    let (width, height) = pixels(of: placed, at: scale)
    let known = images.isEmpty ? nil : images[index]
    let image = known.flatMap { $0.width == width && $0.height == height ? $0 : nil }
    let area = PageRectangle(
      x: canvas.snapped(placed.area.x), y: canvas.snapped(placed.area.y), width: Double(width) / scale,
      height: Double(height) / scale)
    let shown = image ?? self.image(of: placed, width: width, height: height, page: palette.page)
    canvas.image(shown, in: area, smooth: placed.tile.position == nil)
    let caption: String
    if let position = placed.tile.position {
      drawContours(placed.tile.plane, position, area, on: canvas, palette)
      caption = "\(placed.tile.plane.axisName) = \(NumberText.millimetres(position))"
    } else {
      caption = placed.tile.plane.rawValue
    }
    guard options.annotated else { return }
    let measure = MontageLayout.Measure.self
    let marks = options.convention.marks(of: placed.tile.plane)
    let baseline = area.y + measure.mark
    canvas.text(marks.left, x: area.x + 1, y: baseline, size: measure.mark, palette.faint, halo: palette.page)
    canvas.text(
      marks.right, x: area.right - 1, y: baseline, size: measure.mark, palette.faint, alignment: .right,
      halo: palette.page)
    guard placed.isCaptioned else { return }
    canvas.text(
      caption, x: area.centreX, y: placed.captionBaseline, size: measure.label, palette.text, alignment: .centre)
  }

  /// The outlines of the regions.
  private func drawContours(
    _ plane: SlicePlane, _ position: Double, _ area: PageRectangle, on canvas: Canvas, _ palette: Palette
  ) {
    guard let contours, let width = options.contours?.width else { return }
    let (h, v) = (plane.horizontal, plane.vertical)
    let (across, up) = (area.width / box.extent(h), area.height / box.extent(v))
    func x(_ mm: Double) -> Double {
      options.convention.mirrored ? area.right - (mm - box.low[h]) * across : area.x + (mm - box.low[h]) * across
    }
    func y(_ mm: Double) -> Double { area.y + (box.high[v] - mm) * up }
    for (colour, lines) in contours.lines(plane, at: position, within: box) {
      canvas.segments(
        lines.map { (x($0.x0), y($0.y0), x($0.x1), y($0.y1)) }, colour ?? palette.text, width: width, within: area)
    }
  }

  /// The pixels of a tile: grey anatomy, relevance over it.
  private func image(of placed: MontageLayout.PlacedTile, width: Int, height: Int, page: Colour) -> PixelImage {
    let tile = placed.tile
    guard let position = tile.position else { return glass(placed, width: width, height: height, page: page) }
    let mirrored = options.convention.mirrored
    var scan = anatomy.slice(tile.plane, at: position, over: box, width: width, height: height, mirrored: mirrored)
    let map = placed.layer.flatMap { layer in
      scales[layer].emptiness == nil
        ? overlays[layer].slice(
          tile.plane, at: position, over: box, width: width, height: height, mirrored: mirrored)
        : nil
    }
    let voxel = anatomy.voxelSize * Double(width) / box.extent(tile.plane.horizontal)
    let head = options.background == .white ? scan.head(above: window.foreground, dark: window.dark, voxel: voxel) : nil
    if let head { scan = scan.brightened(where: head, voxel: voxel) }
    let background = SIMD3(Float(page.red), Float(page.green), Float(page.blue))
    var image = PixelImage(width: width, height: height)
    for index in 0..<(width * height) {
      let value = scan.values[index]
      let inside: Float = value.isFinite ? head?[index] ?? 1 : head == nil ? 1 : 0
      var colour = value.isFinite ? SIMD3(repeating: window.grey(value)) : background
      colour = background + (colour - background) * inside
      if let map, let layer = placed.layer {
        let relevance = map.values[index]
        let (within, outside) = (scales[layer].opacity(relevance), scales[layer].opacityInAir(relevance))
        let opacity = outside + (within - outside) * inside
        if opacity > 0 { colour += (scales[layer].colour(relevance) - colour) * opacity }
      }
      image.argb[index] = PixelImage.pixel(colour)
    }
    return image
  }

  private func drawName(of band: Band, _ area: PageRectangle, on canvas: Canvas, _ palette: Palette) {
    guard let name = band.name else { return }
    for (number, line) in BandName.lines(of: name).reversed().enumerated() {
      canvas.fitted(
        line, x: area.x - 5 - BandName.lineWidth * Double(number), y: area.centreY,
        size: MontageLayout.Measure.subtitle,
        palette.text, room: area.height, alignment: .centre, quarterTurn: true)
    }
  }

  /// A colour bar beside each band, or one for all where they share their scale; a remark beside bands that have nothing to show.
  private func drawColourBars(on canvas: Canvas, _ palette: Palette) {
    var bars: [(scale: OverlayScale, label: String, area: PageRectangle)] = []
    let isCommon = sharedScale && scales.allSatisfy { $0.emptiness == nil }
    for (band, area) in zip(bands, layout.bands) {
      guard let layer = band.layer else { continue }
      switch scales[layer].emptiness {
      case nil:
        if isCommon, let last = bars.indices.last {
          bars[last].area.height = area.bottom - bars[last].area.y
          if bars[last].label != labels[layer] { bars[last].label = options.label }
        } else {
          bars.append((scales[layer], labels[layer], area))
        }
      case .allZero: note("no relevance: every value is 0", area, on: canvas)
      case .noFiniteValues: note("no relevance: no value is finite", area, on: canvas)
      }
    }
    for (scale, label, area) in bars {
      let least = MontageLayout.Measure.leastBar
      let height = max(least, min(area.height, max(least, min(150, area.height * 0.6))))
      let bar = PageRectangle(x: area.right + 10, y: area.centreY - height / 2, width: 7, height: height)
      let page = (top: 0.0, bottom: layout.height)
      ColourBar(scale: scale, label: label, area: bar).draw(
        on: canvas, text: palette.text, room: bars.count > 1 ? (area.y - 4, area.bottom + 4) : page)
    }
  }

  /// The names of the outlined regions beside lines of their colours.
  private func drawLegend(on canvas: Canvas, _ palette: Palette) {
    let size = MontageLayout.Measure.label
    for entry in layout.legend {
      let colour = entry.outline.colour ?? palette.text
      canvas.line([(entry.x, entry.y - 0.33 * size), (entry.x + 9, entry.y - 0.33 * size)], colour, width: 1.4)
      canvas.text(entry.outline.name ?? "", x: entry.x + 12, y: entry.y, size: size, palette.text)
    }
  }

  /// A remark in the place of the colour bar that nobody can overlook.
  private func note(_ text: String, _ area: PageRectangle, on canvas: Canvas) {
    let size = MontageLayout.Measure.subtitle
    let length = canvas.width(of: text, size: size, weight: .bold)
    let fitting = size * min(1, (area.height + 8) / (length + 8))
    let half = (length * fitting / size + 8) / 2
    let x = area.right + 4
    canvas.fill(
      PageRectangle(x: x, y: area.centreY - half, width: 1.6 * fitting, height: 2 * half), Colour(hex: 0xf0c000))
    canvas.text(
      text, x: x + 1.16 * fitting, y: area.centreY, size: fitting, Colour(grey: 0), alignment: .centre, weight: .bold,
      quarterTurn: true)
  }
}

extension Canvas {
  /// Writes a line, smaller or cut with `…` where it would be wider than there is room.
  func fitted(
    _ text: String, x: Double, y: Double, size: Double, _ colour: Colour, room: Double, weight: Weight = .regular,
    alignment: Alignment = .left, quarterTurn: Bool = false
  ) {
    let wanted = width(of: text, size: size, weight: weight)
    let fitting = wanted > room ? max(0.75 * size, size * room / wanted) : size
    var shown = text
    while width(of: shown, size: fitting, weight: weight) > room, shown.count > 2 {
      shown = String(shown.dropLast(shown.hasSuffix("…") ? 2 : 1)) + "…"
    }
    self.text(
      shown, x: x, y: y, size: fitting, colour, alignment: alignment, weight: weight, quarterTurn: quarterTurn)
  }
}
