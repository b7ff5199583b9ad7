public import PellucidFaults
public import PellucidVolumes

/// Whether a scan lies where it, or the atlas, says that it lies.
///
/// Two things are looked at: how much of the atlas falls on the scan's foreground, and, for a scan that is said to be in MNI space, how
/// far its head lies from a head there (`HeadSearch`). Neither needs a registration; both say only what is plainly wrong.
public struct AlignmentCheck: Sendable {
  /// The part of the atlas's voxels that lies on the scan's foreground, 0…1; nil without an atlas.
  public private(set) var overlap: Double?
  /// The mean distance, mm, of the brain from where MNI space has it; nil where no head is recognised, or it was not looked for.
  public private(set) var distance: Double?
  /// What is wrong, in words; empty: nothing that shows.
  public private(set) var warnings: [Note] = []

  /// Below this overlap something is wrong.
  public static let leastOverlap = 0.8
  /// Above this mean distance, mm, something is wrong; anatomy alone makes up to 3.
  public static let mostDistance = 8.0

  /// Looks at a scan.
  /// - Parameters:
  ///   - scan: the anatomy; its first channel counts.
  ///   - atlas: the atlas, already brought to the scan.
  ///   - transform: what brought it there, in words, such as `affine.mat, an ITK transform`; nil: nothing did.
  /// - Complexity: about 50 ms for a scan of 1 mm.
  public init(_ scan: Volume, atlas: Atlas?, transform: String? = nil) {
    let atlasIsMNI = atlas?.card?.space.uppercased().contains("MNI") == true
    if let atlas { overlap = Self.overlap(of: atlas, with: scan) }
    if scan.claimsMNI && transform == nil || atlasIsMNI { look(at: scan, atlas, transform) }
    // A head in its place is enough: a map of grey matter has no foreground under a white-matter atlas.
    let isInPlace = distance.map { $0 <= Self.mostDistance } ?? false
    if let overlap, overlap < Self.leastOverlap, warnings.isEmpty, !isInPlace {
      warnings.append(
        Note(
          what: "only \(Int((100 * overlap).rounded())) % of the atlas lies on the scan's foreground",
          how: "regions may be misplaced: register the scan to the atlas's space, or give `atlas-transform`",
          weight: .warning))
    }
  }

  private mutating func look(at scan: Volume, _ atlas: Atlas?, _ transform: String?) {
    guard var search = HeadSearch(scan) else { return }
    // An affine transform takes the scan to the atlas's world, where the standard head is.
    if transform != nil {
      guard let atlas, atlas.bend == nil, let world = atlas.scanToAtlas else { return }
      var placed = scan
      placed.affine = world.composed(with: scan.affine)
      guard let there = HeadSearch(placed) else { return }
      search = there
    }
    let finding = search.run()
    guard finding.best >= HeadSearch.recognised else { return }
    distance = finding.distance
    guard finding.distance > Self.mostDistance, finding.best > 1.25 * finding.stated else { return }
    let far = "about \(Int(finding.distance.rounded())) mm"
    if let transform {
      let isBackwards = atlas?.scanToAtlas.map { $0.isBackwards(for: scan, than: finding) } ?? false
      warnings.append(
        Note(
          what: "after `atlas-transform` (\(transform)) the brain lies \(far) from where the atlas has it",
          how: isBackwards
            ? "backwards it fits: give inverse:FILE, or the transform of the other direction"
            : "regions are misplaced: check that the transform is of this scan and this atlas", weight: .warning))
    } else {
      warnings.append(
        Note(
          what: "the scan is taken to be in MNI space, but its brain lies \(far) from there",
          how: atlas == nil
            ? "register it, or set the header's codes to what it is"
            : "regions are misplaced: register the scan to MNI space, or give `atlas-transform`", weight: .warning))
    }
  }

  /// The part of the atlas's labelled voxels on the scan's foreground, looked at about every 4 mm.
  private static func overlap(of atlas: Atlas, with scan: Volume) -> Double {
    let image = atlas.bentImage ?? atlas.image
    guard let back = scan.affine.inverse else { return 1 }
    let values = scan.voxels[..<scan.shape.count]
    let threshold = Self.foreground(values)
    let sizes = image.affine.voxelSizes
    let step = (0..<3).map { Int(nearest: 4 / sizes[$0], in: 1...max(1, image.shape.extents[$0])) }
    var (inside, all) = (0, 0)
    for k in stride(from: 0, to: image.shape.k, by: step[2]) {
      for j in stride(from: 0, to: image.shape.j, by: step[1]) {
        for i in stride(from: 0, to: image.shape.i, by: step[0])
        where image.labels[i + image.shape.i * (j + image.shape.j * k)] != 0 {
          all += 1
          let point = image.affine.worldPoint(of: VoxelIndex(i: i, j: j, k: k))
          if scan.isForeground(near: back.worldPoint(i: point.x, j: point.y, k: point.z), threshold) { inside += 1 }
        }
      }
    }
    return all > 0 ? Double(inside) / Double(all) : 1
  }

  /// A tenth of the way from the darkest to nearly the brightest value, by a histogram.
  package static func foreground(_ values: ArraySlice<Float>) -> Float {
    let sums = ValueSums(values)
    let (low, high) = (sums.minimum, sums.maximum)
    guard low < high else { return .infinity }
    var counts = [Int](repeating: 0, count: 1024)
    // In Double: the range of floats, and its reciprocal, may be beyond Float's.
    let scale = 1023 / (Double(high) - Double(low))
    for value in values {
      let place = (Double(value) - Double(low)) * scale
      if place >= 0, place < 1024 { counts[Int(place)] += 1 }
    }
    var above = 0
    var bin = 1023
    while bin > 0, above + counts[bin] < values.count / 100 {
      above += counts[bin]
      bin -= 1
    }
    return Float(Double(low) + 0.1 * Double(bin) / scale)
  }
}

extension Volume {
  /// Whether the affine in use comes with the code for MNI 152 (4).
  var claimsMNI: Bool { space.sformCode == 4 || space.sformCode == 0 && space.qformCode == 4 }

  /// Whether a voxel within 4 mm of a place (in voxels), along the axes, is brighter than a threshold.
  fileprivate func isForeground(near v: WorldPoint, _ threshold: Float) -> Bool {
    let sizes = affine.voxelSizes
    let offsets: [(Double, Double, Double)] = [
      (0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1),
    ]
    return offsets.contains { offset in
      let (x, y, z) = (
        (v.x + 4 * offset.0 / sizes[0]).rounded(), (v.y + 4 * offset.1 / sizes[1]).rounded(),
        (v.z + 4 * offset.2 / sizes[2]).rounded()
      )
      guard x >= 0, y >= 0, z >= 0, x < Double(shape.i), y < Double(shape.j), z < Double(shape.k) else { return false }
      return voxels[shape.offset(of: VoxelIndex(i: Int(x), j: Int(y), k: Int(z)))] > threshold
    }
  }
}

extension Affine {
  /// Whether a scan's head fits MNI space clearly better under the inverse of this transform.
  fileprivate func isBackwards(for scan: Volume, than finding: HeadSearch.Finding) -> Bool {
    guard let inverse else { return false }
    var turned = scan
    turned.affine = inverse.composed(with: scan.affine)
    guard let other = HeadSearch(turned) else { return false }
    return other.information(.identity) > 1.25 * finding.stated
  }
}
