internal import PellucidAtlases
internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
public import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// A map as a page shows it, with what is known of it.
public struct PageMap: Sendable {
  /// What it is called in the page's address and by scripts: the result's name without the scan's.
  public let id: String
  /// What it is called in the page.
  let caption: String
  /// How it was made.
  let record: ResultRecord
  /// One channel.
  let volume: Volume
  /// What it says of every region.
  let regions: Table?

  /// An explanation that was just made, under the name of its files.
  public init(_ explanation: Explanation, _ stored: StoredResult) {
    self.init(explanation, id: stored.idInPage, record: stored.record)
  }

  /// An explanation that is written nowhere, under a name.
  public init(_ explanation: Explanation, id: String) {
    self.init(explanation, id: id, record: explanation.record)
  }

  private init(_ explanation: Explanation, id: String, record: ResultRecord) {
    self.id = id
    caption = explanation.caption
    self.record = record
    volume = explanation.overlay
    regions = explanation.table?.table(remarks: explanation.warnings.map(\.text))
  }

  /// A result of a folder.
  /// - Throws: `.badData` where one of its files is missing or altered.
  public init(_ stored: StoredResult) throws(PellucidError) {
    try stored.check()
    id = stored.idInPage
    caption = stored.captionInPage
    record = stored.record
    let whole = try stored.volume()
    volume = whole.isShared ? whole.channel(alone: 0) : whole.channelsSummed()
    regions = stored.path(of: "regions") == nil ? nil : try stored.regions()
  }

  private init(_ map: PageMap, id: String) {
    (self.id, caption, record, volume, regions) = (id, map.caption, map.record, map.volume, map.regions)
  }

  /// The same maps, each under an id of its own.
  static func distinct(_ maps: [PageMap]) -> [PageMap] {
    var seen: [String: Int] = [:]
    return maps.map { map in
      let count = seen[map.id, default: 0] + 1
      seen[map.id] = count
      return count == 1 ? map : PageMap(map, id: "\(map.id) (\(count))")
    }
  }

  /// The scale of its colours, as the montage has it.
  func scale(of overlay: Volume) -> JSONValue {
    let scale = OverlayScale(of: [overlay.voxels], options: MontageOptions())
    return [
      "low": .single(scale.low), "high": .single(scale.high), "colours": .string(scale.map.name),
      "isEmpty": .bool(scale.emptiness != nil),
    ]
  }

  /// The region table by columns.
  func table() throws(PellucidError) -> JSONValue {
    guard let regions else { return .null }
    var columns: [JSONValue.Member] = []
    for name in regions.names {
      // As the file has them, so that a page says the same whether the table was read or just made.
      let texts = try regions.texts(name)
      let numbers = texts.map { $0.flatMap(Double.init) }
      let isText = name == "name" || zip(texts, numbers).contains { $0 != nil && $1 == nil }
      let cells: [JSONValue] =
        isText ? texts.map { $0.map { .string($0) } ?? .null } : numbers.map { $0.map { .number($0) } ?? .null }
      columns.append(.init(name, .array(cells)))
    }
    return ["columns": .object(columns), "remarks": .strings(regions.remarks)]
  }
}

extension StoredResult {
  /// The scan's name without folder and ending.
  var stem: String { ScanReference(record.image).stem }

  /// `lrp` of `patient_lrp`; of BIDS derivatives what stands behind the subject, `gradCam` of `sub-01_ses-2_desc-gradCam_relevance`, so
  /// that it is the same for all subjects.
  var idInPage: String {
    if name.hasPrefix(stem + "_") { return String(name.dropFirst(stem.count + 1)) }
    let description = name.split(separator: "_").last { $0.hasPrefix("desc-") }
    return description.map { String($0.dropFirst("desc-".count)) } ?? name
  }

  /// The method with what sets it apart, read off the file's name: `lrp:composite=epsilon` is there `lrp_composite-epsilon`.
  fileprivate var captionInPage: String {
    let target = "_" + FileLabel.distinct([record.target.name])[0]
    var label = idInPage
    if label.hasSuffix(target) { label = String(label.dropLast(target.count)) }
    guard label.hasPrefix(record.method + "_"), name.hasPrefix(stem + "_") else { return record.method }
    return "\(record.method) \(label.dropFirst(record.method.count + 1))"
  }
}

extension Volume {
  /// Whether all channels are the same map, as Grad-CAM's, which channels share.
  fileprivate var isShared: Bool {
    channels > 1 && (shape.count..<voxels.count).allSatisfy { voxels[$0] == voxels[$0 % shape.count] }
  }
}
