public import PellucidFaults
internal import PellucidFigures
public import PellucidPreprocessing
public import PellucidResults
public import PellucidTables
public import PellucidTensors
internal import PellucidVolumes

/// What is written of an inverted layer: the image, the linear reconstruction and the deconvnet beside it, a picture of all, the course of
/// the error.
public struct InversionReport: Sendable {
  /// What was run.
  public let inversion: Inversion
  /// What was found.
  public let found: Inversion.Found
  /// In one pass, ``Inversion/linearReconstruction()`` and ``Inversion/deconvnet()``.
  public let linear, deconvnet: Tensor
  /// The network's input, and the way back.
  public let scan: PreparedScan

  /// A report of what was found, with both images of one pass.
  public init(_ inversion: Inversion, _ found: Inversion.Found, of scan: PreparedScan) throws(PellucidError) {
    (self.inversion, self.found, self.scan) = (inversion, found, scan)
    linear = try inversion.linearReconstruction()
    deconvnet = try inversion.deconvnet()
  }

  /// Correlation of the linear reconstruction with the scan.
  public var linearCorrelation: Double { linear.correlation(with: scan.input.ordered(.rowMajor)) }

  /// What the record says was found.
  public var facts: JSONValue {
    .object([
      .init("relative_error", .number(found.error)), .init("correlation", .number(found.correlation)),
      .init("relative_error_before", .number(found.course[0])),
      .init("linear_correlation", .number(linearCorrelation)), .init("units", "as the network takes its input"),
    ])
  }

  private func volume(_ image: Tensor) -> Volume {
    scan.path.back(image, extensive: false, onModelGrid: true)
  }

  /// Adds the files.
  public func add(to writer: ViewWriter, stem: String) throws(PellucidError) {
    try writer.add(volume(found.image), description: "invert")
    try writer.add(volume(linear), role: "linear", ending: "_linear.nii.gz", description: "invert, linear")
    try writer.add(volume(deconvnet), role: "deconvnet", ending: "_deconvnet.nii.gz", description: "deconvnet")
    let steps = found.course.indices
    let table = Table([
      .whole("step", steps.map { $0 }), .number("relative_error", steps.map { found.course[$0] }),
    ])
    try writer.add(table, role: "course", ending: "_course.tsv")
    let rows: [(name: String, image: Tensor)] = [
      ("the scan", scan.input), ("rebuilt", found.image), ("linear", linear), ("deconvnet", deconvnet),
    ]
    var figure = SliceRows(rows.map { .init(name: $0.name, volume: volume($0.image)) })
    figure.title =
      "\(stem) · \(inversion.layer)" + (inversion.channel.map { ", channel \($0)" } ?? "")
    figure.subtitle =
      "relative error \(NumberText.significant(found.error, digits: 3)), correlation with the scan "
      + "\(NumberText.significant(found.correlation, digits: 3))"
    try writer.add(try figure.png())
  }
}

/// What each depth of a network still knows of a scan.
public struct InversionSeries: Sendable {
  /// The layers from the image on.
  public let reports: [InversionReport]

  /// A series of at least one layer.
  public init(_ reports: [InversionReport]) { self.reports = reports }

  /// The table's columns: `depth layer channel values relative_error correlation linear_correlation`.
  public var table: Table {
    Table([
      .whole("depth", reports.indices.map { $0 + 1 }), .text("layer", reports.map(\.inversion.layer)),
      .whole("channel", reports.map(\.inversion.channel)), .whole("values", reports.map(\.inversion.values)),
      .number("relative_error", reports.map(\.found.error)), .number("correlation", reports.map(\.found.correlation)),
      .number("linear_correlation", reports.map(\.linearCorrelation)),
    ])
  }

  /// Adds the table, the chart and a picture of all depths.
  public func add(to writer: ViewWriter, stem: String) throws(PellucidError) {
    try writer.add(table, role: "series", ending: ".tsv")
    guard let first = reports.first else { return }
    func volume(_ image: Tensor) -> Volume {
      first.scan.path.back(image, extensive: false, onModelGrid: true)
    }
    var figure = SliceRows(
      [.init(name: "the scan", volume: volume(first.scan.input))]
        + reports.map { .init(name: $0.inversion.layer, volume: volume($0.found.image)) })
    figure.title = "\(stem) · what each depth still knows"
    try writer.add(try figure.png())
    var options = ChartOptions()
    options.title = "\(stem) · what each depth still knows"
    options.label = "of 1"
    let depths = reports.indices.map { Double($0 + 1) }
    let panels: [LineChart.Panel] = [
      .init(
        title: "correlation with the scan",
        lines: [
          .init(name: "rebuilt", x: depths, y: reports.map(\.found.correlation)),
          .init(name: "linear", x: depths, y: reports.map(\.linearCorrelation)),
        ]),
      .init(
        title: "relative error of the layer",
        lines: [.init(name: "rebuilt", x: depths, y: reports.map(\.found.error))]),
    ]
    try writer.add(
      try LineChart(panels, axis: "depth (layers in order)", options: options).png(), role: "series_picture",
      ending: "_series.png")
  }

  /// What the record says was found.
  public var facts: JSONValue {
    .object([
      .init(
        "series",
        .array(
          reports.map { report in
            guard case .object(let members) = report.facts else { return .null }
            return .object([.init("layer", .string(report.inversion.layer))] + members)
          }))
    ])
  }
}

extension Inversion.Settings {
  /// The settings in force, for the record.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("steps", .integer(steps)), .init("rate", .single(rate)), .init("optimizer", .string(optimizer.rawValue)),
      .init("alpha", .single(alpha)), .init("beta", .single(beta)), .init("norm", .number(weightAlpha)),
      .init("variation", .number(weightBeta)), .init("noise", .single(noise)), .init("seed", .integer(seed)),
    ]
    if optimizer == .momentum { members.append(.init("momentum", .single(momentum))) }
    return .object(members)
  }
}
