import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Atlases of probabilities` {
  /// What numpy says of `probabilities.nii.gz`.
  struct Reference: Decodable {
    var labels: [Int32]
    var sums: [Float]
  }

  let folder = references.appending(path: "atlases")

  @Test func `the most probable region above a quarter is the label, as numpy finds it`() throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: folder.appending(path: "probabilities.json")))
    let image = try LabelVolume(contentsOf: folder.appending(path: "probabilities.nii.gz").path)
    #expect(image.labels == reference.labels)
    let maps = try #require(image.probabilities)
    #expect(maps.maps.map { $0.values.reduce(0, +) } == reference.sums)
    #expect(maps.unit == 0.01)
    #expect(maps.maps.allSatisfy { zip($0.offsets, $0.offsets.dropFirst()).allSatisfy(<) })
    #expect(image.notes.map(\.what) == ["the atlas holds 4 volumes of probabilities"])
  }

  @Test func `a table that counts volumes from 0 on names them, with a note`() throws {
    let atlas = try Atlas(contentsOf: folder.appending(path: "probabilities.nii.gz").path)
    #expect(atlas.regions.map(\.index) == [1, 2, 3, 4])
    #expect(atlas.regions.map(\.name) == ["Left_Pole", "Right_Pole", "Vermis", "Thin"])
    #expect(atlas.notes.count == 2)
  }

  @Test(arguments: ["1 A\n2 B\n", "0 Background\n1 A\n2 B\n"])
  func `a table that counts from 1 on stays as it is`(table: String) throws {
    let image = try LabelVolume(ProbabilityMaps(volume([0.3, 0, 0.1, 0.9])))
    let atlas = try Atlas(name: "x", image: image, labels: LabelTable(text: table, source: "l.txt"))
    #expect(atlas.regions.map(\.name) == ["A", "B"])
    #expect(image.labels == [1, 2])
  }

  @Test func `fractions stay, equals go to the first region, a quarter is not enough`() throws {
    let maps = try ProbabilityMaps(volume([0.25, 0.5, 0.2, 0.5]))
    #expect(maps.unit == 1)
    #expect(try LabelVolume(maps).labels == [0, 1])
    #expect(try LabelVolume(maps, threshold: 0.1).labels == [1, 1])
    #expect(fault { _ = try LabelVolume(maps, threshold: 0.5) }?.kind == .badData)
  }

  @Test(arguments: [-0.1, 101, 2001] as [Float])
  func `a value that is no probability is refused, naming voxel and volume`(value: Float) throws {
    let error = try #require(fault { _ = try ProbabilityMaps(volume([0, 0.5, 0, value])) })
    #expect(error.kind == .badData)
    #expect(error.place.part == "voxel (1, 0, 0) of volume 1")
    #expect(error.line.contains("\(value)"))
  }

  /// Two regions over two voxels.
  private func volume(_ values: [Float]) -> Volume {
    Volume(shape: GridShape(i: 2, j: 1, k: 1), channels: 2, voxels: values, affine: .identity, source: "p.nii")
  }

  /// A table weighted by probabilities, by nibabel and numpy.
  private struct Weighted: Decodable {
    var shape: [Int]
    var affine: [Double]
    var values: [Float]
    var rows: [[String: Double]]
  }

  @Test func `weights are numpy's sums over nibabel's interpolation`() throws {
    let reference = try JSONDecoder().decode(
      Weighted.self, from: Data(contentsOf: folder.appending(path: "weighted.json")))
    let map = Volume(
      shape: GridShape(reference.shape), voxels: reference.values, affine: Affine(elements: reference.affine))
    let atlas = try Atlas(contentsOf: folder.appending(path: "probabilities.nii.gz").path)
    let table = try RegionTable(of: map, atlas: atlas, weights: .probability)
    #expect(table.rows.count == reference.rows.count)
    for (row, expected) in zip(table.rows, reference.rows) {
      let v = try #require(row.values)
      let found: [String: Double] = [
        "index": Double(row.region?.index ?? 0), "voxels": Double(row.voxels), "volume_mm3": row.volume, "sum": v.sum,
        "mean": v.mean, "sd": v.standardDeviation, "abs_sum": v.absoluteSum, "p95": v.percentile95,
      ]
      for (column, value) in expected {
        let mine = try #require(found[column])
        #expect(abs(mine - value) <= 1e-5 * max(1, abs(value)), "\(row.region?.name ?? "outside") \(column)")
      }
    }
  }

  @Test func `weights of an atlas of labels are refused`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 2]), labels: nil)
    let map = Volume(shape: GridShape(i: 2, j: 1, k: 1), voxels: [1, 2], affine: .identity)
    #expect(fault { _ = try RegionTable(of: map, atlas: atlas, weights: .probability) }?.kind == .usage)
  }
}
