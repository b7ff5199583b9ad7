public import PellucidFaults
public import PellucidVolumes

/// Where a map is strong: voxels above a threshold that hang together, their peaks, sizes and regions.
public struct ClusterTable: Sendable {
  /// From which value on voxels belong to clusters.
  public enum Threshold: Sendable, Hashable {
    /// A value of the map.
    case value(Double)
    /// A percentile of |R| over the voxels that are neither 0 nor NaN, 0…100.
    case percentile(Double)
  }

  /// How clusters are made.
  public struct Options: Sendable, Hashable {
    /// Voxels above it (not equal to it) belong to clusters; a negative value without `isTwoSided`: those below it.
    public var threshold = Threshold.percentile(99)
    /// True: voxels below −threshold make clusters too, each sign its own.
    public var isTwoSided = false
    /// Which voxels hang together.
    public var connectivity = Connectivity.faces
    /// Smaller clusters are left out, mm³.
    public var minimumSize = 0.0
    /// At most so many further peaks a cluster.
    public var subpeaks = 3
    /// Peaks of a cluster that are as close as this to a stronger one are left out, mm.
    public var peakDistance = 8.0

    /// The defaults.
    public init() {}
  }

  /// A part of a cluster in a region.
  public struct Share: Sendable {
    /// The region; nil: outside of all regions.
    public var region: Region?
    /// The part of the cluster's voxels, 0…1.
    public var part: Double
  }

  /// A cluster.
  public struct Cluster: Sendable {
    /// Its voxels, by their place in the volume.
    package var places: [Int32]
    /// How many voxels it has.
    public var voxels: Int
    /// Their volume, mm³.
    public var volume: Double
    /// ΣR / voxels.
    public var mean: Double
    /// ΣR.
    public var sum: Double
    /// Its part of Σ|R| over the whole map; nil where that is 0.
    public var absoluteShare: Double?
    /// The mean place of its voxels, weighted with |R|, mm, RAS+.
    public var centreOfMass: WorldPoint
    /// Peaks, strongest first; at least one.
    public var peaks: [ClusterPeak]
    /// The regions it lies in, largest part first; empty without an atlas.
    public var shares: [Share]
  }

  /// Clusters, those above the threshold first, then those below; each by the strength of its peak.
  public let clusters: [Cluster]
  /// The value that the threshold came to; nil where a percentile was asked for and every voxel is 0.
  public let threshold: Double?
  /// The largest |R|.
  public let largest: Double
  /// Whether there was an atlas.
  public let hasRegions: Bool

  /// Finds the clusters of a map; several channels are added up first.
  ///
  /// - Parameters:
  ///   - relevance: the map.
  ///   - atlas: what regions are read off, by the nearest voxel in the world; nil: none.
  /// - Throws: `.usage` where an option is out of range; `.badData` where a voxel is not finite, the affine is singular, or no voxel
  ///   gets a label.
  /// - Accuracy: clusters, peaks and sizes are nilearn's (`get_clusters_table`, which cuts sizes to whole mm³ and numbers clusters by
  ///   lines of the table), means and centres numpy's in float64, regions those of nibabel's `resample_from_to(order=0)`.
  /// - Complexity: linear in the voxels.
  public init(of relevance: Volume, atlas: Atlas? = nil, options: Options = Options()) throws(PellucidError) {
    try options.check()
    let values = try relevance.channelSum()
    let affine = relevance.affine
    guard affine.inverse != nil else { throw .singularAffine(relevance.source) }
    let labels: [Int32]? =
      if let atlas { try atlas.labels(on: relevance.shape, affine: affine) } else { nil }
    var total = 0.0
    var largest: Float = 0
    for value in values {
      total += Double(abs(value))
      largest = max(largest, abs(value))
    }
    hasRegions = atlas != nil
    self.largest = Double(largest)
    threshold = options.threshold(of: values)
    guard let threshold else {
      clusters = []
      return
    }
    let regions = Dictionary(uniqueKeysWithValues: (atlas?.regions ?? []).map { ($0.index, $0) })
    let builder = ClusterBuilder(
      values: values, shape: relevance.shape, affine: affine, total: total, labels: labels, regions: regions,
      options: options)
    var found: [Cluster] = []
    for sign in threshold < 0 ? [-1.0] : options.isTwoSided ? [1.0, -1.0] : [1.0] {
      found += builder.clusters(sign: sign, above: abs(threshold))
    }
    clusters = found
  }
}

