/// The pointing game: whether the voxel of largest |R| was changed.
///
/// Its mean over scans is the game's accuracy. No margin around the truth counts as hit (the paper allows 15 pixels of a photograph). Of several voxels of
/// the same largest |R|, the changed part is taken, so that a map of zeros gets the changed part of the grid.
/// - Source: Zhang et al. 2018, International Journal of Computer Vision 126:1084–1102, doi:10.1007/s11263-017-1059-x.
public enum PointingGame {
  /// 1 for a hit, 0 for a miss; nil where nothing was changed.
  public static func value(of ranking: Ranking) -> Double? {
    ranking.wanted > 0 ? ranking.wantedAmong(first: 1) : nil
  }
}

extension TruthMetric {
  /// The pointing game.
  public static let pointingGame = TruthMetric(
    "pointing_game", caption: "pointing", "1 where the voxel of largest |R| was changed, else 0"
  ) { PointingGame.value(of: $0.ranking) }
}
