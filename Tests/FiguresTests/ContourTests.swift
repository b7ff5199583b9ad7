import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Outlines of regions` {
  /// A ball of 30 mm, labelled 3, in an oblique grid of 2 × 1.5 × 3 mm; a cube labelled 8 far from it.
  private var labels: Volume {
    let (c, s) = (0.9, 0.435_889_894_354)
    let affine = Affine(elements: [2 * c, -1.5 * s, 0, -40, 2 * s, 1.5 * c, 0, -60, 0, 0, 3, -50])
    let shape = GridShape(i: 60, j: 60, k: 36)
    var voxels = [Float](repeating: 0, count: shape.count)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let p = affine.worldPoint(of: VoxelIndex(i: i, j: j, k: k))
          let place = shape.offset(of: VoxelIndex(i: i, j: j, k: k))
          if (p.x * p.x + p.y * p.y + p.z * p.z).squareRoot() < 30 { voxels[place] = 3 }
        }
      }
    }
    voxels[shape.offset(of: VoxelIndex(i: 1, j: 1, k: 30))] = 8
    return Volume(shape: shape, voxels: voxels, affine: affine)
  }

  private let window = WorldBox(low: [-100, -100, -100], high: [100, 100, 100])

  @Test func `lie on the surface of a ball, whatever the grid's orientation`() throws {
    let contours = ContourSampler(Contours(of: labels, outlines: [.init(label: 3)]))
    for (plane, position) in [(SlicePlane.axial, 0.0), (.axial, 18), (.coronal, -12), (.sagittal, 9)] {
      let found = contours.lines(plane, at: position, within: window)
      #expect(found.count == 1)
      let radius = (900 - position * position).squareRoot()
      let lines = found.first?.lines ?? []
      // A circle's worth of line; within a voxel of the true surface, and on average much nearer.
      let length = lines.reduce(0.0) { sum, line in
        let (x, y) = (line.x1 - line.x0, line.y1 - line.y0)
        return sum + (x * x + y * y).squareRoot()
      }
      #expect(abs(length / (2 * Double.pi * radius) - 1) < 0.2, "\(plane) \(position): \(length)")
      var sum = 0.0
      for line in lines {
        let distance = (line.x0 * line.x0 + line.y0 * line.y0).squareRoot()
        #expect(abs(distance - radius) < 3, "\(plane) \(position)")
        sum += distance
      }
      #expect(abs(sum / Double(max(1, lines.count)) - radius) < 0.8)
    }
    #expect(contours.lines(.axial, at: 31.5, within: window).isEmpty)
  }

  @Test func `take all regions where none are named, and none that the image lacks`() {
    #expect(Contours(of: labels).outlines.map(\.label) == [3, 8])
    let none = ContourSampler(Contours(of: labels, outlines: [.init(label: 5)]))
    #expect(none.lines(.axial, at: 0, within: window).isEmpty)
  }

  @Test func `marching squares join crossings, and cut saddles so that high corners stay apart`() {
    var slice = Slice(plane: .axial, position: 0, width: 2, height: 2, values: [1, 0, 0, 0])
    #expect(slice.contour(at: 0.25) == [Line(x0: 0.75, y0: 0, x1: 0, y1: 0.75)])
    slice.values = [1, 1, 0, 0]
    #expect(slice.contour(at: 0.5) == [Line(x0: 1, y0: 0.5, x1: 0, y1: 0.5)])
    slice.values = [1, 0, 0, 1]
    #expect(slice.contour(at: 0.5) == [Line(x0: 0.5, y0: 0, x1: 0, y1: 0.5), Line(x0: 1, y0: 0.5, x1: 0.5, y1: 1)])
    slice.values = [0, 1, 1, 0]
    #expect(slice.contour(at: 0.5) == [Line(x0: 0.5, y0: 0, x1: 1, y1: 0.5), Line(x0: 0.5, y0: 1, x1: 0, y1: 0.5)])
    slice.values = [.nan, 1, 1, 1]
    #expect(slice.contour(at: 0.5).count == 1)
  }

  @Test func `choose the slices where no map does`() throws {
    var options = MontageOptions()
    options.slices = 3
    options.planes = [.axial]
    options.crop = .none
    let cube = Made.volume(
      GridShape(i: 20, j: 20, k: 20), Affine(elements: [8, 0, 0, -76, 0, 8, 0, -76, 0, 0, 8, -76])
    ) { x, y, z in
      abs(x) < 20 && abs(y) < 20 && abs(z + 40) < 9 ? 7 : 0
    }
    options.contours = Contours(of: cube, outlines: [.init(label: 7, name: "cube")])
    let places = try Montage(anatomy: Made.head(), overlay: nil, options: options).positions[0].positions
    #expect(places.contains { abs($0 + 40) < 9 }, "\(places)")
  }
}
