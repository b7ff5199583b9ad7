public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidFigures
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidResults
public import PellucidTables
internal import PellucidTensors
internal import PellucidVolumes

/// What is written of a scan's way through a network: the relevance at every stage as volumes, a table of all channels, and one page.
public struct CascadeReport: Sendable {
  /// What was followed.
  public let cascade: Cascade
  /// The scan.
  public let subject: Explainer.Case
  /// What was explained.
  public let score: ScoreFunction
  /// How many channels a stage the page shows [5].
  public var shown = 5
  private let grids: [LayerGrid?]

  /// A report.
  public init(_ cascade: Cascade, of subject: Explainer.Case, score: ScoreFunction) {
    (self.cascade, self.subject, self.score) = (cascade, subject, score)
    let world = InputWorld(subject.prepared.path)
    // Values keep their places from graph to graph.
    grids = cascade.stages.map { LayerGrid(of: $0.value, in: score.network, world: world) }
  }

  /// The table's columns: `stage layer node operator channel rank activation_mean activation_max relevance share peak_x peak_y peak_z
  /// on_path path_share`; a row a channel, the most relevant of each stage first; peaks in mm, RAS+.
  public var table: Table {
    typealias Row = (stage: Int, own: Cascade.Stage, channel: Cascade.Channel, rank: Int, peak: [Double?])
    let rows: [Row] = cascade.stages.enumerated().flatMap { place, stage in
      stage.strongest.enumerated().map { rank, channel in
        (place + 1, stage, channel, rank + 1, peak(of: channel, stage: place))
      }
    }
    func onPath(_ row: Row) -> Bool { row.own.path?.channel == row.channel.index }
    return Table([
      .whole("stage", rows.map(\.stage)), .text("layer", rows.map(\.own.tensor)), .text("node", rows.map(\.own.node)),
      .text("operator", rows.map(\.own.type)), .whole("channel", rows.map(\.channel.index)),
      .whole("rank", rows.map(\.rank)), .number("activation_mean", rows.map(\.channel.mean)),
      .number("activation_max", rows.map(\.channel.largest)), .number("relevance", rows.map(\.channel.relevance)),
      .number("share", rows.map(\.channel.share)), .number("peak_x", rows.map { $0.peak[0] }),
      .number("peak_y", rows.map { $0.peak[1] }), .number("peak_z", rows.map { $0.peak[2] }),
      .text("on_path", rows.map { onPath($0) ? "yes" : "no" }),
      .number("path_share", rows.map { onPath($0) ? $0.own.path?.part : nil }),
    ])
  }

  /// The world place of the cell at which most relevance arrives; without a place, nothing.
  private func peak(of channel: Cascade.Channel, stage: Int) -> [Double?] {
    guard let grid = grids[stage], let axes = grid.axes, axes == [2, 3, 4], channel.peak.count == 3 else {
      return [nil, nil, nil]
    }
    let cell = channel.peak.map(Double.init)
    let place = grid.affine.worldPoint(i: cell[0], j: cell[1], k: cell[2])
    return [place.x, place.y, place.z]
  }

  /// What the record says was found.
  public var facts: JSONValue {
    let stages: [JSONValue] = cascade.stages.map { stage in
      .object([
        .init("layer", .string(stage.tensor)), .init("node", .string(stage.node)),
        .init("shape", .integers(stage.shape.dimensions)), .init("relevance", .number(stage.sum)),
        .init("strongest", .integers(stage.strongest.prefix(shown).map(\.index))),
        .init("path_channel", stage.path.map { .integer($0.channel) } ?? .null),
        .init("path_share", stage.path.map { .number($0.part) } ?? .null),
      ])
    }
    return .object([
      .init("target", .string(score.target.name)), .init("relevance_of_outputs", .number(cascade.start)),
      .init("relevance_of_input", .number(cascade.image.sum)), .init("relevance_of_path", .number(cascade.path.sum)),
      .init("stages", .array(stages)), .init("volumes", .strings(volumes.map(\.name))),
    ])
  }

