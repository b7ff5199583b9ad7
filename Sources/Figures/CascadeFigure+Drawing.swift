internal import PellucidTables
internal import PellucidVolumes

extension CascadeFigure {
  private static let text = Colour(grey: 0.93)
  private static let faint = Colour(grey: 0.62)
  private static let path = Colour(hex: 0x56B4E9)

  /// Draws the page.
  public func draw(on canvas: Canvas) {
    let size = pageSize
    let room = Measure.width - 2 * Measure.margin
    canvas.fill(PageRectangle(x: 0, y: 0, width: size.width + 1, height: size.height + 1), Colour(grey: 0))
    if let title {
      canvas.fitted(
        title, x: Measure.margin, y: Measure.margin + 7.5, size: 9, Self.text, room: room, weight: .bold)
    }
    if let subtitle {
      canvas.fitted(subtitle, x: Measure.margin, y: top - 6, size: 7, Self.faint, room: room)
    }
    drawPath(on: canvas)
    for row in stages.indices { draw(row, on: canvas) }
    drawAnswers(on: canvas)
    if let note {
      canvas.fitted(note, x: Measure.margin, y: size.height - Measure.margin, size: 6, Self.faint, room: room)
    }
  }

  /// Lines from tile to tile along the decisive path, and to the class.
  private func drawPath(on canvas: Canvas) {
    var before: (x: Double, y: Double)?
    for (row, stage) in stages.enumerated() {
      guard let place = stage.tiles.firstIndex(where: \.isOnPath) else { continue }
      let centre = x(ofTile: place) + tile.width / 2
      if let before { canvas.line([before, (centre, y(ofRow: row))], Self.path, width: 1.2) }
      // The caption stands between.
      before = (centre, y(ofRow: row) + height(ofRow: row) + (stage.maps == nil ? 0 : Measure.caption))
    }
    guard let before, let target = answers.firstIndex(where: \.isTarget) else { return }
    // Above all classes, and down between their names and bars: nothing is crossed.
    let (begin, left) = (self.y(ofRow: stages.count) + 6, x(ofTile: 0))
    let (above, y) = (begin - 4, begin + Double(target) * Measure.answer + 4)
    canvas.line(
      [before, (before.x, above), (left - 4, above), (left - 4, y), (left, y)], Self.path, width: 1.2)
  }

  private func draw(_ row: Int, on canvas: Canvas) {
    let stage = stages[row]
    let (y, height) = (y(ofRow: row), height(ofRow: row))
    for (number, line) in stage.lines.enumerated() {
      canvas.fitted(
        line, x: Measure.margin, y: y + 7 + Double(number) * 9, size: number == 0 ? 7 : 6,
        number == 0 ? Self.text : Self.faint, room: Measure.names - 4, weight: number == 0 ? .bold : .regular)
    }
    drawShares(of: stage, y: y, height: height, on: canvas)
    let scales = stage.maps.map { maps in
      let parts = stage.scalesApart ? (0..<maps.channels).map { maps.channelVoxels($0) } : [maps.voxels]
      return parts.map { OverlayScale(of: [$0], options: MontageOptions()) }
    }
    for (place, shown) in stage.tiles.enumerated() {
      let area = PageRectangle(
        x: canvas.snapped(x(ofTile: place)), y: canvas.snapped(y), width: tile.width, height: height)
      if let maps = stage.maps, let scales {
        let scale = scales[min(place, scales.count - 1)]
        canvas.image(image(of: maps, channel: place, scale, area, on: canvas), in: area)
      } else {
        let share = min(1, max(0, shown.share.isFinite ? shown.share : 0))
        let colour = ColourMap.unsignedDefault.colour(at: 0.15 + 0.8 * share.squareRoot())
        canvas.fill(area, colour)
        canvas.text(
          shown.caption, x: area.centreX, y: area.centreY + 2.2, size: 6, colour.contrast, alignment: .centre)
      }
      if shown.isOnPath { canvas.outline(area, Self.path, width: 1.4) }
      if stage.maps != nil {
        canvas.fitted(
          shown.caption, x: area.centreX, y: area.bottom + 7, size: 6, shown.isOnPath ? Self.path : Self.text,
          room: tile.width + Measure.gap - 1, alignment: .centre)
      }
    }
  }

  /// The relevance of all channels as bars, the largest first.
  private func drawShares(of stage: Stage, y: Double, height: Double, on canvas: Canvas) {
    guard !stage.shares.isEmpty else { return }
    let left = Measure.margin + Measure.names
    let high = min(height, 40)
    let (most, least) = (max(stage.shares.max() ?? 0, 1e-9), min(stage.shares.min() ?? 0, 0))
    let zero = y + high * most / (most - least)
    let width = Measure.bars / Double(max(stage.shares.count, 8))
    for (place, share) in stage.shares.enumerated() where share.isFinite {
      let length = high * share / (most - least)
      canvas.fill(
        PageRectangle(
          x: left + Double(place) * width, y: min(zero, zero - length), width: max(width * 0.85, 0.3),
          height: abs(length)), place == stage.pathShare ? Self.path : Colour(grey: 0.75))
    }
    canvas.line([(left, zero), (left + Measure.bars, zero)], Colour(grey: 0.45), width: 0.4)
    canvas.text(
      "\(stage.shares.count) channels, largest \(NumberText.fixed(100 * most, decimals: most < 0.1 ? 1 : 0)) %",
      x: left, y: y + high + 8, size: 5.5, Self.faint)
  }

  private func image(
    of maps: Volume, channel: Int, _ scale: OverlayScale, _ area: PageRectangle, on canvas: Canvas
  ) -> PixelImage {
    let pixels = canvas.pixelsPerPoint
    let (width, height) = (max(1, Int((area.width * pixels).rounded())), max(1, Int((area.height * pixels).rounded())))
    let scan = anatomy.sampler.slice(cut.plane, at: cut.position, over: box, width: width, height: height)
    // Volumes were checked when they were made; one that cannot be sampled is left out.
    let map = (try? SliceSampler(maps, channel: channel))?.slice(
      cut.plane, at: cut.position, over: box, width: width, height: height)
    var image = PixelImage(width: width, height: height)
    for place in 0..<(width * height) {
      let value = scan.values[place]
      var colour = SIMD3<Float>(repeating: value.isFinite ? anatomy.window.grey(value) : 0)
      if let relevance = map?.values[place] {
        let opacity = scale.opacity(relevance)
        if opacity > 0 { colour += (scale.colour(relevance) - colour) * opacity }
      }
      image.argb[place] = PixelImage.pixel(colour)
    }
    return image
  }

  private func drawAnswers(on canvas: Canvas) {
    let left = x(ofTile: 0)
    let begin = y(ofRow: stages.count) + 6
    let reach = max(answers.map { abs($0.value) }.max() ?? 1, 1e-12)
    let room = min(200, Measure.width - Measure.margin - left - 60)
    for (row, answer) in answers.enumerated() {
      let y = begin + Double(row) * Measure.answer
      let colour = answer.isTarget ? Self.path : Self.faint
      canvas.fitted(
        answer.name, x: left - 8, y: y + 6.5, size: 7, answer.isTarget ? Self.text : Self.faint,
        room: Measure.names + Measure.bars - 10, weight: answer.isTarget ? .bold : .regular, alignment: .right)
      let length = max(0.5, room * abs(answer.value) / reach)
      canvas.fill(PageRectangle(x: left, y: y, width: length, height: 8), colour)
      canvas.text(
        NumberText.significant(answer.value, digits: 3), x: left + length + 4, y: y + 6.5, size: 6.5, Self.text)
    }
  }
}
