import PellucidAtlases
import PellucidVolumes
import Testing

@Suite struct `Region tables as text` {
  @Test func `have the contract's columns, a line a region, and the outside last`() throws {
    let image = Volume(shape: GridShape(i: 4, j: 1, k: 1), voxels: [1, 2, 2, 0], affine: .identity)
    let names = try LabelTable(text: "1 Insula_L\n2 Insula_R\n3 Vermis", source: "l.txt")
    let atlas = try Atlas(name: "x", image: LabelVolume(image), labels: names)
    let map = Volume(shape: image.shape, voxels: [0.5, -1, 2, 0.125], affine: .identity)
    let table = try RegionTable(of: map, atlas: atlas, scoreDrops: [1: 0.1, 2: -1e-7])
    let lines = [
      "index name hemisphere voxels volume_mm3 coverage sum mean sd abs_sum abs_share positive_sum negative_sum min max p95 "
        + "rank_by_abs_sum rank_by_mean peak_value peak_i peak_j peak_k peak_x_mm peak_y_mm peak_z_mm score_drop",
      "1 Insula_L L 1 1 1 0.5 0.5 0 0.5 0.137931034 0.5 0 0.5 0.5 0.5 2 1 0.5 0 0 0 0 0 0 0.1",
      "2 Insula_R R 2 2 1 1 0.5 1.5 3 0.827586207 2 -1 -1 2 1.85 1 2 2 2 0 0 2 0 0 -1e-7",
      "3 Vermis n/a 0 0" + String(repeating: " n/a", count: 21),
      "0 outside n/a 1 1 n/a 0.125 0.125 0 0.125 0.0344827586 0.125 0 0.125 0.125 0.125 n/a n/a 0.125 3 0 0 3 0 0 n/a",
    ]
    #expect(table.tsv == lines.map { $0.split(separator: " ").joined(separator: "\t") + "\n" }.joined())
  }
}
