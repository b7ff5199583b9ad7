internal import PellucidVolumes

/// How relevance becomes colour and opacity.
///
///     place   = ½ + ½·r/reach (signed)  or  (|r| − least)/(reach − least) (one sign), cut to 0…1
///     opacity = alpha · min(1, 2·|r|/reach), 0 below the threshold
///
/// `reach` is the end of the scale on r's side. Opacity that grows with |r|, to its full value at half the reach, keeps weak values
/// visible as weak instead of hiding them behind a sharp threshold, and the anatomy with them; the stronger half shows its colours
/// undisturbed (Allen et al. 2012, doi:10.1016/j.neuron.2012.05.001; Taylor et al. 2023, doi:10.1016/j.neuroimage.2023.120138).
package struct OverlayScale: Sendable {
  /// Why a map has nothing to show.
  package enum Emptiness: Sendable { case allZero, noFiniteValues }

  /// Its colours.
  package let map: ColourMap
  /// The values at the lower and the upper end of the colour bar.
  package let low, high: Float
  /// Magnitudes below it are not drawn.
  let threshold: Float
  /// Opacity of strong relevance.
  let alpha: Float
  /// The largest magnitude in the map.
  let largest: Float
  /// True where values that are drawn lie beyond the ends.
  package let exceeds: (below: Bool, above: Bool)
  /// True where there are values of the sign that is not drawn.
  package let hidesSign: Bool
  /// nil: there is something to show.
  package var emptiness: Emptiness?

  private let table: [SIMD3<Float>]

  /// True: values of both signs are drawn.
  package var signed: Bool { low < 0 && high > 0 }
  /// The end of the colour bar farther from 0, > 0.
  package var limit: Float { max(high, -low) }

  /// The scale of maps that share it.
  package init(of maps: [[Float]], options: MontageOptions) {
    let voxels = maps.count == 1 ? maps[0] : maps.flatMap { $0 }
    let magnitudes = OrderStatistics(voxels, magnitudes: true, excludingZero: true)
    let sums = ValueSums(voxels)
    let (minimum, maximum) = (min(0, sums.minimum), max(0, sums.maximum))
    emptiness = magnitudes.count > 0 ? nil : sums.finite > 0 ? .allZero : .noFiniteValues
    let wantsBoth =
      switch options.sign {
      case .signed: true
      case .unsigned: false
      case .automatic: -sums.negative > 0.01 * (sums.positive - sums.negative)
      }
    largest = max(maximum, -minimum)
    if let range = options.range {
      (low, high) = (Float(range.lowerBound), Float(range.upperBound))
    } else {
      let percentile = magnitudes.percentile(options.limitPercentile).map { Float($0) } ?? 1
      let wanted = options.limit.map { Float($0) } ?? percentile
      high = wanted > 0 && wanted.isFinite ? wanted : 1
      low = wantsBoth ? -high : 0
    }
    threshold = options.threshold > 0 ? Float(magnitudes.percentile(options.threshold) ?? 0) : 0
    alpha = Float(options.alpha)
    let slack = 1e-4 * max(high, -low)
    exceeds = (
      below: low < 0 ? minimum < low - slack : low > 0 && minimum < low - slack && maximum > 0,
      above: high > 0 ? maximum > high + slack : high < 0 && maximum > high + slack && minimum < 0
    )
    hidesSign = low >= 0 && minimum < 0 || high <= 0 && maximum > 0
    map = options.colourMap ?? (low < 0 && high > 0 ? .signedDefault : .unsignedDefault)
    table = map.table.map { SIMD3(Float($0.red), Float($0.green), Float($0.blue)) }
  }

  /// Why a map has nothing to show; nil: it has.
  static func emptiness(of voxels: [Float]) -> Emptiness? {
    var anyFinite = false
    for value in voxels where value.isFinite {
      if value != 0 { return nil }
      anyFinite = true
    }
    return anyFinite ? .allZero : .noFiniteValues
  }

  /// The end of the scale on a value's side.
  private func reach(_ value: Float) -> Float { value < 0 ? -low : high }

  /// The colour of a value, each part 0…1.
  package func colour(_ value: Float) -> SIMD3<Float> {
    let place: Float
    if signed {
      place = 0.5 + 0.5 * value / reach(value)
    } else {
      // Of values below 0 the strongest, too, has the colour of the scale's end.
      let (least, most) = low >= 0 ? (low, high) : (-high, -low)
      place = (value.magnitude - least) / (most - least)
    }
    return table[Int(min(255, max(0, place * 256)))]
  }

  /// Whether anything of a value is drawn.
  @inline(__always)
  func draws(_ value: Float) -> Bool {
    value.isFinite && value != 0 && value.magnitude >= threshold && (value < 0 ? low < 0 : high > 0) && alpha > 0
  }

  /// How much of that colour covers the anatomy, 0…alpha.
  package func opacity(_ value: Float) -> Float {
    guard draws(value) else { return 0 }
    return alpha * min(1, 2 * value.magnitude / reach(value))
  }
}

extension OverlayScale {
  /// How much of a value's colour covers the white page beside the head: weak relevance, which hardly shows on a black page, would be a
  /// haze on a white one; opacity begins at half the reach.
  package func opacityInAir(_ value: Float) -> Float {
    let opacity = opacity(value)
    guard opacity > 0 else { return 0 }
    return opacity * min(1, max(0, 2 * value.magnitude / (value < 0 ? -low : high) - 1))
  }
}
