internal import PellucidTables

/// An upright bar with the colours of a scale and its numbers.
///
/// The colours are drawn as they look over mid-grey anatomy, at their opacity; what the threshold hides is plain grey. A point
/// at an end says that values go beyond it.
struct ColourBar {
  let scale: OverlayScale
  let label: String
  let area: PageRectangle

  /// - Parameter room: between which heights the label stays, points.
  func draw(on canvas: Canvas, text: Colour, room: (top: Double, bottom: Double)) {
    let (low, high) = (Double(scale.low), Double(scale.high))
    let steps = 256
    var pixels = PixelImage(width: 1, height: steps)
    for step in 0..<steps {
      let value = Float(high - (high - low) * (Double(step) + 0.5) / Double(steps))
      pixels.argb[step] = seen(value)
    }
    let point = area.width * 0.8
    if scale.exceeds.above {
      canvas.fill(
        polygon: [(area.x, area.y + 0.5), (area.centreX, area.y - point), (area.right, area.y + 0.5)],
        colour(Float(high)))
    }
    if scale.exceeds.below {
      canvas.fill(
        polygon: [(area.x, area.bottom - 0.5), (area.centreX, area.bottom + point), (area.right, area.bottom - 0.5)],
        colour(Float(low)))
    }
    canvas.image(pixels, in: area)
    ScaleNumbers(low: low, high: high, label: label, bar: area, room: room).draw(on: canvas, text)
  }

  private func colour(_ value: Float) -> Colour {
    let pixel = seen(value)
    return Colour(hex: pixel & 0xff_ffff)
  }

  /// The colour of a value as it looks over mid-grey anatomy.
  private func seen(_ value: Float) -> UInt32 {
    let grey = SIMD3<Float>(repeating: 0.45)
    let mixed = grey + (scale.colour(value) - grey) * scale.opacity(value)
    let bytes = SIMD3<UInt32>((mixed * 255).rounded(.toNearestOrAwayFromZero), rounding: .toNearestOrEven)
    return 0xff00_0000 | bytes.x << 16 | bytes.y << 8 | bytes.z
  }
}

/// Ticks, numbers and the label at the right of an upright bar.
struct ScaleNumbers {
  let low, high: Double
  let label: String
  let bar: PageRectangle
  /// Between which heights the label stays, points.
  let room: (top: Double, bottom: Double)

  func draw(on canvas: Canvas, _ text: Colour) {
    let size = MontageLayout.Measure.label
    // As many as there is room for; on short bars at least three, or the scale could not be read.
    let most = max(3, min(8, Int(bar.height / 12)))
    let ticks =
      (most...10).lazy.map { Ticks(from: low, to: high, count: $0) }.first { $0.values.count > 2 }
      ?? Ticks(from: low, to: high, count: most)
    var widest = 0.0
    for (value, label) in zip(ticks.values, ticks.labels) {
      let y = bar.bottom - bar.height * (value - low) / (high - low)
      canvas.line([(bar.right, y), (bar.right + 2, y)], text, width: 0.5)
      canvas.text(label, x: bar.right + 3.5, y: y + size * 0.36, size: size, text)
      widest = max(widest, canvas.width(of: label, size: size))
    }
    let caption = ticks.exponent == 0 ? label : "\(label)  (× \(NumberText.powerOfTen(ticks.exponent)))"
    // Beside the middle of the bar, where there is room for it.
    let gap = MontageLayout.Measure.gap
    let height = room.bottom - room.top - 2 * gap
    // What is longer than the room stands in two lines.
    let lines = TextLines.broken(caption, size: size, room: height, most: 2)
    for (index, line) in (lines.count > 1 ? lines : [caption]).enumerated() {
      let half = min(height, canvas.width(of: line, size: size)) / 2
      let middle = min(max(bar.centreY, room.top + gap + half), room.bottom - gap - half)
      canvas.fitted(
        line, x: bar.right + 3.5 + widest + 3 + size + Double(index) * (size + 1), y: middle, size: size, text,
        room: height, alignment: .centre, quarterTurn: true)
    }
  }
}
