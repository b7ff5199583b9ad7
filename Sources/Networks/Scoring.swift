internal import CPellucidKernels
internal import PellucidFaults

/// Passes that are made for the last values alone.
enum Scoring {
  /// Runs `body` with convolutions that may save products by adding first (Winograd's minimal filtering), in all passes of the calling thread.
  ///
  /// As exact as sums of products on the whole, but a sum that is exactly 0 may come out as −1e-8: nothing may be taken from such a pass that
  /// is divided by.
  ///
  /// - Parameter often: whether there are many such passes, for which large weights are worth transforming.
  static func only<Result>(
    often: Bool = false, _ body: () throws(PellucidError) -> Result
  ) throws(PellucidError) -> Result {
    let before = pk_only_score(often ? PK_SCORING_OFTEN : PK_SCORING)
    defer { _ = pk_only_score(before) }
    return try body()
  }
}
