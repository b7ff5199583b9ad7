public import PellucidExplaining
public import PellucidFaults
internal import PellucidPreprocessing
public import PellucidVolumes

/// How much can flow from each of the first layer's tokens to what the network answers from, through all layers at once.
///
///     f_t = max flow from the class token behind the last layer to the token t before the first
///
/// An edge between two layers holds Â = (mean_h A_h + I), rows normalized to 1. Where rollout multiplies along paths and adds them up, a flow is
/// bounded by the narrowest place on its way. Without a class token it begins at all tokens, each of which gives one part of their number.
/// - Source: Abnar & Zuidema 2020, arXiv:2005.00928, section 3.
public struct AttentionFlow: Sendable {
  /// The most tokens of a layer: the flow to each of them is one of its own through all layers.
  public static let mostTokens = 512

  private let grid: TokenGrid
  /// The flow to each token with a place.
  package let values: [Float]

  /// Follows what can flow.
  /// - Throws: `.unsupported` for more than ``mostTokens`` tokens.
  public init(through maps: AttentionMaps) throws(PellucidError) {
    let grids = maps.grids
    grid = grids[0]
    let counts = grids.map(\.count)
    let most = counts.max() ?? 0
    guard most <= Self.mostTokens else { throw .tooManyTokens(most, Self.mostTokens) }
    // Of each layer its tokens before it and behind it, from the first on; then the source.
    var (before, behind, next) = ([Int](), [Int](), 0)
    for (depth, count) in counts.enumerated() {
      // The tokens before a layer are those behind the one before it, where nothing was merged between.
      let isShared = depth > 0 && grids[depth].isSame(as: grids[depth - 1])
      before.append(isShared ? behind[depth - 1] : next)
      if !isShared { next += count }
      behind.append(next)
      next += count
    }
    var graph = MaximumFlow(nodes: next + 1)
    for depth in counts.indices {
      maps.eachRow(ofLayer: depth) { query, keys, row in
        for (key, value) in zip(keys, row) {
          graph.connect(behind[depth] + query, before[depth] + key, Double(value))
        }
      }
      guard depth > 0, before[depth] != behind[depth - 1] else { continue }
      for (token, owners) in grids[depth].owners(in: grids[depth - 1]).enumerated() {
        for owner in owners { graph.connect(before[depth] + token, behind[depth - 1] + owner, .infinity) }
      }
    }
    let last = counts.count - 1
    for (token, part) in grids[last].start.enumerated() {
      graph.connect(next, behind[last] + token, Double(part))
    }
    values = (0..<grids[0].placedCount).map { Float(graph.flow(from: next, to: before[0] + $0)) }
  }

  /// The flow on the first layer's tokens, a voxel a patch.
  package var volume: Volume { grid.volume([values]) }

  /// The flow on the scan's grid: every voxel has what its patch has.
  public func onScan(_ subject: Explainer.Case) -> Volume {
    let path = subject.prepared.path
    return path.back(grid.onInput(values, extents: path.tensorExtents), interpolation: .nearest, extensive: false)
  }
}

extension PellucidError {
  static func tooManyTokens(_ count: Int, _ most: Int) -> Self {
    .init(
      .unsupported, what: "attention flow through \(count) tokens would take too long",
      why: "it is a flow a token through all layers, and \(most) are the most", remedy: "leave out `flow`")
  }
}
