internal import PellucidFaults
package import PellucidNetworks
internal import PellucidTensors

/// The parts of an image that are switched on and off together: an atlas's regions, or supervoxels.
///
/// Voxels that belong to no feature, such as those that the atlas leaves unlabelled, always stay as they are.
package struct FeatureSet: Sendable {
  /// Where the features come from.
  package enum Kind: String, Sendable {
    /// Regions of the atlas.
    case regions
    /// Supervoxels of the image.
    case supervoxels
  }

  /// Where the features come from.
  package let kind: Kind
  /// For each voxel, row-major D, H, W, the place of its feature; −1: none.
  package let assignment: [Int32]
  /// The regions' labels; for supervoxels 1…n.
  package let labels: [Int32]
  /// Labels of the atlas's regions that have no voxel, in its order.
  package let outside: [Int32]
  /// Voxels of each feature.
  package let sizes: [Int]
  private let boxes: [Box]
  private let spatial: [Int]

  /// Number of features.
  package var count: Int { labels.count }

  private init(_ kind: Kind, _ assignment: [Int32], labels: [Int32], outside: [Int32] = [], spatial: [Int]) {
    self.kind = kind
    self.outside = outside
    self.assignment = assignment
    self.labels = labels
    self.spatial = spatial
    var sizes = Array(repeating: 0, count: labels.count)
    var boxes = Array(repeating: Box(lower: spatial, upper: [0, 0, 0]), count: labels.count)
    var voxel = 0
    for d in 0..<spatial[0] {
      for h in 0..<spatial[1] {
        for w in 0..<spatial[2] {
          let feature = Int(assignment[voxel])
          voxel += 1
          guard feature >= 0 else { continue }
          sizes[feature] += 1
          boxes[feature].include(d, h, w)
        }
      }
    }
    self.sizes = sizes
    self.boxes = boxes
  }

  /// The atlas's regions that have voxels, in its order.
  /// - Throws: `.badData` where there is none.
  init(regionsOf subject: Subject, labels voxels: [Int32]) throws(PellucidError) {
    var known = Set(voxels)
    known.remove(0)
    let labels = subject.regions.isEmpty ? known.sorted() : subject.regions.filter { known.contains($0) }
    guard !labels.isEmpty else { throw .labelsOutside() }
    var places: [Int32: Int32] = [:]
    for (place, label) in labels.enumerated() { places[label] = Int32(place) }
    self.init(
      .regions, voxels.map { places[$0] ?? -1 }, labels: labels,
      outside: subject.regions.filter { !known.contains($0) },
      spatial: subject.image.shape.spatial)
  }

  /// Supervoxels of what the fill would change.
  init(_ supervoxels: Supervoxels, spatial: [Int]) {
    self.init(
      .supervoxels, supervoxels.assignment, labels: (0..<supervoxels.count).map { Int32($0 + 1) }, spatial: spatial)
  }

  /// The voxels of the features that are not there; nil where all are.
  func place(of coalition: Coalition) -> Perturbation.Place? {
    let absent = (0..<count).map { !coalition[$0] }
    guard absent.contains(true) else { return nil }
    var box = Box(lower: spatial, upper: [0, 0, 0])
    var size = 0
    for (feature, isAbsent) in absent.enumerated() where isAbsent {
      size += sizes[feature]
      for axis in 0..<3 {
        box.lower[axis] = min(box.lower[axis], boxes[feature].lower[axis])
        box.upper[axis] = max(box.upper[axis], boxes[feature].upper[axis])
      }
    }
    let features = assignment.span
    // How many offsets a voxel adds, by its feature + 1: without a branch, which would be guessed wrong at every border.
    let steps = [0] + absent.map { $0 ? 1 : 0 }
    let found = steps.span
    // One more, because an offset is written before it is known whether it stays.
    let offsets = unsafe [Int32](unsafeUninitializedCapacity: size + 1) { memory, count in
      for d in box.lower[0]..<box.upper[0] {
        for h in box.lower[1]..<box.upper[1] {
          let row = (d * spatial[1] + h) * spatial[2]
          for voxel in (row + box.lower[2])..<(row + box.upper[2]) {
            unsafe memory[count] = Int32(truncatingIfNeeded: voxel)
            count += found[Int(features[voxel]) + 1]
          }
        }
      }
    }
    return .voxels(offsets, within: box)
  }

  /// A map, [1, 1, D, H, W], in which every voxel has its feature's value.
  func map(_ values: [Double]) -> Tensor {
    Tensor(assignment.map { $0 < 0 ? 0 : Float(values[Int($0)]) }, shape: Shape([1, 1] + spatial))
  }

  /// A map, [1, 1, D, H, W], in which a feature's voxels share its value equally, so that the map sums to the sum of the values.
  func sharedMap(_ values: [Double]) -> Tensor { map(zip(values, sizes).map { $0 / Double($1) }) }
}

extension Box {
  /// Grows to hold a voxel.
  package mutating func include(_ d: Int, _ h: Int, _ w: Int) {
    if d < lower[0] { lower[0] = d }
    if h < lower[1] { lower[1] = h }
    if w < lower[2] { lower[2] = w }
    if d >= upper[0] { upper[0] = d + 1 }
    if h >= upper[1] { upper[1] = h + 1 }
    if w >= upper[2] { upper[2] = w + 1 }
  }
}
