public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes
internal import Synchronization

/// Scans that are looked at before the first is explained, so that a bad one does not cost the work on those before it.
///
/// What was read and brought to the network's grid stays in memory as far as a bound allows (a quarter of ``Engine/memoryLimit``), so that
/// it is done once; of more scans than fit, the later ones are read again when their turn comes.
public struct ScanShelf: Sendable {
  private let explainer: Explainer
  private let references: [ScanReference]
  private var kept: [Int: Scan] = [:]

  /// Reads the scans and checks that they fit the model; a single one is read when it is asked for.
  /// - Parameters:
  ///   - first: the first of them, where somebody has read it.
  ///   - jobs: how many are read at once.
  ///   - check: what else must hold of each.
  /// - Throws: `.badData` for the first that does not.
  public init(
    _ references: [ScanReference], for explainer: Explainer, first: Scan? = nil, jobs: Int = 1,
    check: ((_ place: Int, _ scan: Scan) throws(PellucidError) -> Void)? = nil
  ) throws(PellucidError) {
    self.explainer = explainer
    self.references = references
    guard references.count > 1 || check != nil else {
      kept[0] = first
      return
    }
    let shelf = Mutex((left: Engine.memoryLimit / 4, kept: [Int: Scan]()))
    @Sendable func look(at place: Int) throws(PellucidError) -> Scan {
      var scan = if place == 0, let first { first } else { try explainer.read(references[place]) }
      scan.ready = (explainer.preprocessing, try explainer.prepared(scan))
      return scan
    }
    @Sendable func keep(_ scan: Scan, _ place: Int) {
      let bytes = (scan.voxelCount + (scan.ready?.prepared.input.count ?? 0)) * MemoryLayout<Float>.size
      shelf.withLock { shelf in
        guard bytes <= shelf.left else { return }
        shelf.kept[place] = scan
        shelf.left -= bytes
      }
    }
    if jobs > 1, check == nil {
      try Workers.run(references.count, asJobs: jobs) { (place) throws(PellucidError) in
        keep(try look(at: place), place)
      }
    } else {
      for place in references.indices {
        let scan = try look(at: place)
        try check?(place, scan)
        keep(scan, place)
      }
    }
    kept = shelf.withLock { $0.kept }
  }

  /// Hands out each scan once, in order.
  public mutating func forEach(_ body: (Scan) throws(PellucidError) -> Void) throws(PellucidError) {
    for place in references.indices { try body(try take(place)) }
  }

  /// Hands out a scan, which is no longer kept then.
  /// - Parameter place: where it stands among those that were given.
  public mutating func take(_ place: Int) throws(PellucidError) -> Scan {
    if let scan = kept.removeValue(forKey: place) { return scan }
    return try explainer.read(references[place])
  }
}
