import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidVolumes
import Testing

@Suite struct `What is cropped and padded is told` {
  private func notes(_ scan: Volume, card: String, spatial: [Int?]) throws -> [Note] {
    let preprocessor = try Preprocessor(
      card: try ModelCard(yaml: card, file: "m.yaml"), hasCard: true,
      input: InputGeometry(channels: scan.channels, spatial: spatial), modelName: "m.onnx")
    return try preprocessor.prepare([scan]).notes.filter { $0.weight > .record }
  }

  /// 10 × 8 × 6 voxels of 2 × 3 × 4 mm, all other than 0; the first axis runs to the left where `isTurned`.
  private func scan(isTurned: Bool = false) -> Volume {
    let shape = GridShape(i: 10, j: 8, k: 6)
    return Volume(
      shape: shape, voxels: [Float](repeating: 1, count: shape.count),
      affine: Affine(elements: [isTurned ? -2 : 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0]), source: "scan.nii")
  }

  @Test func `In mm on each side, with the part of the scan that is lost`() throws {
    let found = try notes(scan(), card: "input: {shape: [7, 8, 9]}", spatial: [7, 8, 9])
    #expect(
      found == [
        Note(
          what: "the model takes 7 × 8 × 9 voxels, the scan has 10 × 8 × 6",
          how:
            "cut off: left 2 mm, right 4 mm; padded: bottom 4 mm, top 8 mm; 30 % of the voxels other than 0 are lost",
          weight: .warning)
      ])
    // The odd voxel goes at the high end of the index, which here is the left.
    let turned = try notes(scan(isTurned: true), card: "input: {shape: [7, 8, 6]}", spatial: [7, 8, 6])
    #expect(turned.first?.how.hasPrefix("cut off: right 2 mm, left 4 mm; ") == true, "\(turned)")
    // Reoriented, the model's own first axis counts.
    let back = try notes(
      scan(isTurned: true), card: "input: {orientation: RAS, shape: [7, 8, 6]}", spatial: [7, 8, 6])
    #expect(back.first?.how.hasPrefix("cut off: left 2 mm, right 4 mm; ") == true, "\(back)")
  }

  @Test func `Only what is other than 0 can be lost`() throws {
    var framed = scan()
    for k in 0..<6 { for j in 0..<8 { for i in [0, 8, 9] { framed[VoxelIndex(i: i, j: j, k: k)] = 0 } } }
    let found = try notes(framed, card: "input: {shape: [7, 8, 6]}", spatial: [7, 8, 6])
    #expect(found.map(\.weight) == [.told])
    #expect(found.first?.how == "cut off: left 2 mm, right 4 mm; 0 % of the voxels other than 0 are lost")
    #expect(try notes(scan(), card: "input: {shape: [10, 8, 6]}", spatial: [10, 8, 6]).isEmpty)
  }

  @Test func `Also where the model's own size crops what was resampled`() throws {
    let found = try notes(scan(), card: "input: {spacing: [1, 3, 4]}", spatial: [18, 8, 6])
    #expect(found.first?.what == "the model takes 18 × 8 × 6 voxels, the scan has 20 × 8 × 6")
    #expect(found.first?.how.hasPrefix("cut off: left 1 mm, right 1 mm; 10 %") == true, "\(found)")
  }
}
