internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidResults
internal import PellucidTransforms
internal import PellucidVolumes

/// Where a method's maps are compared: on the grid that they share, or, where they lie on several, in MNI space.
struct CommonGrid {
  /// The 2 mm grid of MNI space that FSL and nilearn use, RAS+.
  static let standard = Grid(
    shape: GridShape(i: 91, j: 109, k: 91), affine: Affine(elements: [2, 0, 0, -90, 0, 2, 0, -126, 0, 0, 2, -72]))

  /// How a map comes to MNI space.
  private enum Way {
    /// It is there, by its atlas or by what its header says.
    case world
    /// By the transforms with which its atlas was brought to the scan.
    case transform(SpatialTransform)
  }

  private let results: [StoredResult]
  /// A way a result; nil: all maps lie on one grid and are compared there.
  private let ways: [Way]?
  /// What was decided; nil: nothing.
  private(set) var note: Note?

  /// Whether maps are brought to MNI space.
  var isStandard: Bool { ways != nil }

  /// Looks at the records.
  /// - Throws: `.badData` where maps lie on several grids and nothing says where one of them lies in MNI space; what transforms throw.
  init(_ results: [StoredResult], of method: String) throws(PellucidError) {
    self.results = results
    let grids = Self.grids(of: results)
    let given = results.map { $0.record.map.space == "atlas" ? [] : $0.record.atlas?.transforms.map(\.given) ?? [] }
    // On one grid each brain may still lie elsewhere, which its own transform then says.
    guard grids > 1 || Set(given).count > 1 else {
      ways = nil
      return
    }
    let atlases = Set(results.compactMap { $0.record.atlas?.name }.filter { !$0.isEmpty })
    let images = Set(results.map { $0.record.atlas?.files?.first?.sha256 })
    let isShared = atlases.count == 1 && images.count == 1
    var ways: [Way] = []
    var atlasGrids: [String: Grid] = [:]
    for (result, given) in zip(results, given) {
      guard given.isEmpty else {
        ways.append(.transform(try Self.transform(given, of: result, &atlasGrids)))
        continue
      }
      if !isShared, result.record.map.space != "atlas", !Self.saysMNI(try result.volume()) {
        throw .nowhereInMNI(result.recordPath)
      }
      ways.append(.world)
    }
    self.ways = ways
    let moved = ways.count { if case .transform = $0 { true } else { false } }
    let how = [
      moved > 0 ? "\(moved) by the transforms of their records" : nil,
      moved < ways.count ? "\(ways.count - moved) by where their scans lie in the world" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    note = Note(
      what: grids > 1
        ? "maps of \(method) lie on \(grids) grids" : "maps of \(method) lie each in its scan's own world",
      how: "they are compared in MNI space, at 2 mm: \(how)", weight: .told)
  }

  /// How many different grids there are.
  private static func grids(of results: [StoredResult]) -> Int {
    var known: [ResultRecord.Grid] = []
    for grid in results.map(\.record.map)
    where !known.contains(where: { other in
      other.shape == grid.shape && zip(other.affine, grid.affine).allSatisfy { abs($0 - $1) < 1e-3 }
    }) {
      known.append(grid)
    }
    return known.count
  }

  /// Whether the affine in use comes with the code for MNI 152 (4).
  private static func saysMNI(_ map: Volume) -> Bool {
    map.space.sformCode == 4 || map.space.sformCode == 0 && map.space.qformCode == 4
  }

  private static func transform(
    _ given: [String], of result: StoredResult, _ atlasGrids: inout [String: Grid]
  ) throws(PellucidError) -> SpatialTransform {
    var files: [TransformFile] = []
    for text in given { files.append(try TransformFile(try TransformReference(text), nan: .zero)) }
    let map = result.record.map
    var (scan, atlas): (Grid?, Grid?)
    if map.space == "scan", map.shape.count == 3, map.affine.count >= 12 {
      scan = Grid(
        shape: GridShape(i: map.shape[0], j: map.shape[1], k: map.shape[2]),
        affine: Affine(elements: Array(map.affine.prefix(12))))
    }
    // Only FLIRT's matrices speak of voxels.
    if let image = result.record.atlas?.files?.first?.name, files.contains(where: { $0.kind.contains("FLIRT") }) {
      if let known = atlasGrids[image] {
        atlas = known
      } else {
        let read = try Volume(contentsOf: image, nan: .zero)
        atlas = Grid(shape: read.shape, affine: read.affine)
        atlasGrids[image] = atlas
      }
    }
    return try SpatialTransform(files, scan: scan, atlas: atlas)
  }

  // MARK: Maps

  /// A result's map, its channels added up, where it is compared.
  ///
  /// Maps that add up are multiplied by the ratio of the voxels' volumes, so that they
  /// still do (but for what lies outside of the grid, and where a field stretches).
  func map(_ place: Int) throws(PellucidError) -> Volume {
    let read = try results[place].volume()
    let map = read.channels > 1 ? read.channelsSummed() : read
    guard let ways else { return map }
    let measure = results[place].record.measure
    var out = Self.brought(map, ways[place], isRegional: measure == .regional)
    if measure == .extensive {
      let own = Self.transform(of: ways[place]).linearPart.composed(with: map.affine)
      let ratio = Float(abs(Self.standard.affine.determinant / own.determinant))
      out.voxels = out.voxels.map { $0 * ratio }
    }
    guard out.voxels.contains(where: { $0 != 0 }) || !map.voxels.contains(where: { $0 != 0 }) else {
      throw .outsideOfMNI(results[place].recordPath)
    }
    out.space = SpaceRecord(sformCode: 4)
    return out
  }

  /// A scan beside a result's map.
  func beside(_ place: Int, _ scan: Volume) -> Volume {
    guard let ways else { return scan }
    return Self.brought(scan, ways[place], isRegional: false)
  }

  private static func brought(_ volume: Volume, _ way: Way, isRegional: Bool) -> Volume {
    volume.carried(
      by: transform(of: way), onto: standard, interpolation: isRegional ? .nearest : .linear, antialias: !isRegional)
  }

  private static func transform(of way: Way) -> SpatialTransform {
    switch way {
    case .world: SpatialTransform([])
    case .transform(let transform): transform
    }
  }
}

extension PellucidError {
  static func nowhereInMNI(_ record: String) -> Self {
    .init(
      .badData, at: .init(file: record),
      what: "they lie on several grids, and nothing says where \(record) lies in MNI space",
      remedy:
        "explain with one `atlas` and `atlas-transform`, with `space` atlas, or scans that were brought to MNI space")
  }

  static func outsideOfMNI(_ record: String) -> Self {
    .init(
      .badData, at: .init(file: record),
      what: "\(record) has no relevance in MNI space, where maps of several grids are compared",
      remedy: "check its scan's place in the world, or its transforms")
  }
}
