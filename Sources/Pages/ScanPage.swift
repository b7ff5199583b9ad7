public import PellucidAtlases
public import PellucidFaults
internal import PellucidFigures
internal import PellucidResults
public import PellucidVolumes

/// One scan's page: all its maps over its anatomy, in one file that opens from disk and asks the network for nothing.
///
/// Planes lie in the scan's own voxel axes, so that every pixel is a voxel and its value the file's own. Volumes are carried as whole
/// numbers of small steps (``PackedVolume``); what else the page shows, it reads off the records and region tables.
public struct ScanPage: Sendable {
  /// The file's bytes, UTF-8.
  public let html: [UInt8]

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - maps: the results, all of one scan; they are shown in this order.
  ///   - anatomy: the scan; its first channel is shown. nil: maps are shown on black.
  ///   - atlas: the atlas, brought to the scan, for the region under the cursor.
  ///   - remarks: what a reader must know about the page itself.
  ///   - views: of the network on this scan, shown below its maps.
  ///   - isServed: whether a server serves it, which adds what needs a network at hand.
  /// - Throws: `.badData` where a table's numbers cannot be read or the atlas lies nowhere on the scan.
  /// - Precondition: there is a map.
  public init(
    of maps: [PageMap], anatomy: Volume?, atlas: PlacedAtlas?, remarks: [String] = [], views: [ViewSection] = [],
    isServed: Bool = false
  ) throws(PellucidError) {
    precondition(!maps.isEmpty, "a page shows something")
    let maps = PageMap.distinct(maps)
    var remarks = remarks
    let fine = anatomy ?? maps[0].volume
    let coarser = CoarserGrid(for: fine.shape, voxelSizes: fine.affine.voxelSizes)
    if coarser.isCoarser {
      remarks.append(
        "The scan has \(fine.shape.extents.map(String.init).joined(separator: " × ")) voxels, more than a page can carry: it shows the means of "
          + "blocks of \(coarser.factors.map(String.init).joined(separator: " × ")) voxels. Coordinates are the scan's."
      )
    }
    let shown = anatomy.map { coarser.means(of: $0) }
    let overlays = maps.map { map in
      CoarserGrid(for: map.volume.shape, voxelSizes: map.volume.affine.voxelSizes).means(of: map.volume)
    }
    let window = shown.map { AnatomyWindow(of: $0.voxels) }
    let air = shown.flatMap { shown in window.map { HeadSurroundings(around: shown, foreground: $0.foreground) } }
    let (shape, affine) = (coarser.shape(of: fine.shape), coarser.affine(of: fine.affine))
    let regions = try atlas.map { (atlas) throws(PellucidError) in
      try PageRegions(atlas, shape: shape, affine: affine)
    }
    let budget = PageBudget(
      anatomy: shown.flatMap { shown in window.map { (shown, min($0.low, $0.high)...max($0.low, $0.high)) } },
      maps: overlays, others: regions?.count ?? 0)

    var blobs: [String] = []
    func blob(_ base64: String) -> Int {
      blobs.append(base64)
      return blobs.count - 1
    }
    var methods: [JSONValue] = []
    for (place, map) in maps.enumerated() {
      methods.append([
        "id": .string(map.id), "caption": .string(map.caption), "record": map.record.json,
        "scale": map.scale(of: overlays[place]), "table": try map.table(),
        "inAir": air.flatMap { $0.share(of: overlays[place]) }.map { .number($0) } ?? .null,
        "map": budget.maps[place].json(blob: blob(budget.maps[place].base64)),
      ])
    }
    var data: JSONValue = [
      "stem": .string(ScanReference(maps[0].record.image).stem), "pellucid": .string(pellucidVersion),
      "scan": ["shape": .integers(fine.shape.extents), "affine": .numbers(fine.affine.elements)],
      "grid": ["shape": .integers(shape.extents), "affine": .numbers(affine.elements)],
      "methods": .array(methods), "colours": Self.colours, "remarks": .strings(remarks),
    ]
    if let packed = budget.anatomy, let window {
      data["anatomy"] = packed.json(blob: blob(packed.base64))
      data["window"] = .singles([window.low, window.high])
      data["foreground"] = .single(window.foreground)
    }
    if let regions { data["atlas"] = regions.json(blob: blob(regions.base64)) }
    let frame = PageFrame(
      product: "report", heading: ScanReference(maps[0].record.image).stem, images: "data: blob:",
      script: .init(
        modules: FrontEnd.scanModules + (isServed ? FrontEnd.servedModules : []), data: data, blobs: blobs,
        skip: ("planes", "To the planes"),
        without:
          "The volumes of this page are drawn by a script, which this browser does not run. The region tables and pictures beside the page hold the same results.",
        loading: "Unpacking the volumes …", isServed: isServed))
    html = frame.page(FrontEnd.filled("scan.html", ["views": Array(views.map(\.html).joined().utf8)]))
  }

  /// The colour maps that the page offers, 256 colours each as `rrggbb`.
  private static var colours: JSONValue {
    let names = ["frostfire", "inferno", "RdBu", "coolwarm", "viridis", "cividis", "hot"]
    return .object(
      names.compactMap { name in
        guard let map = try? ColourMap.named(name) else { return nil }
        let table = map.table.map { colour in
          let digits = String(colour.packed, radix: 16)
          return String(repeating: "0", count: 6 - digits.count) + digits
        }
        return .init(map.name, ["isSigned": .bool(map.kind == .diverging), "table": .string(table.joined())])
      })
  }
}
