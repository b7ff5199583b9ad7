import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Slices lie where the world says` {
  /// All 48 ways to store x, y, z along i, j, k.
  static let orientations: [Affine] = {
    var all: [Affine] = []
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      for signs in 0..<8 {
        var affine = Affine(elements: [0, 0, 0, 3.5, 0, 0, 0, -7.25, 0, 0, 0, 11])
        for column in 0..<3 {
          affine[order[column], column] = [2, 1.5, 3][column] * (signs >> column & 1 == 0 ? 1 : -1)
        }
        all.append(affine)
      }
    }
    return all
  }()

  /// Rotated about three axes, anisotropic and sheared.
  static let oblique = Affine(elements: [-1.7, -0.5, -0.9, 12.5, -0.6, 1.4, -0.55, -9.25, -0.7, 0.1, 2.8, -14])

  /// A volume holds its own coordinate along an axis; the slice must show the coordinate of every pixel.
  private func check(_ affine: Affine) throws {
    let shape = GridShape(i: 16, j: 20, k: 12)
    let middle = affine.worldPoint(i: 7.5, j: 9.5, k: 5.5)
    let centre = [middle.x, middle.y, middle.z]
    let box = WorldBox(low: centre.map { $0 - 6 }, high: centre.map { $0 + 6 })
    for axis in 0..<3 {
      let volume = Made.volume(shape, affine) { [$0, $1, $2][axis] }
      let sampler = try SliceSampler(volume)
      for plane in SlicePlane.allCases {
        for mirrored in [false, true] {
          let position = centre[plane.normal] + 1.25
          let slice = sampler.slice(plane, at: position, over: box, width: 8, height: 10, mirrored: mirrored)
          for row in 0..<10 {
            for column in 0..<8 {
              var wanted = [0.0, 0.0, 0.0]
              let fromLeft = (Double(column) + 0.5) * 12 / 8
              wanted[plane.horizontal] =
                mirrored ? box.high[plane.horizontal] - fromLeft : box.low[plane.horizontal] + fromLeft
              wanted[plane.vertical] = box.high[plane.vertical] - (Double(row) + 0.5) * 12 / 10
              wanted[plane.normal] = position
              let got = Double(slice.values[row * 8 + column])
              guard abs(got - wanted[axis]) < 1e-4 else {
                Issue.record("\(plane) axis \(axis) row \(row) column \(column): \(got), wanted \(wanted[axis])")
                return
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: orientations) func `in every stored orientation`(affine: Affine) throws { try check(affine) }

  @Test func `in an oblique, sheared volume`() throws { try check(Self.oblique) }

  @Test func `left of the body is left of the picture unless mirrored`() throws {
    let volume = Made.volume(
      GridShape(i: 10, j: 10, k: 10), Affine(elements: [-1, 0, 0, 4.5, 0, 1, 0, -4.5, 0, 0, 1, -4.5])
    ) {
      x, _, _ in x
    }
    let box = WorldBox(around: volume.shape, affine: volume.affine)
    let sampler = try SliceSampler(volume, interpolation: .nearest)
    #expect(sampler.slice(.axial, at: 0, over: box, width: 10, height: 10).values[0] == -4.5)
    #expect(sampler.slice(.axial, at: 0, over: box, width: 10, height: 10, mirrored: true).values[0] == 4.5)
  }

  @Test func `agree with nibabel's resampling of an oblique volume`() throws {
    let text = try Fixtures.bytes("oblique_slices.tsv")
    let header = String(decoding: text, as: UTF8.self).split(separator: "\n")[1].split(separator: " ").dropFirst(2)
    let affine = Affine(elements: header.compactMap { Double($0) })
    let shape = GridShape(i: 14, j: 11, k: 9)
    var voxels: [Float] = []
    for k in 0..<9 { for j in 0..<11 { for i in 0..<14 { voxels.append(Float(wave(i, j, k))) } } }
    let volume = Volume(shape: shape, voxels: voxels, affine: affine)
    let samplers = [try SliceSampler(volume, interpolation: .nearest), try SliceSampler(volume)]
    var compared = 0
    for row in try Fixtures.rows("oblique_slices.tsv") where row[5] != "nan" {
      let numbers = row.compactMap { Double($0) }
      let place = Array(numbers[1...3])
      let plane = [SlicePlane.sagittal, .coronal, .axial][Int(numbers[4])]
      let box = WorldBox(low: place.map { $0 - 0.5 }, high: place.map { $0 + 0.5 })
      let got = samplers[Int(numbers[0])].slice(plane, at: place[plane.normal], over: box, width: 1, height: 1).values[
        0]
      #expect(abs(Double(got) - numbers[5]) < 2e-3, "\(row)")
      compared += 1
    }
    #expect(compared > 900)
  }

  @Test func `outside is NaN, and NaN voxels are left out`() throws {
    var volume = Made.volume(GridShape(i: 4, j: 4, k: 4), .identity) { x, _, _ in x }
    volume[VoxelIndex(i: 1, j: 1, k: 1)] = .nan
    let sampler = try SliceSampler(volume)
    let outside = sampler.slice(.axial, at: 9, over: WorldBox(low: [0, 0, 0], high: [3, 3, 3]), width: 3, height: 3)
    #expect(outside.values.filter { !$0.isNaN }.isEmpty)
    let near = WorldBox(low: [1.5, 0.5, 0], high: [1.9, 1.5, 3])
    #expect(sampler.slice(.axial, at: 1, over: near, width: 1, height: 1).values[0] == 2)
  }

  @Test func `a singular affine and a missing channel are refused`() {
    var volume = Made.volume(GridShape(i: 4, j: 4, k: 4), .identity) { x, _, _ in x }
    let channel = #expect(throws: PellucidError.self) { try SliceSampler(volume, channel: 1) }
    #expect(channel?.kind == .usage)
    volume.affine[2, 2] = 0
    let fault = #expect(throws: PellucidError.self) { try SliceSampler(volume) }
    #expect(fault?.kind == .badData)
  }

  private func wave(_ i: Int, _ j: Int, _ k: Int) -> Double {
    100 * sine(Double(i)) + 7 * Double(j) * sine(Double(k) + Double.pi / 2) + Double(k * k)
  }
}
