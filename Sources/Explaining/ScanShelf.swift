public import PellucidFaults
internal import PellucidNetworks
public import PellucidVolumes

/// Scans that are looked at before the first is explained, so that a bad one does not cost the work on those before it.
///
/// What was read stays in memory as far as a bound allows (a quarter of ``Engine/memoryLimit``), so that a scan is read once; of more
/// scans than fit, the later ones are read again when their turn comes.
public struct ScanShelf: Sendable {
  private let explainer: Explainer
  private let references: [ScanReference]
  private var kept: [Int: Scan] = [:]

  /// Reads the scans and checks that they fit the model.
  /// - Throws: `.badData` for the first that does not.
  public init(_ references: [ScanReference], for explainer: Explainer) throws(PellucidError) {
    self.explainer = explainer
    self.references = references
    guard references.count > 1 else { return }
    var left = Engine.memoryLimit / 4
    for (place, reference) in references.enumerated() {
      let scan = try Scan(reading: reference, nan: explainer.options.nan)
      try explainer.check(scan)
      let bytes = scan.voxelCount * MemoryLayout<Float>.size
      if bytes <= left {
        kept[place] = scan
        left -= bytes
      }
    }
  }

  /// Hands out each scan once, in order.
  public mutating func forEach(_ body: (Scan) throws(PellucidError) -> Void) throws(PellucidError) {
    for (place, reference) in references.enumerated() {
      if let scan = kept.removeValue(forKey: place) {
        try body(scan)
      } else {
        try body(try Scan(reading: reference, nan: explainer.options.nan))
      }
    }
  }
}
