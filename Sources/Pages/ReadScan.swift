package import PellucidAtlases
internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
public import PellucidResults
internal import PellucidVolumes

/// A scan's results, read from their folders: what its page and its picture are made of.
public struct ReadScan: Sendable {
  let maps: [PageMap]
  let anatomy: Volume?
  package let atlas: PlacedAtlas?
  /// What was looked for and not found, and how to mend that.
  public let notes: [Note]

  /// The page.
  /// - Parameter views: of the network on this scan, shown below its maps.
  /// - Throws: as ``ScanPage/init(of:anatomy:atlas:remarks:views:isServed:)``.
  public func page(views: [StoredView] = []) throws(PellucidError) -> ScanPage {
    try page(with: [], views: views, isServed: false)
  }

  /// The page with further maps.
  package func page(with more: [PageMap], views: [StoredView] = [], isServed: Bool) throws(PellucidError) -> ScanPage {
    try ScanPage(
      of: maps + more, anatomy: anatomy, atlas: atlas, remarks: notes.map { "\($0.what); \($0.how)." },
      views: ViewSection.all(views), isServed: isServed)
  }

  /// The first map on one slice a plane, a PNG of about 240 pixels.
  /// - Throws: `.badData` where the map cannot be drawn.
  public func thumbnail() throws(PellucidError) -> [UInt8] {
    var options = MontageOptions()
    options.slices = 1
    options.annotated = false
    options.width = 60
    options.dotsPerInch = 100
    if maps[0].record.measure == .regional { options.interpolation = .nearest }
    var black = maps[0].volume
    if anatomy == nil { black.voxels = black.voxels.map { _ in 0 } }
    return try Montage(anatomy: anatomy ?? black, overlay: maps[0].volume, options: options).png()
  }
}
