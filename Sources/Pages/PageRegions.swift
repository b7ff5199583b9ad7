internal import PellucidAtlases
internal import PellucidFaults
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// The regions under the cursor: whose voxel each one of the page's grid is.
struct PageRegions {
  private let packed: PackedVolume
  private let regions: [Region]

  /// Labels an atlas on a grid.
  /// - Throws: `.badData` where no voxel gets a label.
  init(_ atlas: PlacedAtlas, shape: GridShape, affine: Affine) throws(PellucidError) {
    let labels = try atlas.labels(on: shape, affine: affine)
    regions = atlas.atlas.regions
    // Numbers from 1 on take less room than labels, which may be thousands.
    var numbers = [Int32](repeating: 0, count: Int(atlas.atlas.image.largestLabel) + 1)
    for (place, region) in regions.enumerated() where Int(region.index) < numbers.count {
      numbers[Int(region.index)] = Int32(place + 1)
    }
    packed = PackedVolume(
      labels.map { numbers[Int($0)] }, shape: shape, affine: affine, expecting: .nothing)
  }

  /// What they take, bytes.
  var count: Int { packed.bytes.count }
  /// As text.
  var base64: String { packed.base64 }

  /// What the page's script must know.
  func json(blob: Int) -> JSONValue {
    [
      "volume": packed.json(blob: blob),
      "regions": .array(
        regions.map {
          ["index": .integer(Int($0.index)), "name": .string($0.name), "hemisphere": .string($0.hemisphere.rawValue)]
        }),
    ]
  }
}

extension PlacedAtlas {
  /// Whether a region table counts the voxels of this atlas.
  func agrees(with table: Table, on grid: Volume) -> Bool {
    guard let indices = try? table.wholes("index"), let counted = try? table.wholes("voxels"),
      let labels = try? labels(on: grid.shape, affine: grid.affine)
    else { return false }
    var counts = [Int](repeating: 0, count: Int(atlas.image.largestLabel) + 1)
    for label in labels { counts[Int(label)] += 1 }
    return zip(indices, counted).allSatisfy { index, voxels in
      guard let index, index > 0 else { return true }
      return (index < counts.count ? counts[index] : 0) == voxels
    }
  }
}
