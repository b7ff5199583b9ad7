internal import PellucidStatistics

/// The vectors of sets drawn by chance, and their scores.
struct ConceptDraws {
  let rows: SymmetricMatrix.Rows
  let gram: SymmetricMatrix
  let random: [Int]
  /// ∇h of each of the class's scans.
  let gradients: SymmetricMatrix.Rows
  let options: ConceptTest.Options

  struct Run {
    let vector: ConceptVector
    let score: Double
    let sensitivity: Double
  }

  /// A concept's examples against a set of the random ones, once a run.
  func runs(_ own: [Int], _ size: Int) -> [Run] {
    (0..<options.runs).compactMap { run in
      var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(options.seed)), stream: UInt64(run))
      return self.run(own, numbers.permutation(random.count).prefix(size).map { random[$0] })
    }
  }

  /// A set of the random ones against another, once a run; every other run is the one before it the other way round, so that neither side
  /// is favoured.
  func randomScores(_ size: Int) -> [Double] {
    (0..<options.runs).compactMap { run in
      var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(options.seed)), stream: UInt64(run / 2 + 1_000_000))
      let drawn = numbers.permutation(random.count).map { random[$0] }
      let (first, second) = (Array(drawn.prefix(size)), Array(drawn.dropFirst(size).prefix(size)))
      return self.run(run % 2 == 0 ? first : second, run % 2 == 0 ? second : first)?.score
    }
  }

  private func run(_ positives: [Int], _ negatives: [Int]) -> Run? {
    guard
      let vector = ConceptVector(rows, gram: gram, positives: positives, negatives: negatives, seed: options.seed)
    else { return nil }
    let slopes = (0..<gradients.count).map { scan in
      zip(gradients[scan], vector.direction).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
    return Run(
      vector: vector, score: Double(slopes.count { $0 > 0 }) / Double(max(1, slopes.count)),
      sensitivity: slopes.reduce(0, +) / Double(max(1, slopes.count)))
  }
}
