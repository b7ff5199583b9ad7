/// How relevance becomes colour and opacity.
///
///     place   = ½ + ½·r/limit (signed)  or  r/limit (unsigned), cut to 0…1
///     opacity = alpha · min(1, 2·|r|/limit), 0 below the threshold
///
/// Opacity that grows with |r|, to its full value at half the limit, keeps weak values visible as weak instead of hiding them behind
/// a sharp threshold, and the anatomy with them; the stronger half shows its colours undisturbed (Allen et al. 2012, doi:10.1016/j.neuron.2012.05.001; Taylor et al. 2023, doi:10.1016/j.neuroimage.2023.120138).
struct OverlayScale: Sendable {
  /// Why a map has nothing to show.
  enum Emptiness: Sendable { case allZero, noFiniteValues }

  let map: ColourMap
  /// True: from −limit to limit; false: from 0 to limit.
  let signed: Bool
  /// The value at the end of the colour bar, > 0.
  let limit: Float
  /// Magnitudes below it are not drawn.
  let threshold: Float
  /// Opacity at the limit.
  let alpha: Float
  /// The largest magnitude in the map.
  let largest: Float
  /// True where values of the sign lie beyond the limit.
  let exceeds: (below: Bool, above: Bool)
  /// nil: there is something to show.
  let emptiness: Emptiness?

  private let table: [SIMD3<Float>]

  /// The scale of maps that share it.
  init(of maps: [[Float]], options: MontageOptions) {
    let voxels = maps.count == 1 ? maps[0] : maps.flatMap { $0 }
    let magnitudes = OrderStatistics(voxels, magnitudes: true, excludingZero: true)
    var (positive, negative): (Double, Double) = (0, 0)
    var (minimum, maximum): (Float, Float) = (0, 0)
    var anyFinite = false
    let span = voxels.span
    for index in span.indices {
      let value = span[index]
      guard value.isFinite else { continue }
      anyFinite = true
      if value > 0 { positive += Double(value) } else { negative -= Double(value) }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
    }
    emptiness = magnitudes.count > 0 ? nil : anyFinite ? .allZero : .noFiniteValues
    signed =
      switch options.sign {
      case .signed: true
      case .unsigned: false
      case .automatic: negative > 0.01 * (positive + negative)
      }
    largest = max(maximum, -minimum)
    let percentile = magnitudes.percentile(options.limitPercentile) ?? 1
    let wanted = options.limit.map { Float($0) } ?? percentile
    limit = wanted > 0 && wanted.isFinite ? wanted : 1
    threshold = options.threshold > 0 ? magnitudes.percentile(options.threshold) ?? 0 : 0
    alpha = Float(options.alpha)
    exceeds = (below: -minimum > limit * 1.0001, above: maximum > limit * 1.0001)
    map = options.colourMap ?? (signed ? .signedDefault : .unsignedDefault)
    table = map.table.map { SIMD3(Float($0.red), Float($0.green), Float($0.blue)) }
  }

  /// The colour of a value, each part 0…1.
  func colour(_ value: Float) -> SIMD3<Float> {
    let place = signed ? 0.5 + 0.5 * value / limit : value / limit
    return table[Int(min(255, max(0, place * 256)))]
  }

  /// How much of that colour covers the anatomy, 0…alpha.
  func opacity(_ value: Float) -> Float {
    guard value.isFinite, value != 0, value.magnitude >= threshold, signed || value > 0 else { return 0 }
    return alpha * min(1, 2 * value.magnitude / limit)
  }
}
