internal import PellucidAtlases
public import PellucidFaults
internal import PellucidFiles
public import PellucidResults
internal import PellucidTables
internal import PellucidTransforms
internal import PellucidVolumes

/// The results of one scan in folders, with what a page of them needs: the scan, and the atlas where it lay.
public struct StoredScan: Sendable {
  /// The results, by folder and name.
  public let results: [StoredResult]

  /// The scan's name without folder and ending.
  public var stem: String { results[0].stem }
  /// The first result's record, for what all share: the scan and the network's answer.
  public var record: ResultRecord { results[0].record }

  /// The views that are of this scan, and those that are of none.
  /// - Parameter alone: whether the latter are left out.
  public func views(among all: [StoredView], alone: Bool = false) -> [StoredView] {
    let digests = record.scan.map(\.sha256)
    return all.filter { $0.scan.isEmpty ? !alone : $0.scan == digests }
  }

  /// Sorts results by the scan that they are of, in the order in which scans come.
  public static func all(_ results: [StoredResult]) -> [StoredScan] {
    var order: [[String]] = []
    var groups: [[String]: [StoredResult]] = [:]
    for result in results {
      let key = result.record.scan.map(\.sha256)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(result)
    }
    return order.compactMap { groups[$0].map(StoredScan.init) }
  }

  /// Reads everything that a page shows.
  ///
  /// - Parameter folder: where the scan is looked for besides where the record says and beside the record; nil: nowhere.
  /// - Throws: `.badData` where a file of a result is missing or altered.
  public func read(lookingIn folder: String? = nil) throws(PellucidError) -> ReadScan {
    var maps: [PageMap] = []
    for result in results { maps.append(try PageMap(result)) }
    var notes: [Note] = []
    let anatomy = isInAnotherWorld ? nil : try scan(lookingIn: folder, &notes)
    let named = maps.first { $0.record.atlas != nil && $0.regions != nil }
    let atlas: PlacedAtlas? =
      if let named { try self.atlas(for: named, anatomy ?? maps[0].volume, &notes) } else { nil }
    return ReadScan(maps: maps, anatomy: anatomy, atlas: atlas, notes: notes)
  }

  /// Whether maps lie in the atlas's world, and that is not the scan's.
  private var isInAnotherWorld: Bool {
    record.map.space == "atlas" && !(record.atlas?.transforms.isEmpty ?? true)
  }

  /// The scan, where it is still what was explained.
  private func scan(lookingIn folder: String?, _ notes: inout [Note]) throws(PellucidError) -> Volume? {
    let path = ScanReference(record.image).paths[0]
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let places = [path, results[0].folder.path(of: name)] + (folder.map { [ResultFolder($0).path(of: name)] } ?? [])
    var altered: String?
    for place in places {
      guard case .file = FileKind.at(place) else { continue }
      let digest = try SHA256.hexDigest(ofFile: place)
      if record.scan.contains(where: { $0.sha256 == digest }) { return try Volume(contentsOf: place, nan: .zero) }
      altered = place
    }
    notes.append(
      Note(
        what: altered.map { "\($0) is not the scan that was explained any more" } ?? "the scan \(path) is not found",
        how: "the page shows its maps without anatomy; `images` names a folder that has the scan", weight: .warning))
    return nil
  }

  /// The atlas as it lay when the table was made: what the table counts is what it is known by.
  private func atlas(for map: PageMap, _ grid: Volume, _ notes: inout [Note]) throws(PellucidError) -> PlacedAtlas? {
    guard let about = map.record.atlas, let table = map.regions else { return nil }
    let isCounted = about.weights == "labels" && map.record.map.space != "atlas"
    let scan = Grid(shape: grid.shape, affine: grid.affine)
    for found in atlases(about) {
      for groups in [[], [AtlasGrouping.bilateral], [.lobe], [.lobe, .bilateral]] {
        let atlas = groups.isEmpty ? found : found.grouped(by: groups)
        guard atlas.regions.count == about.regions, let placed = try? place(atlas, about, onto: scan) else { continue }
        if !isCounted || placed.agrees(with: table, on: map.volume) { return placed }
      }
    }
    notes.append(
      Note(
        what: "the atlas \(about.name) is not found as it was",
        how: "the page cannot name the region under the cursor; its table is the record's", weight: .warning))
    return nil
  }

  private func place(
    _ atlas: Atlas, _ about: ResultRecord.Atlas, onto scan: Grid
  ) throws(PellucidError) -> PlacedAtlas {
    guard !isInAnotherWorld else { return PlacedAtlas(atlas) }
    var transforms: [TransformFile] = []
    for transform in about.transforms {
      transforms.append(try TransformFile(try TransformReference(transform.given), nan: .zero))
    }
    return try PlacedAtlas(atlas, by: transforms, onto: scan)
  }

  /// The atlases that may be meant: by the file's path, and by name.
  private func atlases(_ about: ResultRecord.Atlas) -> [Atlas] {
    let policy = LabelVolume.Policy(nan: .zero, tolerance: 0.499)
    return [about.files?.first?.name, about.name].compactMap { name in
      name.flatMap { try? AtlasLibrary.standard().atlas($0, labels: nil, policy: policy) }
    }
  }
}
