import Foundation
import PellucidStatistics
import TestSupport
import Testing

/// Clusters against scikit-learn, scipy and numpy (`Tests/References/make_spectral.py`).
@Suite struct `Spectral clustering` {
  struct Reference: Decodable {
    struct Case: Decodable {
      var name: String
      var neighbours, count: Int
      var rows: [[Float]]
      var eigenvalues: [Double]
      var clusters: [Int]
    }

    struct Means: Decodable {
      var points: [[Double]]
      var inertia: Double
    }

    var cases: [Case]
    var means: Means
  }

  private static let reference = Result {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/spectral.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
  }

  /// A partition does not depend on what its parts are called.
  private func partition(_ clusters: [Int]) -> Set<[Int]> {
    Set(Dictionary(grouping: clusters.indices) { clusters[$0] }.values.map { $0.sorted() })
  }

  @Test func `has the eigenvalues, the number of clusters and the clusters of the references`() throws {
    for item in try Self.reference.get().cases {
      let found = try #require(SpectralClustering(.init(item.rows), neighbours: item.neighbours))
      #expect(found.count == item.count, "\(item.name)")
      for (one, other) in zip(found.eigenvalues, item.eigenvalues) { #expect(abs(one - other) < 1e-9, "\(item.name)") }
      #expect(partition(found.clusters) == partition(item.clusters), "\(item.name)")
      let sizes = (0..<found.count).map { cluster in found.clusters.count { $0 == cluster } }
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  @Test func `k-means is as good as scikit-learn's best of fifty`() throws {
    let means = try Self.reference.get().means
    let found = KMeans(means.points, count: 4, seed: 1)
    #expect(abs(found.inertia - means.inertia) < 1e-9 * means.inertia)
    #expect(KMeans(means.points, count: 4, seed: 1).clusters == found.clusters)
    #expect(KMeans(means.points, count: 60, seed: 1).inertia < 1e-20)
    #expect(KMeans([[1, 1], [1, 1], [1, 1]], count: 2, seed: 0).inertia == 0)
  }

  @Test func `takes any number of clusters, and has none of few subjects or what is no number`() throws {
    let rows: [[Float]] = (0..<12).map { [Float($0 % 3), Float($0 / 4)] }
    #expect(SpectralClustering(.init(rows), count: 3).map { Set($0.clusters).count } == 3)
    #expect(SpectralClustering(.init(Array(rows[..<3]))) == nil)
    #expect(SpectralClustering(.init(rows.map { _ in [Float.nan] })) == nil)
    // Maps that are all the same have neighbours all the same.
    #expect(SpectralClustering(.init(rows.map { _ in [Float(1), 2] })) != nil)
  }
}
