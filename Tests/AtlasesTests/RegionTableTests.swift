import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Region tables` {
  private func cells(_ row: RegionTable.Row) -> [String: Double?] {
    var out: [String: Double?] = [
      "index": Double(row.region?.index ?? 0), "voxels": Double(row.voxels), "volume_mm3": row.volume,
      "coverage": row.coverage,
      "rank_by_abs_sum": row.rankByAbsoluteSum.map(Double.init), "rank_by_mean": row.rankByMean.map(Double.init),
      "score_drop": row.scoreDrop,
    ]
    if let v = row.values {
      out.merge([
        "sum": v.sum, "mean": v.mean, "sd": v.standardDeviation, "abs_sum": v.absoluteSum, "abs_share": v.absoluteShare,
        "positive_sum": v.positiveSum, "negative_sum": v.negativeSum, "min": v.minimum, "max": v.maximum,
        "p95": v.percentile95,
        "peak_value": v.peak, "peak_i": Double(v.peakVoxel.i), "peak_j": Double(v.peakVoxel.j),
        "peak_k": Double(v.peakVoxel.k),
        "peak_x_mm": v.peakPoint.x, "peak_y_mm": v.peakPoint.y, "peak_z_mm": v.peakPoint.z,
      ]) { a, _ in a }
    }
    return out
  }

  @Test(arguments: try ReferenceCase.all())
  func `agree with numpy`(reference: ReferenceCase) throws {
    let table = try RegionTable(
      of: reference.relevance, atlas: reference.atlas(), fieldOfView: reference.fieldOfView,
      scoreDrops: reference.scoreDrops)
    #expect(table.rows.count == reference.table.count)
    for (row, expected) in zip(table.rows, reference.table) {
      let name = row.region?.name ?? "outside"
      let found = cells(row)
      for (column, value) in expected {
        switch value {
        case .text(let text): #expect(name == text)
        case .none: #expect((found[column] ?? nil) == nil, "\(name) \(column)")
        case .number(let number):
          let mine = try #require(found[column] ?? nil, "\(name) \(column)")
          #expect(abs(mine - number) <= 1e-9 * max(1, abs(number)), "\(name) \(column)")
        }
      }
      for (column, value) in found where value != nil && expected[column] == nil {
        Issue.record("\(name) \(column) is not expected")
      }
    }
  }

  @Test func `the largest regions come first in the summary`() throws {
    let reference = try #require(ReferenceCase.all().first)
    let table = try RegionTable(of: reference.relevance, atlas: reference.atlas())
    let sums = table.mostRelevant(3).compactMap { $0.values?.absoluteSum }
    #expect(sums.count == 3)
    #expect(sums == sums.sorted(by: >))
  }

  @Test func `an empty map has no shares and its ranks follow the labels`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 2, 0]), labels: nil)
    let zero = Volume(shape: GridShape(i: 3, j: 1, k: 1), voxels: [0, 0, 0], affine: .identity)
    let table = try RegionTable(of: zero, atlas: atlas)
    #expect(table.rows.map(\.rankByMean) == [1, 2, nil])
    #expect(table.rows.allSatisfy { $0.values != nil && $0.values?.absoluteShare == nil })
  }

  @Test func `a value that is not finite is refused, naming the voxel`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 2, 0]), labels: nil)
    let map = Volume(shape: GridShape(i: 3, j: 1, k: 1), voxels: [0, 0, .nan], affine: .identity, source: "r.nii.gz")
    let error = try #require(fault { _ = try RegionTable(of: map, atlas: atlas) })
    #expect(error.kind == .badData)
    #expect(error.place == .init(file: "r.nii.gz", part: "voxel (2, 0, 0)"))
  }

  @Test func `of two peaks the first in memory counts`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 1, 1, 1]), labels: nil)
    let map = Volume(shape: GridShape(i: 4, j: 1, k: 1), voxels: [0, 2, -2, 2], affine: .identity)
    let values = try #require(RegionTable(of: map, atlas: atlas).rows[0].values)
    #expect(values.peak == 2)
    #expect(values.peakVoxel == VoxelIndex(i: 1, j: 0, k: 0))
  }
}
