internal import PellucidAttribution
internal import PellucidFaithfulness
internal import PellucidVolumes

/// What may happen to a scan between the head and the network, by strength.
public enum Disturbance: String, Sendable, CaseIterable {
  /// Normal noise, sd a part of the scan's range.
  case noise
  /// The noise of magnitude images: √((v + n₁)² + n₂²), sd a part of the range.
  case rician
  /// A Gaussian of so many mm (sd).
  case blur
  /// A smooth field that multiplies: exp(s·b), b of mean 0 and sd 1 over the grid.
  case biasField = "bias-field"
  /// Contrast: the range's part to the power.
  case gamma
  /// To the right, mm.
  case shift
  /// About the world's vertical axis through the grid's centre, degrees.
  case rotation
  /// A ghost of so much of the signal, half the grid away along the scan's second axis.
  case ghosting
  /// Voxels so many times as large, brought back by trilinear interpolation.
  case downsampling

  /// The strengths that are tried.
  public var strengths: [Double] {
    switch self {
    case .noise, .rician: [0.02, 0.05, 0.1]
    case .blur: [1, 2, 4]
    case .biasField: [0.05, 0.1, 0.2]
    case .gamma: [0.7, 0.85, 1.2, 1.5]
    case .shift: [1, 3, 6]
    case .rotation: [2, 5, 10]
    case .ghosting: [0.05, 0.1, 0.2]
    case .downsampling: [2, 3]
    }
  }

  /// Whether another seed makes another scan.
  public var isRandom: Bool { self == .noise || self == .rician || self == .biasField }

  /// The map of the scan's world that moves the head; nil where nothing moves.
  func motion(_ strength: Double, of volume: Volume) -> Affine? {
    var motion = Affine.identity
    switch self {
    case .shift: motion[0, 3] = strength
    case .rotation:
      let extents = volume.shape.extents.map { Double($0 - 1) / 2 }
      let centre = volume.affine.worldPoint(i: extents[0], j: extents[1], k: extents[2])
      let (c, s) = Rotation.of(degrees: strength)
      (motion[0, 0], motion[0, 1], motion[1, 0], motion[1, 1]) = (c, -s, s, c)
      motion[0, 3] = centre.x - c * centre.x + s * centre.y
      motion[1, 3] = centre.y - s * centre.x - c * centre.y
    default: return nil
    }
    return motion
  }

  /// The volume disturbed; what was 0 around the head stays it where the disturbance would only fill the air.
  func applied(to volume: Volume, _ strength: Double, seed: Int) -> Volume {
    var out = volume
    let range = Self.range(of: volume)
    let span = Float(range.upperBound - range.lowerBound)
    switch self {
    case .noise, .rician:
      var numbers = NormalDraws(seed: seed)
      for place in out.voxels.indices where out.voxels[place] != 0 {
        let deviation = Float(strength) * span
        let value = out.voxels[place] + deviation * Float(numbers.next())
        if self == .noise {
          out.voxels[place] = value
        } else {
          let other = deviation * Float(numbers.next())
          out.voxels[place] = (value * value + other * other).squareRoot()
        }
      }
    case .blur: return volume.smoothed(sigma: volume.affine.voxelSizes.map { strength / $0 })
    case .biasField:
      let field = SmoothField(volume.shape, seed: seed)
      for place in out.voxels.indices {
        out.voxels[place] *= Float(Rotation.exponential(strength * Double(field.values[place % volume.shape.count])))
      }
    case .gamma:
      for place in out.voxels.indices where out.voxels[place] != 0 {
        let part = min(1, max(0, (out.voxels[place] - Float(range.lowerBound)) / max(span, .leastNormalMagnitude)))
        out.voxels[place] = Float(range.lowerBound) + span * Float(Rotation.power(Double(part), strength))
      }
    case .shift, .rotation:
      guard let motion = motion(strength, of: volume), let back = motion.inverse else { return volume }
      return moved(volume, by: back)
    case .ghosting:
      let (shape, half) = (volume.shape, volume.shape.j / 2)
      for place in out.voxels.indices {
        let j = place / shape.i % shape.j
        let other = place + ((j + half) % shape.j - j) * shape.i
        out.voxels[place] = Float(1 - strength) * volume.voxels[place] + Float(strength) * volume.voxels[other]
      }
    case .downsampling:
      let coarse = GridShape(
        i: max(1, Int(Double(volume.shape.i) / strength)), j: max(1, Int(Double(volume.shape.j) / strength)),
        k: max(1, Int(Double(volume.shape.k) / strength)))
      var affine = volume.affine
      for row in 0..<3 {
        for column in 0..<3 {
          affine[row, column] *= strength
          affine[row, 3] += volume.affine[row, column] * (strength - 1) / 2
        }
      }
      let small = volume.resampled(onto: coarse, affine: affine, antialias: true)
      return kept(small.resampled(onto: volume.shape, affine: volume.affine), of: volume)
    }
    return out
  }

  /// A volume whose value at p is the volume's at `back`(p).
  func moved(_ volume: Volume, by back: Affine) -> Volume {
    kept(volume.resampled(onto: volume.shape, affine: back.composed(with: volume.affine)), of: volume)
  }

  /// The same voxels with the place and the history of another volume.
  private func kept(_ other: Volume, of volume: Volume) -> Volume {
    var out = volume
    out.voxels = other.voxels
    return out
  }

  /// From the 1st to the 99th percentile of what is not 0.
  private static func range(of volume: Volume) -> ClosedRange<Double> {
    let values = volume.voxels.filter { $0 != 0 }.sorted()
    guard let first = values.first else { return 0...0 }
    let (low, high) = (values[values.count / 100], values[values.count * 99 / 100])
    return high > low ? Double(low)...Double(high) : Double(first)...Double(first)
  }
}

/// A smooth random field of mean 0 and sd 1: 5³ random values, trilinear between them, as the sample cohort's.
private struct SmoothField {
  let values: [Float]

  init(_ shape: GridShape, seed: Int) {
    var numbers = NormalDraws(seed: seed)
    let coarse = Volume(
      shape: GridShape(i: 5, j: 5, k: 5), voxels: (0..<125).map { _ in Float(numbers.next()) }, affine: .identity)
    var affine = Affine.identity
    for (axis, extent) in shape.extents.enumerated() { affine[axis, axis] = 4 / Double(max(1, extent - 1)) }
    let fine = coarse.resampled(onto: shape, affine: affine).voxels
    let mean = fine.reduce(0.0) { $0 + Double($1) } / Double(fine.count)
    let square = fine.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(fine.count)
    let deviation = square > 0 ? square.squareRoot() : 1
    values = fine.map { Float((Double($0) - mean) / deviation) }
  }
}
