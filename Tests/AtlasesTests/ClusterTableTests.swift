import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

/// Clusters against nilearn's `get_clusters_table`, scipy and numpy (`Tests/References/make_clusters.py`).
@Suite struct `Cluster tables` {
  struct Reference: Decodable {
    struct Map: Decodable {
      var shape: [Int]
      var affine: [Double]
      var scale: Float
      var numbers: [Float]

      var volume: Volume {
        Volume(shape: GridShape(shape), voxels: numbers.map { $0 / scale }, affine: Affine(elements: affine))
      }
    }

    struct Row: Decodable {
      var place: [Double]
      var value: Double
      var size: Int?
    }

    struct Cluster: Decodable {
      var voxels: Int
      var size, mean, sum, share, peak: Double
      var centre: [Double]
    }

    struct Case: Decodable {
      var map: String
      var threshold: Double
      var two_sided: Bool
      var connectivity, least: Int
      var distance: Double
      var clusters: [Cluster]
      var nilearn: [Row]?
    }

    var percentile_97_5_of_fine: Double
    var maps: [String: Map]
    var cases: [Case]
  }

  private static let reference = Result {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: references.appending(path: "atlases/clusters.json")))
  }

  private func table(_ item: Reference.Case, _ map: Volume, atlas: Atlas? = nil) throws -> ClusterTable {
    var options = ClusterTable.Options()
    options.threshold = .value(item.threshold)
    options.isTwoSided = item.two_sided
    options.connectivity = try #require(Connectivity(rawValue: item.connectivity))
    options.minimumSize = Double(item.least) * abs(map.affine.determinant)
    options.peakDistance = item.distance
    return try ClusterTable(of: map, atlas: atlas, options: options)
  }

  @Test func `have scipy's clusters with numpy's means and centres, for every connectivity`() throws {
    let reference = try Self.reference.get()
    var compared = 0
    for item in reference.cases {
      let map = try #require(reference.maps[item.map]).volume
      let found = try table(item, map).clusters
      #expect(found.count == item.clusters.count, "\(item.map) \(item.threshold)")
      // Peaks of several clusters may be equal, as in a binary map; the sums then tell them apart.
      let ours = found.sorted { ($0.sum, $0.centreOfMass.x) < ($1.sum, $1.centreOfMass.x) }
      let theirs = item.clusters.sorted { ($0.sum, $0.centre[0]) < ($1.sum, $1.centre[0]) }
      for (a, b) in zip(ours, theirs) {
        #expect(a.voxels == b.voxels)
        let pairs = [
          (a.volume, b.size), (a.mean, b.mean), (a.sum, b.sum), (a.absoluteShare ?? 0, b.share),
          (a.peaks[0].value, b.peak), (a.centreOfMass.x, b.centre[0]), (a.centreOfMass.y, b.centre[1]),
          (a.centreOfMass.z, b.centre[2]),
        ]
        for (x, y) in pairs { #expect(abs(x - y) <= 1e-9 * max(1, abs(y)), "\(item.map): \(x) instead of \(y)") }
        compared += 1
      }
    }
    #expect(compared > 100)
  }

  @Test func `have nilearn's peaks, sub-peaks and sizes, line by line`() throws {
    let reference = try Self.reference.get()
    var compared = 0
    for item in reference.cases {
      guard var theirs = item.nilearn else { continue }
      // Below a negative threshold nilearn gives magnitudes, and the weakest cluster first.
      let isBelow = item.threshold < 0
      if isBelow { for row in theirs.indices { theirs[row].value.negate() } }
      let map = try #require(reference.maps[item.map]).volume
      var ours: [Reference.Row] = []
      for cluster in try table(item, map).clusters {
        for (rank, peak) in cluster.peaks.enumerated() {
          // nilearn cuts sizes to whole mm³ of a product that may be a hair below.
          let size = rank == 0 ? Int(cluster.volume + 1e-6) : nil
          ours.append(.init(place: [peak.point.x, peak.point.y, peak.point.z], value: peak.value, size: size))
        }
      }
      if ["oblique", "plateaus"].contains(item.map) {
        // Which sub-peaks stay is not defined: on the oblique grid, peaks four voxels of 2 mm apart are 8 mm apart give or take a
        // rounding error; of equal peaks, the first that numpy's sort happens to give stays.
        ours.removeAll { $0.size == nil }
        theirs.removeAll { $0.size == nil }
      }
      #expect(ours.count == theirs.count, "\(item.map) \(item.threshold)")
      // Where clusters have equal peaks, numpy's order of them is not defined.
      func key(_ row: Reference.Row) -> [Double] { [row.value, Double(row.size ?? 0)] + row.place }
      let isDefined = !isBelow && Set(theirs.map(\.value)).count == theirs.count
      let sorted: ([Reference.Row]) -> [Reference.Row] = { rows in
        isDefined ? rows : rows.sorted { key($0).lexicographicallyPrecedes(key($1)) }
      }
      for (a, b) in zip(sorted(ours), sorted(theirs)) {
        #expect(abs(a.value - b.value) <= 1e-6 * abs(b.value))
        for axis in 0..<3 {
          #expect(abs(a.place[axis] - b.place[axis]) < 1e-4, "\(item.map) \(item.threshold): \(a) \(b)")
        }
        if let wanted = b.size {
          #expect(abs((a.size ?? -9) - wanted) <= 1, "\(a) \(b)")
        } else {
          #expect(a.size == nil)
        }
        compared += 1
      }
    }
    #expect(compared > 100)
  }

  @Test func `take a percentile of what is not 0 as numpy does`() throws {
    let reference = try Self.reference.get()
    var options = ClusterTable.Options()
    options.threshold = .percentile(97.5)
    let found = try ClusterTable(of: try #require(reference.maps["fine"]).volume, options: options)
    #expect(abs((found.threshold ?? 0) - reference.percentile_97_5_of_fine) < 1e-7)
  }

  @Test func `share a cluster out among the regions under it`() throws {
    // Five voxels: two in region 1, two in region 2, one in none; a gap; one voxel in region 2.
    let map = Volume(
      shape: GridShape(i: 8, j: 1, k: 1), voxels: [1, 2, 3, 5, 4, 0, 0, 2],
      affine: Affine(elements: [2, 0, 0, -4, 0, 3, 0, 0, 0, 0, 1, 0]))
    var labels = try strip([1, 1, 0, 2, 2, 0, 0, 2])
    labels = try LabelVolume(
      Volume(shape: map.shape, voxels: labels.labels.map { Float($0) }, affine: map.affine))
    let names = try LabelTable(text: "index\tname\n1\tone\n2\ttwo\n", source: "names.tsv")
    var options = ClusterTable.Options()
    options.threshold = .value(0.5)
    let table = try ClusterTable(of: map, atlas: Atlas(name: "strip", image: labels, labels: names), options: options)
    #expect(table.clusters.map(\.voxels) == [5, 1])
    let first = table.clusters[0]
    #expect(first.volume == 30)
    #expect(first.shares.map { $0.region?.name ?? "-" } == ["one", "two", "-"])
    #expect(first.shares.map(\.part) == [0.4, 0.4, 0.2])
    #expect(first.peaks[0].region?.name == "two")
    #expect(first.peaks[0].voxel == VoxelIndex(i: 3, j: 0, k: 0))
    #expect(first.peaks[0].point == WorldPoint(x: 2, y: 0, z: 0))
    // Σ|R|·x / Σ|R| = (−4 − 4 + 0 + 10 + 16) / 15
    #expect(abs(first.centreOfMass.x - 18.0 / 15) < 1e-12)
    #expect(table.clusters[1].shares.map { $0.region?.name } == ["two"])
  }

  @Test func `are empty for a map of zeros, and refuse what is no threshold`() throws {
    var map = Volume(shape: GridShape(i: 3, j: 3, k: 3), voxels: [Float](repeating: 0, count: 27), affine: .identity)
    let empty = try ClusterTable(of: map)
    #expect(empty.clusters.isEmpty && empty.threshold == nil)
    let changes: [(inout ClusterTable.Options) -> Void] = [
      { $0.threshold = .percentile(101) }, { $0.threshold = .value(.nan) }, { $0.minimumSize = -1 },
      { $0.subpeaks = -1 }, { $0.peakDistance = .infinity },
      {
        $0.threshold = .value(-1)
        $0.isTwoSided = true
      },
    ]
    for change in changes {
      var options = ClusterTable.Options()
      change(&options)
      #expect(fault { _ = try ClusterTable(of: map, options: options) }?.kind == .usage)
    }
    map.voxels[4] = .nan
    #expect(fault { _ = try ClusterTable(of: map) }?.kind == .badData)
  }
}
