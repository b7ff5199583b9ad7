internal import PellucidFaults
internal import PellucidVolumes

extension RegionTable {
  /// The table in which every voxel belongs to every region by its probability w there, 0…1.
  ///
  ///     voxels = #{w > 0}   volume = V·Σw   sum = Σw·R   mean = Σw·R / Σw   sd = √(Σw·(R − mean)² / Σw)   abs_sum = Σw·|R|
  ///
  /// V: a voxel's volume. Smallest and largest value are those where w > 0, the 95th percentile is that of the weighted values (numpy's
  /// `percentile(method="inverted_cdf", weights=w)`), the peak is where w·|R| is largest. Outside, w is what the regions leave of 1.
  /// Coverage is the part of Σw over the atlas's voxels that lies in the field of view. Probabilities are interpolated linearly; for a group
  /// of regions they are added up.
  /// - Throws: `.badData` where the atlas has no probabilities, or they and the volume lie apart; `.unsupported` under a displacement field.
  /// - Accuracy: 1e-5 (relative) of numpy's on nibabel's `resample_from_to(order=1)`.
  init(
    weighted values: [Float], on volume: Volume, _ atlas: Atlas, _ field: FieldOfView, _ scoreDrops: [Int32: Double]?
  ) throws(PellucidError) {
    guard let maps = atlas.image.probabilities else { throw .noProbabilities(atlas.name) }
    guard atlas.bend == nil else { throw .bentProbabilities(atlas.name) }
    let voxelVolume = abs(volume.affine.determinant)
    let total = values.reduce(0.0) { $0 + Double(abs($1)) }
    var left = [Float](repeating: 1, count: values.count)
    var rows: [Row] = []
    var any = false
    for region in atlas.regions {
      let members = (atlas.members[region.index] ?? [region.index]).filter { $0 >= 1 && Int($0) <= maps.maps.count }
      var row = Row(
        region: region, voxels: 0, volume: 0, coverage: nil, values: nil, scoreDrop: scoreDrops?[region.index])
      if !members.isEmpty {
        let map = maps.volume(of: members.map { Int($0) - 1 })
        let weights = map.resampled(onto: volume.shape, affine: volume.affine).voxels
        let weighted = WeightedValues(values, weights, on: volume, total: total)
        for place in weighted.places { left[place] = max(0, left[place] - weights[place]) }
        any = any || !weighted.places.isEmpty
        row.voxels = weighted.places.count
        row.volume = weighted.weight * voxelVolume
        row.values = weighted.values
        row.coverage = field.part(of: map)
      }
      rows.append(row)
    }
    guard any else {
      throw .noOverlap(
        maps.source, atlas: WorldBox(shape: maps.shape, affine: maps.affine).text,
        grid: WorldBox(shape: volume.shape, affine: volume.affine).text)
    }
    let rest = WeightedValues(values, left, on: volume, total: total)
    let outside = Row(
      region: nil, voxels: rest.places.count, volume: rest.weight * voxelVolume, coverage: nil, values: rest.values)
    self.init(regions: rows, outside: outside, absoluteSum: total, atlas: atlas, hasScoreDrops: scoreDrops != nil)
  }
}

/// The numbers of values under weights.
private struct WeightedValues {
  /// The voxels with a weight above 0.
  let places: [Int]
  /// Σw.
  let weight: Double
  /// Nil without such voxels.
  let values: RegionValues?

  init(_ all: [Float], _ weights: [Float], on volume: Volume, total: Double) {
    let places = weights.indices.filter { weights[$0] > 0 }
    self.places = places
    var weight = 0.0
    var (positive, negative) = (0.0, 0.0)
    var (low, high) = (Float.infinity, -Float.infinity)
    var peak = (size: -1.0, place: 0)
    for place in places {
      let (w, value) = (Double(weights[place]), all[place])
      weight += w
      if value > 0 { positive += w * Double(value) } else { negative += w * Double(value) }
      low = min(low, value)
      high = max(high, value)
      let size = w * Double(abs(value))
      if size > peak.size { peak = (size, place) }
    }
    self.weight = weight
    guard weight > 0 else {
      values = nil
      return
    }
    let mean = (positive + negative) / weight
    var squares = 0.0
    for place in places {
      let difference = Double(all[place]) - mean
      squares += Double(weights[place]) * difference * difference
    }
    let voxel = volume.shape.voxel(at: peak.place)
    values = RegionValues(
      sum: positive + negative, mean: mean, standardDeviation: (squares / weight).squareRoot(),
      absoluteSum: positive - negative, absoluteShare: total > 0 ? (positive - negative) / total : nil,
      positiveSum: positive, negativeSum: negative, minimum: Double(low), maximum: Double(high),
      percentile95: Self.percentile95(places.map { (all[$0], weights[$0]) }, weight),
      peak: Double(all[peak.place]), peakVoxel: voxel, peakPoint: volume.affine.worldPoint(of: voxel))
  }

  /// The least value up to which 95 % of the weight lies.
  private static func percentile95(_ pairs: [(value: Float, weight: Float)], _ weight: Double) -> Double {
    var sum = 0.0
    for pair in pairs.sorted(by: { $0.value < $1.value }) {
      sum += Double(pair.weight)
      if sum >= 0.95 * weight { return Double(pair.value) }
    }
    return Double(pairs.map(\.value).max() ?? 0)
  }
}

extension ProbabilityMaps {
  /// The probabilities of some regions, added up, as a volume; at most 1.
  fileprivate func volume(of places: [Int]) -> Volume {
    var voxels = [Float](repeating: 0, count: shape.count)
    for place in places {
      for (offset, value) in zip(maps[place].offsets, maps[place].values) { voxels[Int(offset)] += value * unit }
    }
    if places.count > 1 { for index in voxels.indices { voxels[index] = min(1, voxels[index]) } }
    return Volume(shape: shape, voxels: voxels, affine: affine, source: source)
  }
}

extension FieldOfView {
  /// The part of a volume's sum that lies inside; nil where the sum is 0.
  fileprivate func part(of volume: Volume) -> Double? {
    guard let walk = GridWalk(over: volume.shape, affine: volume.affine, into: shape, affine: affine) else {
      return nil
    }
    var (inside, all) = (0.0, 0.0)
    for k in 0..<volume.shape.k {
      for j in 0..<volume.shape.j {
        let base = volume.shape.i * (j + volume.shape.j * k)
        for i in walk.row(j: j, k: k).inside { inside += Double(volume.voxels[base + i]) }
        for i in 0..<volume.shape.i { all += Double(volume.voxels[base + i]) }
      }
    }
    return all > 0 ? inside / all : nil
  }
}
