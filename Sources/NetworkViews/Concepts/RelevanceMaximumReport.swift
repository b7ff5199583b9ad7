public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidFigures
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTables
public import PellucidVolumes

/// The files of relevance maximization: the table of scans, and of each channel the places in them that it is most relevant for.
public struct RelevanceMaximumReport {
  private let references: [RelevanceMaximum.Reference]
  private let scans: [ScanReference]
  private let layer: String
  private let method: RelevancePropagation

  /// A report.
  ///
  /// - Parameters:
  ///   - scans: all that were looked at.
  ///   - layer: its name.
  ///   - method: the rules of the walk back.
  public init(
    _ references: [RelevanceMaximum.Reference], among scans: [ScanReference], layer: String,
    by method: RelevancePropagation
  ) {
    (self.references, self.scans, self.layer, self.method) = (references, scans, layer, method)
  }

  /// Whether the layer has places in the scans; one that has none has a table alone.
  public var hasPlaces: Bool { references.contains { $0.found.peakOnInput != nil } }

  /// Channels and scans of each that the picture shows.
  private static let shown = (channels: 8, scans: 6)

  /// What is known of a channel in a scan, and its place in the picture.
  private struct Place {
    let reference: RelevanceMaximum.Reference
    let crop: RelevanceCrop
    let tile: TileSheet.Tile
  }

  /// Writes everything but the record.
  /// - Parameter explainer: reads the scans that are named again.
  /// - Returns: what is to be told.
  public func write(
    into writer: ViewWriter, in explainer: Explainer, progress: any ProgressObserver
  ) throws(PellucidError) -> [Note] {
    try writer.add(table, role: "references", ending: ".tsv")
    var found: [Place] = []
    let named = Set(references.map(\.scan)).sorted()
    for (done, scan) in named.enumerated() where hasPlaces {
      try progress.check()
      found += try places(in: scan, of: explainer)
      progress.advanced(to: done + 1, of: named.count)
    }
    // A layer without places has no crops.
    guard let first = found.first else { return [] }
    let channels = unique(references.map(\.channel))
    for channel in channels {
      let own = found.filter { $0.reference.channel == channel }.sorted { $0.reference.rank < $1.reference.rank }
      guard let scan = RelevanceCrop.stacked(own.map(\.crop.scan)),
        let relevance = RelevanceCrop.stacked(own.map(\.crop.relevance))
      else { continue }
      try writer.add(
        scan, role: "crops:\(channel)", ending: "_channel-\(channel).nii.gz", description: "crops of channel \(channel)"
      )
      try writer.add(
        relevance, role: "crops_relevance:\(channel)", ending: "_channel-\(channel)_relevance.nii.gz",
        description: "relevance through channel \(channel)")
    }
    try writer.add(try picture(found, channels), ending: ".png")
    let sizes = first.crop.scan.affine.voxelSizes
    let isMixed = found.contains { zip($0.crop.scan.affine.voxelSizes, sizes).contains { abs($0 - $1) > 0.01 * $1 } }
    return isMixed
      ? [
        Note(
          what: "the scans' voxels differ in size on the network's grid",
          how: "crops have as many voxels of each; their volumes state the size of the first", weight: .told)
      ] : []
  }

  /// A row a channel and scan.
  private var table: Table {
    Table([
      .whole("channel", references.map(\.channel)), .whole("rank", references.map(\.rank)),
      .text("image", references.map { scans[$0.scan].text }),
      .number("relevance", references.map(\.found.relevance)), .number("share", references.map(\.found.share)),
      .number("activation", references.map(\.found.activation)),
      .number("peak_x", references.map { $0.found.peak?[0] }), .number("peak_y", references.map { $0.found.peak?[1] }),
      .number("peak_z", references.map { $0.found.peak?[2] }),
    ])
  }

  private func unique(_ channels: [Int]) -> [Int] {
    var seen: Set<Int> = []
    return channels.filter { seen.insert($0).inserted }
  }

  /// The places of all channels that are asked for in one scan.
  private func places(in scan: Int, of explainer: Explainer) throws(PellucidError) -> [Place] {
    let subject = try explainer.prepare(scans[scan])
    let relevance = try ChannelRelevance(
      at: layer, of: subject, try explainer.question(for: subject), in: explainer, by: method)
    let (world, input) = (relevance.world, subject.prepared.input)
    let anatomy = try MontageAnatomy(subject.anatomy)
    let background = Float(explainer.classifier.card.input.backgrounds(channels: 1)[0])
    var found: [Place] = []
    for one in references where one.scan == scan {
      guard let centre = one.found.peakOnInput, let peak = one.found.peak else { continue }
      let through = try relevance.relevance(through: [one.channel])
      let crop = RelevanceCrop(
        of: input, through, around: centre, extents: RelevanceCrop.extents(relevance.field, in: world),
        background: background, in: world)
      let box = WorldBox(around: crop.scan.shape, affine: crop.scan.affine)
      let map = relevance.onScan(through).part(within: box)
      // Where the relevance within the box is, which need not be at the middle of what the cell sees.
      let (height, reach) = Self.slice(of: map) ?? (peak[2], .leastNormalMagnitude)
      let caption =
        "\(one.channel): \(scans[scan].stem), z = \(NumberText.millimetres(height)), "
        + NumberText.significant(one.found.relevance, digits: 2)
      let tile = try TileSheet.Tile.slice(
        of: anatomy.part(within: box), map, range: -reach...reach, .axial, at: height, caption: caption)
      found.append(Place(reference: one, crop: crop, tile: tile))
    }
    return found
  }

  /// The height (mm, z) at which a map has the most, by magnitude, and the 99.5th percentile of its magnitudes there; nil: it is 0.
  private static func slice(of map: Volume) -> (height: Double, reach: Double)? {
    var heights: [Double: [Float]] = [:]
    for k in 0..<map.shape.k {
      for j in 0..<map.shape.j {
        for i in 0..<map.shape.i {
          let voxel = VoxelIndex(i: i, j: j, k: k)
          let value = map[voxel].magnitude
          if value > 0 { heights[map.affine.worldPoint(of: voxel).z.rounded(), default: []].append(value) }
        }
      }
    }
    guard let most = heights.max(by: { ($0.value.reduce(0, +), $1.key) < ($1.value.reduce(0, +), $0.key) }) else {
      return nil
    }
    let sorted = most.value.sorted()
    return (most.key, Double(sorted[Int(0.995 * Double(sorted.count - 1))]))
  }

  private func picture(_ found: [Place], _ channels: [Int]) throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    options.background = .black
    options.width = 180
    options.title = "What channels of \(layer) are used for"
    options.subtitle =
      "a row a channel: the places in scans that it is most relevant for; colours: relevance through it"
    options.label = "as part of the slice's largest (99.5 %)"
    let ranks = found.map(\.reference.rank).max() ?? 1
    let columns = min(Self.shown.scans, ranks)
    var tiles: [TileSheet.Tile] = []
    for channel in channels.prefix(Self.shown.channels) {
      let own = found.filter { $0.reference.channel == channel }.sorted { $0.reference.rank < $1.reference.rank }
      let row = own.prefix(columns).map(\.tile)
      guard let first = row.first else { continue }
      tiles += row + Array(repeating: .free(like: first), count: columns - row.count)
    }
    return try TileSheet(
      tiles, columns: columns, bar: -1...1,
      foot:
        "Each cut to what the cell with the most relevance sees (64 mm at most), in the axial slice with most relevance. "
        + "Below: channel, scan, slice, relevance of the channel in the whole scan; left is left.",
      options: options
    ).png()
  }
}
