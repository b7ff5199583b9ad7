import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import Testing

/// Borders that fall from 1 to 0 over some millimetres.
@Suite struct SoftBorderTests {
  let extents = [9, 11, 8]
  let sizes = [1.5, 1, 2]

  func occluder(feather: Float) throws -> Occluder {
    let image = Tensor(repeating: 1, shape: Shape([1, 1] + extents))
    return try Occluder(Fill(.value(0), feather: feather), for: Subject(image: image, voxelSizes: sizes))
  }

  /// Every voxel's weight, by the definition.
  func expected(_ inside: [[Int]], feather: Double) -> [Float] {
    var weights: [Float] = []
    for d in 0..<extents[0] {
      for h in 0..<extents[1] {
        for w in 0..<extents[2] {
          let nearest =
            inside.map { voxel in
              (0..<3).reduce(0.0) {
                let away = Double([d, h, w][$1] - voxel[$1]) * sizes[$1]
                return $0 + away * away
              }
            }.min() ?? .infinity
          weights.append(Float(max(0, 1 - nearest.squareRoot() / feather)))
        }
      }
    }
    return weights
  }

  /// The weights of a place in the whole image.
  func weights(_ place: Perturbation.Place) throws -> [Float] {
    guard case .weights(let weights, let box) = place else {
      Issue.record("no weights")
      return []
    }
    #expect(box.clipped(to: extents) == box && box.count == weights.count)
    var all = [Float](repeating: 0, count: extents.reduce(1, *))
    var next = 0
    for d in box.lower[0]..<box.upper[0] {
      for h in box.lower[1]..<box.upper[1] {
        for w in box.lower[2]..<box.upper[2] {
          all[(d * extents[1] + h) * extents[2] + w] = weights[next]
          next += 1
        }
      }
    }
    return all
  }

  @Test(arguments: [0.4, 2, 3.7, 40])
  func `of boxes and of voxels are the distances' own`(feather: Float) throws {
    let occluder = try occluder(feather: feather)
    let boxes = [
      Box(lower: [3, 4, 2], upper: [5, 6, 6]), Box(lower: [0, 0, 0], upper: [2, 11, 1]),
      Box(lower: [7, 9, 6], upper: [9, 11, 8]), Box(lower: [4, 5, 2], upper: [6, 7, 6]),
    ]
    let together = occluder.perturbations(ofBoxes: boxes)
    for (box, perturbation) in zip(boxes, together) {
      var voxels: [[Int]] = []
      for d in box.lower[0]..<box.upper[0] {
        for h in box.lower[1]..<box.upper[1] { for w in box.lower[2]..<box.upper[2] { voxels.append([d, h, w]) } }
      }
      let wanted = expected(voxels, feather: Double(feather))
      let offsets = voxels.map { Int32(($0[0] * extents[1] + $0[1]) * extents[2] + $0[2]) }
      for place in [perturbation.place, occluder.perturbation(.voxels(offsets, within: box)).place] {
        let found = try weights(place)
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 })
      }
    }
    // A place that is no box.
    let scattered = [[0, 0, 0], [4, 4, 4], [4, 6, 4], [8, 10, 7]]
    let offsets = scattered.map { Int32(($0[0] * extents[1] + $0[1]) * extents[2] + $0[2]) }
    let found = try weights(occluder.perturbation(.voxels(offsets, within: Box(whole: extents))).place)
    #expect(zip(found, expected(scattered, feather: Double(feather))).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `of no width leave places as they are`() throws {
    let box = Box(lower: [1, 1, 1], upper: [3, 3, 3])
    guard case .box(box) = try occluder(feather: 0).perturbation(.box(box)).place else {
      Issue.record("the box became something else")
      return
    }
  }
}
