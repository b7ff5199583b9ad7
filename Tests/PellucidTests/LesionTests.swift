import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidResults
import PellucidVolumes
import Testing

/// Virtual lesions and the fills that need the world, on a network whose score is a weighted sum of voxels.
@Suite struct LesionTests {
  let bench: Workbench
  /// Voxel i lies at x = i − 1.5 mm: the mid-sagittal plane is the grid's middle.
  let centred = Affine(elements: [1, 0, 0, -1.5, 0, 1, 0, 0, 0, 0, 1, 0])

  init() throws { bench = try Workbench() }

  static func value(_ i: Int, _ j: Int, _ k: Int) -> Float { Float((7 * i + 5 * j + 3 * k) % 11) / 4 - 1 }

  func lesion(_ fill: Fill, at point: WorldPoint, radius: Double = 0.3) throws -> (lesion: Lesion, before: [Float]) {
    let scan = try bench.scan([4, 5, 6], affine: centred)
    let explainer = Explainer(try bench.classifier("linear")) {
      $0.target = "1"
      $0.score = .logit
    }
    let subject = try explainer.prepare(scan)
    return (try explainer.lesion(subject, at: point, radius: radius, fill: fill), subject.scores)
  }

  @Test func `The mirror's fill is the other side's value`() throws {
    for (i, j, k) in [(0, 2, 3), (1, 4, 0), (3, 1, 5)] {
      let (lesion, before) = try lesion(
        Fill(.mirror), at: WorldPoint(x: Double(i) - 1.5, y: Double(j), z: Double(k)))
      let change = weight(i, j, k) * (Self.value(3 - i, j, k) - Self.value(i, j, k))
      #expect(lesion.voxels == 1)
      #expect(isClose(lesion.after - lesion.before, Double(change)))
      #expect(isClose(lesion.before, Double(before[1])) && isClose(lesion.after, Double(lesion.scores[1])))
    }
  }

  @Test func `A template in other units, on a larger grid, is matched to the scan`() throws {
    // Two voxels more on every side, in other axes' order: j, i, k.
    let wide = Affine(elements: [0, 1, 0, -3.5, 1, 0, 0, -2, 0, 0, 1, -2])
    _ = try bench.scan([9, 8, 10], affine: wide, as: "same.nii.gz") { j, i, k, _ in
      (0..<4).contains(i - 2) && (0..<5).contains(j - 2) && (0..<6).contains(k - 2)
        ? 10 * Self.value(i - 2, j - 2, k - 2) + 100 : 77
    }
    let same = try lesion(Fill(.file(bench.path("same.nii.gz"))), at: WorldPoint(x: 0, y: 2, z: 3), radius: 2).lesion
    #expect(same.voxels > 10 && isClose(same.after, same.before))
    let scan = try bench.scan([4, 5, 6], affine: centred, as: "flat.nii.gz") { _, _, _, _ in 9 }
    let flat = try lesion(Fill(.file(scan.text)), at: WorldPoint(x: -0.5, y: 2, z: 3)).lesion
    let inside = (0..<120).map { Self.value($0 / 30, $0 / 6 % 5, $0 % 6) }.filter { $0 != 0 }
    let mean = inside.reduce(0, +) / Float(inside.count)
    #expect(isClose(flat.after - flat.before, Double(weight(1, 2, 3) * (mean - Self.value(1, 2, 3)))))
    let grey = try lesion(Fill(.mean), at: WorldPoint(x: -0.5, y: 2, z: 3)).lesion
    #expect(isClose(grey.after, flat.after))
  }

  @Test func `A template that cannot be used is named`() throws {
    let far = Affine(elements: [1, 0, 0, 500, 0, 1, 0, 0, 0, 0, 1, 0])
    _ = try bench.scan([4, 5, 6], affine: far, as: "far.nii.gz")
    _ = try bench.scan([4, 5, 6], affine: centred, channels: 2, as: "two.nii.gz")
    for (name, words) in [("far", "does not overlap"), ("two", "2 volumes"), ("missing", "cannot be read")] {
      let path = bench.path(name + ".nii.gz")
      let error = fault { _ = try lesion(Fill(.file(path)), at: WorldPoint(x: 0, y: 2, z: 3)) }
      #expect(error?.kind == .badData && error?.place.file == path, "\(name)")
      #expect(error?.line.contains(words) == true, "\(error?.line ?? "")")
    }
  }

  @Test func `The sphere is the voxels within the radius`() throws {
    let point = WorldPoint(x: -0.5, y: 2, z: 3)
    for (radius, voxels) in [(0.2, 1), (1.0, 7), (1.42, 19), (100, 120)] {
      #expect(try lesion(Fill(), at: point, radius: radius).lesion.voxels == voxels, "\(radius) mm")
    }
    // Between the voxels, and at the border.
    #expect(try lesion(Fill(), at: WorldPoint(x: -0.9, y: 2.3, z: 3.3), radius: 0.1).lesion.voxels == 1)
    #expect(try lesion(Fill(), at: WorldPoint(x: -3, y: 2, z: 3), radius: 1.5).lesion.voxels == 1)
    let error = fault { _ = try lesion(Fill(), at: WorldPoint(x: -30, y: 2, z: 3), radius: 5) }
    #expect(error?.kind == .usage && error?.line.contains("x -2 to 2") == true, "\(error?.line ?? "")")
  }

  @Test func `Regions outside the field of view are listed and have no drop`() throws {
    let explainer = Explainer(try bench.classifier("linear")) { $0.atlas = try? halves([4, 5, 6]) }
    let relevance = try explainer.explanation(bench.scan([4, 5, 6]), "region-occlusion").relevance
    #expect(relevance.facts.first { $0.name == "regions_outside" }?.value == .list([12]))
    #expect(relevance.scoreDrops.keys.sorted() == [3, 8])
  }
}
