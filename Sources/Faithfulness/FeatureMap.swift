package import PellucidAttribution
package import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The features of one image: which voxels belong to which, and how to fill them.
package struct FeatureMap: Sendable {
  /// What they are.
  package let kind: FeatureKind
  /// For each voxel, row-major D, H, W, its feature; −1: none, as where a fill changes nothing.
  package let assignment: [Int32]
  /// How many there are.
  package let count: Int
  /// The voxels, feature by feature, ascending within each.
  private let voxels: [Int32]
  /// Where each feature begins among them.
  private let starts: [Int]
  private let boxes: [Box]
  private let spatial: [Int]

  /// Features of an assignment.
  /// - Precondition: each of 0..<count has a voxel.
  package init(_ kind: FeatureKind, _ assignment: [Int32], count: Int, spatial: [Int]) {
    (self.kind, self.assignment, self.count, self.spatial) = (kind, assignment, count, spatial)
    var starts = [Int](repeating: 0, count: count + 1)
    for feature in assignment where feature >= 0 { starts[Int(feature) + 1] += 1 }
    for feature in 0..<count { starts[feature + 1] += starts[feature] }
    var next = starts
    var voxels = [Int32](repeating: 0, count: starts[count])
    var boxes = Array(repeating: Box(lower: spatial, upper: [0, 0, 0]), count: count)
    var voxel = 0
    for d in 0..<spatial[0] {
      for h in 0..<spatial[1] {
        for w in 0..<spatial[2] {
          let feature = Int(assignment[voxel])
          if feature >= 0 {
            voxels[next[feature]] = Int32(voxel)
            next[feature] += 1
            boxes[feature].include(d, h, w)
          }
          voxel += 1
        }
      }
    }
    (self.starts, self.voxels, self.boxes) = (starts, voxels, boxes)
  }

  /// The features of a subject.
  ///
  /// - Parameter changes: for each voxel, whether the fill changes it: where supervoxels are made.
  /// - Throws: `.usage` for regions without an atlas; `.badData` where none is on the grid, or the fill changes nothing.
  package init(
    _ kind: FeatureKind, of subject: Subject, changes: () -> [Bool]
  ) throws(PellucidError) {
    let spatial = subject.image.shape.spatial
    let total = spatial.reduce(1, *)
    switch kind {
    case .voxels: self.init(kind, (0..<total).map { Int32($0) }, count: total, spatial: spatial)
    case .patches(let size):
      let cells = spatial.map { ($0 + size - 1) / size }
      var assignment: [Int32] = []
      assignment.reserveCapacity(total)
      for d in 0..<spatial[0] {
        for h in 0..<spatial[1] {
          let row = (d / size * cells[1] + h / size) * cells[2]
          for w in 0..<spatial[2] { assignment.append(Int32(row + w / size)) }
        }
      }
      self.init(kind, assignment, count: cells.reduce(1, *), spatial: spatial)
    case .regions:
      guard let labels = subject.labels else { throw .regionsWithoutAtlas() }
      let found = Set(labels)
      let known = subject.regions.filter { found.contains($0) && $0 != 0 }
      guard !known.isEmpty else { throw .noRegionOnGrid() }
      let places = Dictionary(zip(known, known.indices.map { Int32($0) })) { first, _ in first }
      let outside = Int32(known.count)
      let assignment = labels.map { places[$0] ?? outside }
      self.init(kind, assignment, count: known.count + (assignment.contains(outside) ? 1 : 0), spatial: spatial)
    case .supervoxels(let wanted):
      let within = changes()
      guard within.contains(true) else { throw .nothingToFill() }
      let pieces = Supervoxels(
        of: subject.image, count: wanted, compactness: 0.1, voxelSizes: subject.voxelSizes, within: within)
      self.init(kind, pieces.assignment, count: pieces.count, spatial: spatial)
    }
  }

  /// The voxels of some features.
  package func place(of set: Coalition) -> Perturbation.Place {
    var (only, members) = (0, 0)
    var box = Box(lower: spatial, upper: [0, 0, 0])
    for feature in 0..<count where set[feature] {
      (only, members) = (feature, members + 1)
      for axis in 0..<3 {
        box.lower[axis] = min(box.lower[axis], boxes[feature].lower[axis])
        box.upper[axis] = max(box.upper[axis], boxes[feature].upper[axis])
      }
    }
    if members == 0 { return .voxels([], within: Box(lower: [0, 0, 0], upper: [0, 0, 0])) }
    if members == 1 { return place(of: only) }
    var offsets: [Int32] = []
    for d in box.lower[0]..<box.upper[0] {
      for h in box.lower[1]..<box.upper[1] {
        let row = (d * spatial[1] + h) * spatial[2]
        for voxel in (row + box.lower[2])..<(row + box.upper[2]) {
          let feature = Int(assignment[voxel])
          if feature >= 0, set[feature] { offsets.append(Int32(voxel)) }
        }
      }
    }
    return .voxels(offsets, within: box)
  }

  /// The voxels of one feature.
  package func place(of feature: Int) -> Perturbation.Place {
    .voxels(Array(voxels[starts[feature]..<starts[feature + 1]]), within: boxes[feature])
  }

  /// Voxels of all features.
  package var voxelCount: Int { voxels.count }

  /// Σ of a map's values over each feature; values row-major D, H, W.
  package func sums(of values: [Float]) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    for (voxel, feature) in assignment.enumerated() where feature >= 0 { sums[Int(feature)] += Double(values[voxel]) }
    return sums
  }

  /// Voxels of a feature.
  package func size(of feature: Int) -> Int { starts[feature + 1] - starts[feature] }
}
