/// Subjects by what their maps have in common: clusters of a graph of nearest neighbours.
///
/// Each subject is joined with its k nearest (an edge where either is among the other's). With A the edges and D how many each has, the eigenvectors
/// of the normalized Laplacian 1 − D^(−½)·A·D^(−½) of the smallest eigenvalues put subjects that hang together side by side; how many clusters there
/// are is told by the largest gap between eigenvalues, and which, by k-means of the eigenvectors' rows, each brought to length 1.
/// - Source: Lapuschkin et al. 2019, Nature Communications 10:1096, doi:10.1038/s41467-019-08987-4 (SpRAy); the embedding: Ng, Jordan & Weiss 2002,
///   NIPS 14; the gap: von Luxburg 2007, Statistics and Computing 17:395–416, doi:10.1007/s11222-007-9033-z.
/// - Accuracy: eigenvalues within 1e-9 of scipy's Laplacian of scikit-learn's graph; clusters are scikit-learn's where they are told apart.
/// - Complexity: O(n²·width + n³) for n subjects.
public struct SpectralClustering: Sendable {
  /// How many neighbours each subject was joined with.
  public let neighbours: Int
  /// The Laplacian's eigenvalues, ascending; as many as are 0 as the graph has parts.
  public let eigenvalues: [Double]
  /// The largest gap's place: how many clusters there are.
  public let count: Int
  /// The cluster of each subject, from 0; the largest cluster is the first.
  public let clusters: [Int]
  /// For each subject its numbers in the second and third eigenvector, to be drawn.
  public let embedding: [(x: Double, y: Double)]

  /// Clusters of rows.
  ///
  /// - Parameters:
  ///   - rows: a subject each, compared by their Euclidean distance.
  ///   - neighbours: nil: the root of the number of subjects, rounded up.
  ///   - count: how many clusters; nil: by the gap, 1 to `most`.
  ///   - seed: of k-means' starts.
  /// - Returns: nil below four subjects, or where numbers are not finite.
  public init?(
    _ rows: SymmetricMatrix.Rows, neighbours: Int? = nil, count wanted: Int? = nil, most: Int = 8, seed: UInt64 = 0
  ) {
    let n = rows.count
    guard n >= 4, rows.values.allSatisfy(\.isFinite) else { return nil }
    let root = Int(Double(n).squareRoot().rounded(.up))
    self.neighbours = min(max(1, neighbours ?? root), n - 1)
    let edges = Self.edges(SymmetricMatrix(gramOf: rows, centred: true), self.neighbours)
    let degrees = edges.map { row in Double(row.count { $0 }) }
    var laplacian = SymmetricMatrix(size: n, values: [Double](repeating: 0, count: n * n))
    for a in 0..<n {
      laplacian[a, a] = 1
      for b in 0..<n where edges[a][b] { laplacian[a, b] = -1 / (degrees[a] * degrees[b]).squareRoot() }
    }
    guard let found = laplacian.eigen() else { return nil }
    let values = Array(found.values.reversed())
    // An eigenvector's sign is nobody's choice: its largest number is taken as positive.
    let vectors = found.vectors.reversed().map { vector -> [Double] in
      let largest = vector.max { abs($0) < abs($1) } ?? 1
      return largest < 0 ? vector.map { -$0 } : vector
    }
    let gaps = (1...min(max(1, most), n - 1)).map { values[$0] - values[$0 - 1] }
    let widest = gaps.indices.max { (gaps[$0], $1) < (gaps[$1], $0) } ?? 0
    count = min(max(1, wanted ?? widest + 1), n)
    eigenvalues = values
    embedding = (0..<n).map { (vectors[1][$0], vectors[2][$0]) }
    let used = vectors.prefix(count)
    let places = (0..<n).map { subject -> [Double] in
      let row = used.map { $0[subject] }
      let size = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return size > 0 ? row.map { $0 / size } : row
    }
    clusters = Self.bySize(KMeans(places, count: count, seed: seed).clusters)
  }

