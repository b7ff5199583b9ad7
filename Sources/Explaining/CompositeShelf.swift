internal import PellucidAttribution
internal import PellucidFaults
internal import Synchronization

/// The composites of relevance propagation that files describe, by the files' paths: each is read once, and is the same for every scan.
final class CompositeShelf: Sendable {
  private let known = Mutex<[String: CompositeRecipe]>([:])

  /// The composite that a file describes.
  /// - Throws: `.badData` where it cannot be read or describes none.
  func composite(_ path: String) throws(PellucidError) -> CompositeRecipe {
    if let found = known.withLock({ $0[path] }) { return found }
    let recipe = try CompositeRecipe(contentsOf: path)
    known.withLock { $0[path] = recipe }
    return recipe
  }
}
