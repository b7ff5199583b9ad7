import Foundation
import PellucidFaults
import PellucidTransforms
import PellucidVolumes
import TestSupport
import Testing

private let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Fixtures/"

/// A chain of `make_transforms.py` and where SimpleITK or nitransforms take points by it.
struct TransformCase: Decodable, CustomTestStringConvertible {
  struct Space: Decodable {
    let shape: [Int]
    let affine: [Double]

    var grid: Grid {
      Grid(shape: GridShape(i: shape[0], j: shape[1], k: shape[2]), affine: Affine(elements: affine))
    }
  }

  private struct All: Decodable { let cases: [TransformCase] }

  let words: String
  let tolerance: Double
  let scan, atlas: Space
  let points, expected: [[Double]]

  var testDescription: String { words }

  static func all() throws -> [TransformCase] {
    try JSONDecoder().decode(All.self, from: Data(contentsOf: URL(filePath: folder + "cases.json"))).cases
  }

  func transform() throws -> SpatialTransform {
    try SpatialTransform(files(words), scan: scan.grid, atlas: atlas.grid)
  }
}

/// The files of a list whose names are those of the fixtures.
private func files(_ words: String) throws -> [TransformFile] {
  let placed = words.split(separator: ",").map { word in
    word.split(separator: ":").map { $0 == "inverse" ? "inverse" : folder + $0 }.joined(separator: ":")
  }
  return try TransformReference.list(placed.joined(separator: ",")).map { try TransformFile($0) }
}

@Suite struct `Transforms` {
  @Test(arguments: try TransformCase.all())
  func `take points where SimpleITK and nitransforms take them`(_ reference: TransformCase) throws {
    let transform = try reference.transform()
    #expect(reference.points.count == reference.expected.count && reference.points.count > 3)
    for (point, expected) in zip(reference.points, reference.expected) {
      let q = transform(WorldPoint(x: point[0], y: point[1], z: point[2]))
      let apart = zip([q.x, q.y, q.z], expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(apart < reference.tolerance, "\(point) goes to \(q), not to \(expected)")
    }
  }

  @Test(arguments: try TransformCase.all().filter { !$0.words.contains("warp") })
  func `are undone, affines`(_ reference: TransformCase) throws {
    let transform = try reference.transform()
    for (point, expected) in zip(reference.points, reference.expected) {
      let p = try #require(transform.origin(of: WorldPoint(x: expected[0], y: expected[1], z: expected[2])))
      let apart = zip([p.x, p.y, p.z], point).map { abs($0 - $1) }.max() ?? .infinity
      #expect(apart < 10 * reference.tolerance, "\(expected) came from \(p), not from \(point)")
    }
  }

  /// Chains with a field that folds nothing, and where SimpleITK takes points by them.
  private struct InverseCase: Decodable {
    struct All: Decodable { let cases: [InverseCase] }

    let words: String
    let points, expected: [[Double]]
  }

  @Test(arguments: 0..<2)
  func `with a field are undone where SimpleITK took points, and carry volumes along`(_ number: Int) throws {
    let reference = try JSONDecoder().decode(
      InverseCase.All.self, from: Data(contentsOf: URL(filePath: folder + "inverse.json"))
    ).cases[number]
    let transform = try SpatialTransform(files(reference.words), scan: nil, atlas: nil)
    // A plane in the world, wide enough for every point to lie inside.
    let shape = GridShape(i: 70, j: 70, k: 70)
    let affine = Affine(elements: [4, 0, 0, -138, 0, 4, 0, -138, 0, 0, 4, -138])
    func plane(_ p: WorldPoint) -> Double { 0.3 * p.x - 0.7 * p.y + 0.2 * p.z + 5 }
    var volume = Volume(shape: shape, voxels: [Float](repeating: 0, count: shape.count), affine: affine)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let voxel = VoxelIndex(i: i, j: j, k: k)
          volume[voxel] = Float(plane(affine.worldPoint(of: voxel)))
        }
      }
    }
    #expect(transform.affine == nil && reference.points.count == 40)
    for (point, expected) in zip(reference.points, reference.expected) {
      let p = try #require(transform.origin(of: WorldPoint(x: expected[0], y: expected[1], z: expected[2])))
      // The iteration ends 0.01 mm from there, and the field stretches by less than a fifth.
      let apart = zip([p.x, p.y, p.z], point).map { abs($0 - $1) }.max() ?? .infinity
      #expect(apart < 0.02, "\(expected) came from \(p), not from \(point)")
      let there = Grid(
        shape: GridShape(i: 1, j: 1, k: 1),
        affine: Affine(elements: [1, 0, 0, expected[0], 0, 1, 0, expected[1], 0, 0, 1, expected[2]]))
      let carried = volume.carried(by: transform, onto: there, outside: -1000)
      let value = plane(WorldPoint(x: point[0], y: point[1], z: point[2]))
      #expect(abs(Double(carried.voxels[0]) - value) < 0.02, "\(point): \(carried.voxels[0]), not \(value)")
    }
  }

  @Test func `affines in a row become one`() throws {
    let cases = try TransformCase.all()
    let reference = try #require(cases.first { $0.words == "euler.txt,affine.mat" })
    #expect(try reference.transform().affine != nil)
    let bent = try #require(cases.first { $0.words == "affine.mat,warp.nii.gz" })
    #expect(try bent.transform().affine == nil)
  }

  @Test(arguments: [
    ("x5.x5", PellucidError.Kind.unsupported, "HDF5"), ("afni.1D", .badData, "AFNI"),
    ("spm.mat", .badData, "MATLAB 5"),
    ("sheet.txt", .badData, "none of the kinds"),
    ("scale.txt", .unsupported, "ScaleTransform"), ("flat.txt", .badData, "three dimensions"),
    ("nowhere.mat", .badData, "missing"), ("inverse:warp.nii.gz", .usage, "backwards"),
    ("scan.nii", .badData, "not an image of vectors"), ("affine.mat:left.nii:scan.nii", .usage, "ITK transform"),
  ])
  func `that cannot be used say what they are`(_ words: String, kind: PellucidError.Kind, text: String) throws {
    let error = try #require(fault { _ = try files(words) })
    #expect(error.kind == kind)
    #expect(error.line.contains(text), "\(error.line)")
  }

  @Test func `several with a FLIRT matrix among them must name its images`() throws {
    let grid = try #require(TransformCase.all().first).scan.grid
    let error = try #require(
      fault { _ = try SpatialTransform(files("euler.txt,flirt_left.mat"), scan: grid, atlas: grid) })
    #expect(error.kind == .usage)
    #expect(error.line.contains(":IN:REF"))
  }

  @Test(arguments: ["", "inverse:", "a.mat:b.nii", "[a.mat,1]", "a.mat,,b.mat"])
  func `have words of one form`(_ words: String) {
    #expect(fault { _ = try TransformReference.list(words) }?.kind == .usage)
  }

  @Test func `their kind is told`() throws {
    #expect(try files("affine.mat")[0].kind == "an ITK transform (binary), AffineTransform")
    #expect(try files("composite.txt")[0].kind.contains("AffineTransform + Euler3DTransform + Similarity3DTransform"))
    #expect(try files("flirt_left.mat")[0].kind == "a FLIRT matrix (4 × 4 numbers)")
    #expect(try files("voxels.lta")[0].kind == "a FreeSurfer LTA, voxels to voxels")
  }
}
