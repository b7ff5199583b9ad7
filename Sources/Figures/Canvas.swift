internal import CPellucidCairo
internal import PellucidFaults
internal import PellucidFiles

/// A rectangle on the page, in points (1/72 inch) from the upper left corner.
struct PageRectangle: Hashable, Sendable {
  var x, y, width, height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var centreX: Double { x + width / 2 }
  var centreY: Double { y + height / 2 }
}

/// Opaque or cut-out pixels ready for the page: cairo's ARGB32, premultiplied, rows from the top.
struct PixelImage: Sendable {
  let width, height: Int
  var argb: [UInt32]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    argb = [UInt32](repeating: 0, count: width * height)
  }

  /// The opaque pixel of a colour, its parts 0…1.
  static func pixel(_ colour: SIMD3<Float>) -> UInt32 {
    // Conversion cuts off: half a step more rounds.
    func byte(_ part: Float) -> UInt32 { UInt32(truncatingIfNeeded: Int32(part * 255 + 0.5)) }
    return 0xff00_0000 | byte(colour.x) << 16 | byte(colour.y) << 8 | byte(colour.z)
  }
}

/// Where figures are drawn: the dozen verbs that they need, on any of cairo's surfaces.
///
/// Lengths are points. A canvas lives only within ``Figure``'s rendering functions, on one thread.
@safe public final class Canvas {
  /// Points along which a text is fixed to its place.
  enum Alignment { case left, centre, right }

  /// Weight of a text.
  package enum Weight { case regular, bold }

  /// Device pixels a point; what images should be sampled at.
  let pixelsPerPoint: Double
  /// Where text goes instead of being drawn; nil: it is drawn.
  private(set) var svgText: SVGText?
  private let context: OpaquePointer  // alive from init to deinit

  /// Draws on a surface; the surface stays its maker's, who must keep it until the canvas is gone.
  init(surface: OpaquePointer, pixelsPerPoint: Double, scaled: Bool, collectingText: Bool = false) {
    self.pixelsPerPoint = pixelsPerPoint
    svgText = collectingText ? SVGText() : nil
    unsafe context = unsafe cairo_create(surface)
    if scaled { unsafe cairo_scale(context, pixelsPerPoint, pixelsPerPoint) }
  }

  deinit { unsafe cairo_destroy(context) }

  /// What cairo has to complain about; nil: nothing.
  var failure: String? {
    let status = unsafe cairo_status(context)
    return status == CAIRO_STATUS_SUCCESS ? nil : unsafe String(cString: cairo_status_to_string(status))
  }

  /// Fills a rectangle.
  func fill(_ area: PageRectangle, _ colour: Colour) {
    set(colour)
    unsafe cairo_rectangle(context, area.x, area.y, area.width, area.height)
    unsafe cairo_fill(context)
  }

  /// Fills a polygon.
  func fill(polygon: [(x: Double, y: Double)], _ colour: Colour) {
    trace(polygon)
    unsafe cairo_close_path(context)
    set(colour)
    unsafe cairo_fill(context)
  }

  /// Fills a disc with a thin rim, which sets it off from discs below it.
  func disc(x: Double, y: Double, radius: Double, _ colour: Colour, rim: Colour) {
    unsafe cairo_new_path(context)
    unsafe cairo_arc(context, x, y, radius, 0, 2 * Double.pi)
    set(colour)
    unsafe cairo_fill_preserve(context)
    set(rim)
    unsafe cairo_set_line_width(context, 0.4)
    unsafe cairo_stroke(context)
  }

  /// Draws the outline of a rectangle.
  func outline(_ area: PageRectangle, _ colour: Colour, width: Double) {
    set(colour)
    unsafe cairo_set_line_width(context, width)
    unsafe cairo_rectangle(context, area.x, area.y, area.width, area.height)
    unsafe cairo_stroke(context)
  }

  /// Draws a line through points.
  func line(_ points: [(x: Double, y: Double)], _ colour: Colour, width: Double) {
    set(colour)
    unsafe cairo_set_line_width(context, width)
    trace(points)
    unsafe cairo_stroke(context)
  }

  /// Draws many short lines in one go, cut at the edges of an area.
  func segments(
    _ segments: [(Double, Double, Double, Double)], _ colour: Colour, width: Double, within area: PageRectangle
  ) {
    unsafe cairo_save(context)
    unsafe cairo_rectangle(context, area.x, area.y, area.width, area.height)
    unsafe cairo_clip(context)
    set(colour)
    unsafe cairo_set_line_width(context, width)
    unsafe cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    for (x0, y0, x1, y1) in segments {
      unsafe cairo_move_to(context, x0, y0)
      unsafe cairo_line_to(context, x1, y1)
    }
    unsafe cairo_stroke(context)
    unsafe cairo_restore(context)
  }