  /// What the volumes hold: the voxels' relevance, that of the path, and that of every stage that has a place, stretched onto the input.
  private var volumes: [(name: String, map: Tensor)] {
    var all: [(name: String, map: Tensor)] = [
      ("voxels", cascade.image.sumOverChannels), ("path", cascade.path.sumOverChannels),
    ]
    let extents = score.network.inputShape.spatial
    for (stage, grid) in zip(cascade.stages, grids) {
      guard let grid, grid.axes == [2, 3, 4], grid.shape.count > 1 else { continue }
      let cells = stage.relevance.sumOverChannels
      all.append(
        (
          stage.tensor,
          cells.resampledLinearly(
            to: extents, first: zip(grid.centre, grid.jump).map { -$0 / $1 }, step: grid.jump.map { 1 / $0 })
        ))
    }
    return all
  }

  /// Adds the files.
  /// - Throws: `.output` where one cannot be written.
  public func add(to writer: ViewWriter) throws(PellucidError) {
    let placed = volumes.map { subject.prepared.path.back($0.map, extensive: false, channels: .sum, onModelGrid: true) }
    var all = placed[0]
    all.channels = placed.count
    all.voxels = placed.flatMap(\.voxels)
    try writer.add(all, description: "cascade")
    try writer.add(table, role: "channels", ending: ".tsv")
    try writer.add(try figure(placed).png())
  }

  private func figure(_ placed: [Volume]) throws(PellucidError) -> CascadeFigure {
    var voxels = placed[0]
    voxels.channels = 2
    voxels.voxels += placed[1].voxels
    var first = CascadeFigure.Stage(
      lines: ["voxels", Self.extents(score.network.inputShape.spatial)],
      tiles: [
        .init(caption: "all relevance", share: 1, isOnPath: false),
        .init(caption: "along the path", share: 1, isOnPath: true),
      ], maps: voxels)
    // What came along one path is a small part of all.
    first.scalesApart = true
    let stages = zip(cascade.stages, grids).enumerated().map { place, pair in self.stage(pair.0, pair.1, place + 1) }
    let classes = score.classes
    let values = subject.probabilities ?? subject.scores
    let answers = values.indices.map { index in
      CascadeFigure.Answer(
        name: subject.classes.name(of: index), value: Double(values[index]),
        isTarget: classes.count == values.count && score.target.weights[index] > 0)
    }
    // Of many classes the explained ones and the largest.
    let order = answers.indices.sorted {
      (answers[$0].isTarget ? 1 : 0, answers[$0].value) > (answers[$1].isTarget ? 1 : 0, answers[$1].value)
    }
    let kept = Set(order.prefix(6))
    var figure = try CascadeFigure(
      anatomy: subject.anatomy, stages: [first] + stages,
      answers: answers.indices.filter(kept.contains).map { answers[$0] },
      path: placed[1])
    figure.title = "\(subject.scan.stem) · how \(score.target.name) came about"
    figure.subtitle =
      "each row a stage: relevance of its channels as bars, the strongest on the scan; framed: the decisive path"
    figure.note =
      "maps: relevance of each channel at the stage's own cells (LRP), one scale a stage (of the voxels, each its own); percent: its part of what arrives at the stage"
    return figure
  }

  private func stage(_ stage: Cascade.Stage, _ grid: LayerGrid?, _ number: Int) -> CascadeFigure.Stage {
    let strongest = stage.strongest
    var kept = Array(strongest.prefix(shown))
    // The path's channel is shown, even where others have more relevance.
    if let path = stage.path?.channel, !kept.contains(where: { $0.index == path }),
      let own = strongest.first(where: { $0.index == path })
    {
      if kept.count == shown { kept.removeLast() }
      kept.append(own)
    }
    let isPlaced = grid.map { $0.axes != nil && $0.shape.count > 1 } ?? false
    let tiles = kept.map { channel in
      CascadeFigure.Tile(
        caption: "\(channel.index): \(NumberText.fixed(100 * channel.share, decimals: 1)) %", share: channel.share,
        isOnPath: channel.index == stage.path?.channel)
    }
    let spatial = stage.shape.spatial
    let words = stage.shape.rank == 5 ? Self.extents(spatial) : ""
    return CascadeFigure.Stage(
      lines: [
        "\(number)  \(stage.node)", "\(stage.channels.count) channels" + (words.isEmpty ? "" : " of \(words)"),
        "→ \(stage.tensor)",
      ],
      tiles: tiles,
      maps: isPlaced ? grid?.volume(of: stage.relevance, channels: kept.map(\.index)) : nil,
      shares: strongest.map(\.share),
      pathShare: strongest.firstIndex { $0.index == stage.path?.channel })
  }

  private static func extents(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: " × ") }
}
