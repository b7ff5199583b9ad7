import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Orientation` {
  private struct Codes: Decodable {
    struct One: Decodable {
      let affine: [Double]
      let codes: String
    }
    let codes: [One]
  }

  /// All 48 orientations.
  static let all: [String] = {
    var out: [String] = []
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      for flips in 0..<8 {
        out.append(
          String((0..<3).map { [["R", "L"], ["A", "P"], ["S", "I"]][order[$0]][flips >> $0 & 1] }.joined()))
      }
    }
    return out
  }()

  @Test func `Codes of oblique and sheared affines are nibabel's`() throws {
    let references = try Fixture.json("codes.json", Codes.self).codes
    #expect(references.count == 60)
    for reference in references {
      #expect(AxisCodes(Affine(elements: reference.affine)).description == reference.codes)
    }
  }

  @Test(arguments: Orientation.all)
  func `Every voxel keeps its place in the world, and the way back is exact`(_ codes: String) throws {
    let affine = Affine(elements: [-1.4, 0.1, 0.2, 40, 0.1, 0.3, 2.1, -60, 0.2, -1.8, 0.1, 17])
    let volume = counting(GridShape(i: 4, j: 3, k: 5), channels: 2, affine: affine)
    let turned = try volume.reoriented(to: codes)
    #expect(turned.axisCodes.description == codes)
    let map = try #require(volume.affine.inverse)
    for channel in 0..<2 {
      for k in 0..<turned.shape.k {
        for j in 0..<turned.shape.j {
          for i in 0..<turned.shape.i {
            let voxel = VoxelIndex(i: i, j: j, k: k)
            let p = turned.affine.worldPoint(of: voxel)
            let q = map.worldPoint(i: p.x, j: p.y, k: p.z)
            let source = VoxelIndex(i: Int(q.x.rounded()), j: Int(q.y.rounded()), k: Int(q.z.rounded()))
            #expect(turned[voxel, channel] == volume[source, channel])
          }
        }
      }
    }
    let permutation = AxisPermutation(from: volume.axisCodes, to: turned.axisCodes)
    let back = turned.reoriented(by: permutation.inverse)
    #expect(back.voxels == volume.voxels)
    #expect(back.shape == volume.shape)
    #expect(back.affine.worst(volume.affine) < 1e-12)
  }

  @Test(arguments: ["RAX", "RA", "RRS", "", "RASL", "RLS"])
  func `What is no orientation is a usage error`(_ codes: String) {
    let error = #expect(throws: PellucidError.self) { _ = try AxisCodes(codes) }
    #expect(error?.kind == .usage)
  }
}
