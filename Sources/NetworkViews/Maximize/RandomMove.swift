internal import PellucidTensors

/// A small shift, rotation and scaling about the image's centre, drawn anew each step, so that what is found does not hang on single voxels.
package struct RandomMove {
  /// Places seen → places of the image, along D, H, W; 3 × 4, row by row.
  package let matrix: [Double]

  /// nil: the settings ask for none.
  package init?(_ settings: AscentSettings, seed: Int, step: Int, extents: [Int]) {
    guard settings.jitter > 0 || settings.scaling > 0 || settings.rotation > 0 else { return nil }
    // Seven normal numbers of a stream of the step's own; 0 is the image's.
    let draws = Tensor(repeating: 0, shape: Shape([7]), order: .rowMajor)
      .withNoise(deviation: 1, seed: UInt64(seed), stream: UInt64(step + 1)).values.map { min(2, max(-2, Double($0))) }
    var rotation = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]
    for axis in 0..<3 {
      let angle = draws[axis] * settings.rotation * Double.pi / 180
      let (a, b) = ((axis + 1) % 3, (axis + 2) % 3)
      var turn = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]
      (turn[a][a], turn[a][b], turn[b][a], turn[b][b]) = (cosine(angle), -sine(angle), sine(angle), cosine(angle))
      rotation = (0..<3).map { row in
        (0..<3).map { column -> Double in (0..<3).reduce(0.0) { $0 + turn[row][$1] * rotation[$1][column] } }
      }
    }
    let scale = exponential(draws[3] * settings.scaling)
    let centre = extents.map { Double($0 - 1) / 2 }
    matrix = (0..<3).flatMap { row -> [Double] in
      let linear = rotation[row].map { $0 * scale }
      let moved = zip(linear, centre).reduce(0) { $0 + $1.0 * $1.1 }
      return linear + [centre[row] - moved + draws[4 + row] * settings.jitter]
    }
  }
}