extension ClusterTable.Options {
  fileprivate func check() throws(PellucidError) {
    switch threshold {
    case .value(let value):
      guard value.isFinite else { throw .clusterOption("threshold", value, wants: "a number") }
      if value < 0, isTwoSided {
        throw .clusterOption("threshold", value, wants: "its magnitude where clusters of both signs are wanted")
      }
    case .percentile(let percent):
      guard percent >= 0, percent <= 100 else {
        throw .clusterOption("threshold", percent, wants: "a percentile from 0 to 100")
      }
    }
    guard minimumSize >= 0, minimumSize.isFinite else {
      throw .clusterOption("minimum size", minimumSize, wants: "a volume in mm³, 0 or above")
    }
    guard (0...1000).contains(subpeaks) else { throw .clusterOption("sub-peaks", Double(subpeaks), wants: "0 to 1000") }
    guard peakDistance >= 0, peakDistance.isFinite else {
      throw .clusterOption("peak distance", peakDistance, wants: "a length in mm, 0 or above")
    }
  }

  fileprivate func threshold(of values: [Float]) -> Double? {
    switch threshold {
    case .value(let value): return value
    case .percentile(let percent):
      return OrderStatistics(values, magnitudes: true, excludingZero: true).percentile(percent)
    }
  }
}

/// Makes the clusters of one sign.
private struct ClusterBuilder {
  let values: [Float]
  let shape: GridShape
  let affine: Affine
  let total: Double
  let labels: [Int32]?
  let regions: [Int32: Region]
  let options: ClusterTable.Options

  /// The clusters of `sign · R > threshold`, the one with the strongest peak first.
  func clusters(sign: Double, above threshold: Double) -> [ClusterTable.Cluster] {
    let size = abs(affine.determinant)
    let components = ConnectedComponents(on: shape, connectivity: options.connectivity) {
      sign * Double(values[$0]) > threshold
    }
    // A size that was given as a multiple of the voxel's keeps clusters of just that size.
    let kept = components.voxels.filter { Double($0.count) * size >= options.minimumSize * (1 - 1e-6) }
    return kept.map { cluster(of: $0, voxelVolume: size) }.enumerated()
      .sorted {
        let (a, b) = (abs($0.element.peaks[0].value), abs($1.element.peaks[0].value))
        return (b, $0.offset) < (a, $1.offset)
      }
      .map(\.element)
  }

  private func cluster(of places: [Int32], voxelVolume: Double) -> ClusterTable.Cluster {
    var strengths = [Int32: Double](minimumCapacity: places.count)
    var (sum, weight, x, y, z) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var counts: [Int32: Int] = [:]
    for place in places {
      let value = Double(values[Int(place)])
      let strength = abs(value)
      let point = affine.worldPoint(of: shape.voxel(at: Int(place)))
      strengths[place] = strength
      sum += value
      weight += strength
      x += strength * point.x
      y += strength * point.y
      z += strength * point.z
      if let labels { counts[labels[Int(place)], default: 0] += 1 }
    }
    let peaks = LocalMaxima(of: strengths, on: shape).peaks(apart: options.peakDistance, affine: affine)
    let shares = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { ClusterTable.Share(region: regions[$0.key], part: Double($0.value) / Double(places.count)) }
    return ClusterTable.Cluster(
      places: places, voxels: places.count, volume: Double(places.count) * voxelVolume,
      mean: sum / Double(places.count), sum: sum,
      absoluteShare: total > 0 ? weight / total : nil,
      centreOfMass: WorldPoint(x: x / weight, y: y / weight, z: z / weight),
      peaks: peaks.prefix(1 + options.subpeaks).map(peak), shares: shares)
  }

  private func peak(at voxel: VoxelIndex) -> ClusterPeak {
    let place = shape.offset(of: voxel)
    return ClusterPeak(
      value: Double(values[place]), voxel: voxel, point: affine.worldPoint(of: voxel),
      region: labels.flatMap { regions[$0[place]] })
  }
}
