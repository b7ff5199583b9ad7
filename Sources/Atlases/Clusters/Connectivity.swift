/// Which voxels count as neighbours.
public enum Connectivity: Int, Sendable, Hashable, CaseIterable {
  /// Those that share a face, as nilearn's and scipy's default.
  case faces = 6
  /// Those that share a face or an edge, as SPM.
  case edges = 18
  /// Those that share a face, an edge or a corner.
  case corners = 26

  /// Steps to the neighbours that come earlier in memory (i fastest).
  var earlier: [(i: Int, j: Int, k: Int)] {
    let mostAxes = self == .faces ? 1 : self == .edges ? 2 : 3
    var steps: [(i: Int, j: Int, k: Int)] = []
    for k in -1...0 {
      for j in -1...1 {
        for i in -1...1 where (k, j, i) < (0, 0, 0) && abs(i) + abs(j) + abs(k) <= mostAxes { steps.append((i, j, k)) }
      }
    }
    return steps
  }
}
