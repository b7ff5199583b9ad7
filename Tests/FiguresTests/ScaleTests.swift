import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Scales of overlays` {
  private let map: [Float] = [-4, -2, 0, 1, 3, 8, .nan]

  private func scale(_ change: (inout MontageOptions) -> Void = { _ in }) -> OverlayScale {
    var options = MontageOptions()
    options.limitPercentile = 100
    options.alpha = 1
    options.colourMap = try? ColourMap.named("gray")
    change(&options)
    return OverlayScale(of: [map], options: options)
  }

  @Test func `reach the same either way unless ends are given`() {
    let scale = scale()
    #expect((scale.low, scale.high) == (-8, 8))
    #expect(scale.signed && !scale.hidesSign)
    #expect(abs(scale.colour(0).x - 0.5) < 0.01)
    #expect(abs(scale.colour(-4).x - 0.25) < 0.01)
    #expect(scale.opacity(4) == 1 && scale.opacity(2) == 0.5 && scale.opacity(0) == 0 && scale.opacity(.nan) == 0)
  }

  @Test func `with two ends have a reach on each side of 0`() {
    let scale = scale { $0.range = -2...8 }
    #expect(abs(scale.colour(-2).x - 0) < 0.01 && abs(scale.colour(-1).x - 0.25) < 0.01)
    #expect(abs(scale.colour(4).x - 0.75) < 0.01 && abs(scale.colour(0).x - 0.5) < 0.01)
    #expect(scale.opacity(-0.5) == 0.5 && scale.opacity(2) == 0.5)
    #expect(scale.exceeds == (below: true, above: false))
  }

  @Test func `of one sign hide the other and say so`() {
    let up = scale { $0.range = 1...5 }
    #expect(up.colour(1).x == 0 && up.colour(5).x == 1 && abs(up.colour(3).x - 0.5) < 0.01)
    #expect(up.opacity(-4) == 0 && up.opacity(3) == 1)
    #expect(up.hidesSign && !up.signed && up.exceeds.above)
    let down = scale { $0.range = -4...0 }
    #expect(down.colour(-4).x == 1 && down.opacity(-4) == 1 && down.opacity(3) == 0)
    #expect(down.hidesSign)
  }

  @Test func `that maps share know which map is empty`() throws {
    let zero = Volume(
      shape: Made.relevance().shape, voxels: [Float](repeating: 0, count: Made.relevance().voxels.count),
      affine: Made.relevance().affine)
    var options = MontageOptions()
    options.dotsPerInch = 72
    let layers = [Montage.Layer(Made.relevance(), name: "map"), Montage.Layer(zero, name: "nothing")]
    let montage = try Montage(anatomy: Made.head(), comparing: layers, sharedScale: true, options: options)
    #expect(montage.scales.map { $0.emptiness == nil } == [true, false])
    #expect(montage.limits[0] == montage.limits[1])
    // Beside the map's row its colours, beside the other the remark.
    let picture = try montage.picture()
    #expect(picture.notices > 100)
    #expect(try SVGFile(montage).words.contains("no relevance: every value is 0"))
    options.annotated = false
    #expect(
      try Montage(anatomy: Made.head(), comparing: layers, sharedScale: true, options: options).picture().coloured > 20)
  }

  @Test func `notes tell the ends, and that the scan is oblique`() throws {
    var options = MontageOptions()
    options.dotsPerInch = 72
    options.range = -0.5...2
    var head = Made.head()
    let c = 0.98, s = 0.199
    head.affine = Affine(elements: [4 * c, -4 * s, 0, -80, 4 * s, 4 * c, 0, -90, 0, 0, 4, -70])
    let notes = try Montage(anatomy: head, overlay: Made.relevance(), options: options).notes
    #expect(notes.contains("oblique scan, cut along the axes of the world"))
    #expect(notes.contains { $0.hasPrefix("colours from −0.5 to 2 (given)") }, "\(notes)")
    options.range = 0...1
    let one = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options).notes
    #expect(one.contains("negative values are not drawn") && !one.contains { $0.hasPrefix("oblique") })
  }

  @Test func `differences are taken in the world, and maps that lie apart refused`() throws {
    let one = Made.volume(GridShape(i: 12, j: 12, k: 12), .identity) { x, y, z in 2 * x + y - z }
    let flipped = Made.volume(
      GridShape(i: 20, j: 16, k: 16), Affine(elements: [-1, 0, 0, 15.5, 0, 1, 0, -1, 0, 0, 1, -1])
    ) { x, y, z in x + y - z }
    let difference = try one.difference(from: flipped)
    #expect(difference.shape == one.shape)
    for i in 0..<12 {
      let value = difference[VoxelIndex(i: i, j: 5, k: 7)]
      #expect(abs(value - Float(i)) < 1e-4)
    }
    #expect(try one.difference(from: one).voxels.allSatisfy { $0 == 0 })
    var far = one
    far.affine[0, 3] = 500
    let fault = #expect(throws: PellucidError.self) { try one.difference(from: far) }
    #expect(fault?.kind == .badData)
  }

  @Test func `cuts are those of each plane`() throws {
    var options = MontageOptions()
    options.dotsPerInch = 72
    options.planes = [.axial, .sagittal]
    options.cuts = [.axial: [-15, 3], .sagittal: [30]]
    let found = try Montage(anatomy: Made.head(), overlay: nil, options: options).positions
    #expect(found.map(\.positions) == [[-15, 3], [30]])
  }
}
