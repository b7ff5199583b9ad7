import PellucidPages
import PellucidVolumes
import Testing

@Suite struct PackedVolumeTests {
  private func volume(_ e: [Int], _ value: (Int) -> Float) -> Volume {
    let shape = GridShape(i: e[0], j: e[1], k: e[2])
    return Volume(shape: shape, voxels: (0..<shape.count).map(value), affine: .identity)
  }

  @Test func `A coarser grid keeps its place and its means`() {
    let fine = volume([6, 5, 4]) { Float($0) }
    let grid = CoarserGrid(for: fine.shape, voxelSizes: [1, 1, 1], most: 30)
    #expect(grid.factors == [2, 2, 2])
    let coarse = grid.means(of: fine)
    #expect(coarse.shape == GridShape(i: 3, j: 3, k: 2))
    #expect(coarse.affine.worldPoint(i: 0, j: 0, k: 0) == WorldPoint(x: 0.5, y: 0.5, z: 0.5))
    #expect(coarse.voxels[0] == Float(0 + 1 + 6 + 7 + 30 + 31 + 36 + 37) / 8)
    // The last row of blocks has one row of voxels.
    #expect(coarse.voxels[6] == Float(24 + 25 + 54 + 55) / 4)
  }

  @Test func `Blocks grow along the finest axis first`() {
    #expect(
      CoarserGrid(for: GridShape(i: 100, j: 100, k: 20), voxelSizes: [0.5, 0.5, 2], most: 60_000).factors == [2, 2, 1])
    #expect(!CoarserGrid(for: GridShape(i: 256, j: 256, k: 256), voxelSizes: [1, 1, 1]).isCoarser)
  }

  @Test func `The air is what comes nowhere near the head`() {
    // A head with a hollow in it, 20³ mm in the middle of 40³.
    let anatomy = volume([40, 40, 40]) { place in
      let voxel = [place % 40, place / 40 % 40, place / 1600]
      let isHead = voxel.allSatisfy { (10..<30).contains($0) }
      let isHollow = voxel.allSatisfy { (14..<26).contains($0) }
      return isHead && !isHollow ? 100 : 0
    }
    let around = HeadSurroundings(around: anatomy, foreground: 10)
    func share(_ i: Int, _ j: Int, _ k: Int) -> Double? {
      var map = anatomy
      map.voxels = map.voxels.map { _ in 0 }
      map[VoxelIndex(i: i, j: j, k: k)] = -2
      return around.share(of: map)
    }
    #expect(share(1, 1, 1) == 1)
    #expect(share(20, 20, 20) == 0 && share(12, 12, 12) == 0)
    // Within 4 mm of the border.
    #expect(share(7, 20, 20) == 0 && share(5, 20, 20) == 1)
    var nothing = anatomy
    nothing.voxels = nothing.voxels.map { _ in 0 }
    #expect(around.share(of: nothing) == nil)
  }

  @Test func `Noise is carried in coarser steps, so that the page stays small`() {
    var state: UInt64 = 88_172_645_463_325_252
    let noise = volume([120, 120, 120]) { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(Int64(bitPattern: state) % 1_000_000) / 1_000_000
    }
    let one = PageBudget(anatomy: nil, maps: [noise], others: 0)
    let many = PageBudget(anatomy: nil, maps: [noise, noise, noise], others: 0)
    #expect(one.maps[0].step < 1.01 / 1023)
    #expect(many.maps.contains { $0.step > 1.9 / 1023 })
    #expect(many.maps.reduce(0) { $0 + $1.bytes.count } < 6_000_000)
  }

  @Test func `Text cannot end the element that holds it`() {
    let json = String(decoding: FrontEnd.embedded("{\"name\": \"</script><!--\"}"), as: UTF8.self)
    #expect(json == "{\"name\": \"\\u003c/script>\\u003c!--\"}")
    #expect(FrontEnd.escaped("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;")
  }
}
