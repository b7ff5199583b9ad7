internal import PellucidFaults
internal import PellucidNetworks
internal import Synchronization

/// The networks that were made of a model last, so that scans of equal shape and targets of one output share one.
final class NetworkShelf: Sendable {
  private struct Place: Hashable {
    var name: String
    var shape: [Int]
  }

  /// A cohort mixes few shapes; a network holds its weights, so not many are kept.
  private static let most = 4
  private let kept = Mutex<[(place: Place, network: Network)]>([])

  /// The network of a name for an input of a shape [C, D, H, W]; made where it is not there.
  func network(
    _ name: String, _ shape: [Int], make: () throws(PellucidError) -> Network
  ) throws(PellucidError) -> Network {
    let place = Place(name: name, shape: shape)
    if let found = kept.withLock({ all in all.first { $0.place == place }?.network }) { return found }
    let made = try make()
    kept.withLock { all in all = all.suffix(Self.most - 1) + [(place, made)] }
    return made
  }
}