  /// Who is joined with whom; of equal distances the first.
  private static func edges(_ gram: SymmetricMatrix, _ neighbours: Int) -> [[Bool]] {
    let n = gram.size
    var edges = [[Bool]](repeating: [Bool](repeating: false, count: n), count: n)
    for a in 0..<n {
      let distances = (0..<n).map { gram[a, a] + gram[$0, $0] - 2 * gram[a, $0] }
      let others = (0..<n).filter { $0 != a }.sorted { (distances[$0], $0) < (distances[$1], $1) }
      for b in others.prefix(neighbours) { (edges[a][b], edges[b][a]) = (true, true) }
    }
    return edges
  }

  /// The same clusters, the largest first; of equal ones that which comes first.
  private static func bySize(_ clusters: [Int]) -> [Int] {
    var (sizes, first): ([Int: Int], [Int: Int]) = ([:], [:])
    for (subject, cluster) in clusters.enumerated() {
      sizes[cluster, default: 0] += 1
      first[cluster] = first[cluster] ?? subject
    }
    let order = sizes.keys.sorted { a, b in
      let (one, other) = (sizes[a] ?? 0, sizes[b] ?? 0)
      return one != other ? one > other : (first[a] ?? 0) < (first[b] ?? 0)
    }
    let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    return clusters.map { places[$0] ?? 0 }
  }
}

/// Points in clusters around their means: the best of ten starts by squared distance.
///
/// - Source: Lloyd 1982, doi:10.1109/TIT.1982.1056489; starts after Arthur & Vassilvitskii 2007 (k-means++).
public struct KMeans: Sendable {
  /// The cluster of each point, from 0.
  public let clusters: [Int]
  /// Σ of the squared distances to the clusters' means.
  public let inertia: Double

  /// - Precondition: points are equally long; 1 ≤ count ≤ points.
  public init(_ points: [[Double]], count: Int, seed: UInt64, starts: Int = 10) {
    precondition((1...max(1, points.count)).contains(count), "a cluster has a point")
    var best: (clusters: [Int], inertia: Double)?
    for start in 0..<starts {
      var numbers = RandomNumbers(seed: seed, stream: UInt64(start))
      let found = Self.settled(points, from: Self.start(points, count, &numbers))
      if found.inertia < best?.inertia ?? .infinity { best = found }
    }
    (clusters, inertia) = best ?? ([Int](repeating: 0, count: points.count), 0)
  }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// Points far from one another: each is drawn with the square of its distance to those before.
  private static func start(_ points: [[Double]], _ count: Int, _ numbers: inout RandomNumbers) -> [[Double]] {
    var centres = [points[numbers.below(points.count)]]
    while centres.count < count {
      let distances = points.map { point in centres.map { distance(point, $0) }.min() ?? 0 }
      let whole = distances.reduce(0, +)
      guard whole > 0 else {
        centres.append(points[numbers.below(points.count)])
        continue
      }
      var left = Double(numbers.next() >> 11) * 0x1p-53 * whole
      var chosen = distances.count - 1
      for (place, distance) in distances.enumerated() where distance > 0 {
        chosen = place
        left -= distance
        if left < 0 { break }
      }
      centres.append(points[chosen])
    }
    return centres
  }

  /// Points to the nearest centre and centres to their points' mean, until nothing changes.
  private static func settled(
    _ points: [[Double]], from start: [[Double]]
  ) -> (clusters: [Int], inertia: Double) {
    var centres = start
    var clusters: [Int] = []
    for _ in 0..<300 {
      let nearest = points.map { point in
        centres.indices.min { distance(point, centres[$0]) < distance(point, centres[$1]) } ?? 0
      }
      if nearest == clusters { break }
      clusters = nearest
      for cluster in centres.indices {
        let own = points.indices.filter { clusters[$0] == cluster }
        // A centre that has lost its points stays.
        guard !own.isEmpty else { continue }
        centres[cluster] = points[0].indices.map { axis in
          own.reduce(0) { $0 + points[$1][axis] } / Double(own.count)
        }
      }
    }
    let inertia = zip(points, clusters).reduce(0) { $0 + distance($1.0, centres[$1.1]) }
    return (clusters, inertia)
  }
}
