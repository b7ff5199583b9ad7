import PellucidAtlases
import PellucidExplaining
import PellucidFaults
import PellucidPages

extension Explainer {
  /// The page of a scan that was just explained.
  func page(of maps: [PageMap], _ subject: Case) throws(PellucidError) -> ScanPage {
    // Maps that were taken to the atlas's world do not lie on the scan.
    if options.space == .atlas, !options.atlasTransforms.isEmpty, let home = options.atlas {
      return try ScanPage(of: maps, anatomy: nil, atlas: PlacedAtlas(home))
    }
    return try ScanPage(of: maps, anatomy: subject.anatomy, atlas: subject.atlas)
  }
}