  /// Draws one line of text, its baseline at `y`.
  ///
  /// `quarterTurn` writes upwards, `halo` sets it off from a picture.
  func text(
    _ text: String, x: Double, y: Double, size: Double, _ colour: Colour, alignment: Alignment = .left,
    weight: Weight = .regular, quarterTurn: Bool = false, halo: Colour? = nil
  ) {
    let text = PathBytes.shown(text)
    if svgText != nil {
      svgText?.add(
        text, x: x, y: y, size: size, colour, alignment: alignment, weight: weight, quarterTurn: quarterTurn,
        halo: halo)
      return
    }
    let shift =
      switch alignment {
      case .left: 0.0
      case .centre: -width(of: text, size: size, weight: weight) / 2
      case .right: -width(of: text, size: size, weight: weight)
      }
    select(size: size, weight: weight)
    set(colour)
    unsafe cairo_save(context)
    unsafe cairo_translate(context, x, y)
    if quarterTurn { unsafe cairo_rotate(context, -Double.pi / 2) }
    if let halo {
      unsafe cairo_move_to(context, shift, 0)
      unsafe cairo_text_path(context, text)
      unsafe cairo_set_line_width(context, 0.2 * size)
      unsafe cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
      set(halo)
      unsafe cairo_stroke(context)
      set(colour)
    }
    unsafe cairo_move_to(context, shift, 0)
    unsafe cairo_show_text(context, text)
    unsafe cairo_restore(context)
  }

  /// How far a line of text reaches, points.
  func width(of text: String, size: Double, weight: Weight = .regular) -> Double {
    select(size: size, weight: weight)
    var extents = cairo_text_extents_t()
    unsafe cairo_text_extents(context, PathBytes.shown(text), &extents)
    return extents.x_advance
  }

  /// How far a line of text reaches, points, before there is a page.
  package static func width(of text: String, size: Double, weight: Weight = .regular) -> Double {
    let surface = unsafe cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1)
    defer { unsafe cairo_surface_destroy(surface) }
    guard let surface = unsafe surface else { return 0 }
    return unsafe Canvas(surface: surface, pixelsPerPoint: 4, scaled: true).width(
      of: text, size: size, weight: weight)
  }

  /// Draws pixels into an area, each as a sharp-edged box.
  func image(_ image: PixelImage, in area: PageRectangle, smooth: Bool = false) {
    guard image.width > 0, image.height > 0 else { return }
    var copy = image.argb
    unsafe copy.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      // Rows of ARGB32 need no padding: 4 bytes a pixel are always aligned. The pixels are painted into a surface of cairo's
      // own, since vector surfaces may look at them until the page is finished.
      let lent = unsafe cairo_image_surface_create_for_data(
        start.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_ARGB32, Int32(image.width), Int32(image.height),
        Int32(4 * image.width))
      let own = unsafe cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(image.width), Int32(image.height))
      let copier = unsafe cairo_create(own)
      unsafe cairo_set_source_surface(copier, lent, 0, 0)
      unsafe cairo_paint(copier)
      unsafe cairo_destroy(copier)
      unsafe cairo_surface_finish(lent)
      unsafe cairo_surface_destroy(lent)
      unsafe cairo_save(context)
      unsafe cairo_translate(context, area.x, area.y)
      unsafe cairo_scale(context, area.width / Double(image.width), area.height / Double(image.height))
      unsafe cairo_set_source_surface(context, own, 0, 0)
      unsafe cairo_pattern_set_filter(cairo_get_source(context), smooth ? CAIRO_FILTER_BILINEAR : CAIRO_FILTER_NEAREST)
      // Without this, smoothing would fade the edges into what lies around.
      unsafe cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
      unsafe cairo_rectangle(context, 0, 0, Double(image.width), Double(image.height))
      unsafe cairo_fill(context)
      unsafe cairo_restore(context)
      unsafe cairo_surface_destroy(own)
    }
  }

  /// The place nearest to (x, y) that lies on a pixel's corner, so that images are copied and not blurred.
  func snapped(_ value: Double) -> Double { (value * pixelsPerPoint).rounded() / pixelsPerPoint }

  private func trace(_ points: [(x: Double, y: Double)]) {
    for (index, point) in points.enumerated() {
      if index == 0 {
        unsafe cairo_move_to(context, point.x, point.y)
      } else {
        unsafe cairo_line_to(context, point.x, point.y)
      }
    }
  }

  private func set(_ colour: Colour) { unsafe cairo_set_source_rgb(context, colour.red, colour.green, colour.blue) }

  private func select(size: Double, weight: Weight) {
    unsafe cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      weight == .bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    unsafe cairo_set_font_size(context, size)
  }
}
