internal import CPellucidCairo
public import PellucidFaults
internal import PellucidFiles

/// Something that can be drawn on a page: a montage, a chart.
///
/// A figure has a size in points (1/72 inch) and draws itself with vector operations, so that the same figure becomes pixels at
/// any resolution, SVG or PDF. None of the files holds a date: the same figure gives the same bytes.
public protocol Figure: Sendable {
  /// Width and height of the page, points.
  var pageSize: (width: Double, height: Double) { get }
  /// Pixels an inch of the PNG, and of the images within SVG and PDF.
  var dotsPerInch: Double { get }
  /// What the files say about themselves: `Title`, `Description`…
  var texts: [(key: String, text: String)] { get }
  /// Draws the figure.
  func draw(on canvas: Canvas)
}

/// The kinds of files that a figure can become.
public enum FigureFormat: String, Sendable, CaseIterable {
  /// Pixels: PNG in sRGB with text chunks.
  case png
  /// Vectors for the web and for editing.
  case svg
  /// Vectors for print.
  case pdf
}

extension Figure {
  /// The bytes of a file of this kind.
  /// - Throws: `.usage` where the picture would be larger than cairo can draw; `.internalFault` where cairo or libpng fail.
  public func data(as format: FigureFormat) throws(PellucidError) -> [UInt8] {
    switch format {
    case .png: try png()
    case .svg: try svg()
    case .pdf: try pdf()
    }
  }

  /// The bytes of a PNG file.
  /// - Throws: `.usage` where the picture would be larger than cairo can draw; `.internalFault` where cairo or libpng fail.
  public func png() throws(PellucidError) -> [UInt8] { try picture().encoded() }

  /// The pixels.
  /// - Throws: as ``png()``.
  public func picture() throws(PellucidError) -> PNGPicture {
    let scale = dotsPerInch / 72
    let (width, height) = (Int((pageSize.width * scale).rounded(.up)), Int((pageSize.height * scale).rounded(.up)))
    guard width <= 30000, height <= 30000 else { throw .figureTooLarge(width: width, height: height) }
    let surface = unsafe cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { unsafe cairo_surface_destroy(surface) }
    guard let surface = unsafe surface, unsafe cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else {
      throw .drawingFailed("cairo has no memory for \(width) × \(height) pixels")
    }
    _ = try unsafe draw(on: surface, pixelsPerPoint: scale, scaled: true)
    unsafe cairo_surface_flush(surface)
    let stride = Int(unsafe cairo_image_surface_get_stride(surface))
    guard let data = unsafe cairo_image_surface_get_data(surface) else {
      throw .drawingFailed("the surface holds no pixels")
    }
    var rgb = [UInt8](repeating: 0, count: 3 * width * height)
    var out = 0
    for y in 0..<height {
      // The surface has `height` rows of `stride` bytes, at least 4 * width of them pixels.
      let row = unsafe UnsafeRawBufferPointer(start: data + y * stride, count: 4 * width)
      for x in 0..<width {
        let pixel = unsafe row.load(fromByteOffset: 4 * x, as: UInt32.self)
        rgb[out] = UInt8(pixel >> 16 & 255)
        rgb[out + 1] = UInt8(pixel >> 8 & 255)
        rgb[out + 2] = UInt8(pixel & 255)
        out += 3
      }
    }
    return PNGPicture(
      width: width, height: height, rgb: rgb, dotsPerInch: dotsPerInch,
      texts: shownTexts + [(key: "Software", text: "Pellucid")])
  }

  /// The bytes of an SVG file.
  /// - Throws: `.internalFault` where cairo fails.
  public func svg() throws(PellucidError) -> [UInt8] {
    let sink = ByteSink()
    let surface = unsafe cairo_svg_surface_create_for_stream(
      ByteSink.write, Unmanaged.passUnretained(sink).toOpaque(), pageSize.width, pageSize.height)
    let text = try unsafe finish(surface, collectingText: true) ?? SVGText()
    return text.added(to: SVGNames.renumbered(sink.bytes), texts: shownTexts)
  }

  /// The bytes of a PDF file.
  /// - Throws: `.internalFault` where cairo fails.
  public func pdf() throws(PellucidError) -> [UInt8] {
    let sink = ByteSink()
    let surface = unsafe cairo_pdf_surface_create_for_stream(
      ByteSink.write, Unmanaged.passUnretained(sink).toOpaque(), pageSize.width, pageSize.height)
    let title = shownTexts.first { $0.key == "Title" }?.text ?? ""
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Pellucid")
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    _ = try unsafe finish(surface)
    return sink.bytes
  }

  /// What the file says about itself, as text that every reader of it takes.
  private var shownTexts: [(key: String, text: String)] {
    texts.map { (key: $0.key, text: PathBytes.shown($0.text)) }
  }

  /// Draws on a vector surface, which is finished and given up; returns the text that was not drawn.
  private func finish(_ surface: OpaquePointer?, collectingText: Bool = false) throws(PellucidError) -> SVGText? {
    defer { unsafe cairo_surface_destroy(surface) }
    guard let surface = unsafe surface else { throw .drawingFailed("cairo gave no surface") }
    let text = try unsafe draw(
      on: surface, pixelsPerPoint: dotsPerInch / 72, scaled: false, collectingText: collectingText)
    unsafe cairo_surface_finish(surface)
    let status = unsafe cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .drawingFailed(unsafe String(cString: cairo_status_to_string(status)))
    }
    return text
  }

  private func draw(
    on surface: OpaquePointer, pixelsPerPoint: Double, scaled: Bool, collectingText: Bool = false
  ) throws(PellucidError) -> SVGText? {
    let canvas = unsafe Canvas(
      surface: surface, pixelsPerPoint: pixelsPerPoint, scaled: scaled, collectingText: collectingText)
    draw(on: canvas)
    if let failure = canvas.failure { throw .drawingFailed("cairo: " + failure) }
    return canvas.svgText
  }
}

/// Collects what cairo streams out.
private final class ByteSink {
  var bytes: [UInt8] = []

  /// cairo's write function; `closure` is a sink that its caller keeps alive until the surface is finished.
  static let write: cairo_write_func_t = { closure, data, count in
    guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = unsafe Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
    unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}
