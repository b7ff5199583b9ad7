internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// Where a resampling reads: how an output's place becomes a place of the input, and what is read between two inputs.
struct ResizeRule: Sendable {
  private enum Mode { case nearest, linear, cubic }

  private let mode: Mode
  /// ONNX's coordinate_transformation_mode and nearest_mode.
  private let places: String
  private let rounding: String
  private static let old = "up where shrinking"
  private let cubic: Double
  /// Whether a coarser grid averages all inputs that it steps over.
  private let antialias: Bool
  /// Whether inputs outside weigh nothing, instead of standing for the border's.
  private let excludesOutside: Bool

  /// - Parameter isOld: whether it is Upsample, or Resize of opset 10, which read at output / scale.
  init(_ node: OperatorContext, isOld: Bool) throws(PellucidError) {
    switch try node.node.string("mode", default: "nearest") {
    case "nearest": mode = .nearest
    case "linear", "bilinear", "trilinear": mode = .linear
    case "cubic": mode = .cubic
    case let other: throw .form(node.node, "its mode is \(other)", wanted: "nearest, linear or cubic")
    }
    places = isOld ? "asymmetric" : try node.node.string("coordinate_transformation_mode", default: "half_pixel")
    let known = [
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn",
    ]
    guard known.contains(places) else {
      throw .form(node.node, "its coordinate_transformation_mode is \(places)", wanted: known.joined(separator: ", "))
    }
    // Before there was a nearest_mode, ONNX Runtime rounds up where it shrinks an axis and down elsewhere (its SIMPLE mode).
    rounding = isOld ? Self.old : try node.node.string("nearest_mode", default: "round_prefer_floor")
    guard [Self.old, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].contains(rounding) else {
      throw .malformed(node.node, "nearest_mode is \(rounding)")
    }
    cubic = Double(try node.node.float("cubic_coeff_a", default: -0.75))
    antialias = try node.node.flag("antialias", default: false)
    excludesOutside = try node.node.flag("exclude_outside", default: false)
  }

  /// The weights of the inputs in each output, [count, extent].
  func matrix(from extent: Int, to count: Int, scale: Double) -> Tensor {
    var weights = Array(repeating: Float(0), count: count * extent)
    for output in 0..<count {
      let place = place(of: output, extent: extent, count: count, scale: scale)
      var taps = taps(at: place, scale: antialias ? min(scale, 1) : 1, shrinks: scale < 1)
      if excludesOutside {
        taps.removeAll { !(0..<extent).contains($0.input) }
        let sum = taps.reduce(0) { $0 + $1.weight }
        taps = taps.map { ($0.input, $0.weight / sum) }
      }
      for (input, weight) in taps { weights[output * extent + min(max(input, 0), extent - 1)] += Float(weight) }
    }
    return Tensor(weights, shape: Shape([count, extent]))
  }

  /// Where an output reads, in places of the input.
  func place(of output: Int, extent: Int, count: Int, scale: Double) -> Double {
    if mode == .nearest {
      return Double(place(of: Float(output), extent: Float(extent), count: Float(count), scale: Float(scale)))
    }
    return place(of: Double(output), extent: Double(extent), count: Double(count), scale: scale)
  }

  /// In the precision of the number that places are worked out in.
  ///
  /// Linear and cubic weights change with the place smoothly, and are worked out in double. The nearest input does not: ONNX Runtime
  /// and PyTorch work its place out in float32, and decimal scales such as 1.2 put many places within a rounding of a boundary.
  private func place<Number: BinaryFloatingPoint>(of o: Number, extent: Number, count: Number, scale: Number) -> Number
  {
    let half: Number = 0.5
    switch places {
    case "asymmetric": return o / scale
    case "align_corners":
      if count == 1 { return 0 }
      return mode == .nearest ? o * (extent - 1) / (count - 1) : o * (extent - 1) / (scale * extent - 1)
    case "pytorch_half_pixel": return count == 1 ? 0 : (o + half) / scale - half
    case "tf_half_pixel_for_nn": return (o + half) / scale
    case "half_pixel_symmetric":
      // Centred where the scaled extent is not whole.
      let adjustment = count / (scale * extent)
      return extent / 2 * (1 - adjustment) + (o + half) / scale - half
    default: return (o + half) / scale - half
    }
  }

  /// The inputs that are read at a place, with their weights; ones outside stand for the border's.
  ///
  /// - Parameter scale: less than 1 widens the kernel so that it averages what lies between two outputs.
  private func taps(at place: Double, scale: Double, shrinks: Bool) -> [(input: Int, weight: Double)] {
    let radius: Double
    switch mode {
    case .nearest:
      // As ONNX Runtime has it, what is within a millionth of half way is half way.
      let low = Int(place.rounded(.down))
      let isHalfWay = abs(place - Double(low) - 0.5) < 1e-6
      let input =
        switch rounding {
        case "floor": low
        case Self.old: shrinks ? Int(place.rounded(.up)) : low
        case "ceil": Int(place.rounded(.up))
        case "round_prefer_ceil" where isHalfWay: low + 1
        case _ where isHalfWay: low
        default: Int(place.rounded(.toNearestOrAwayFromZero))
        }
      return [(input, 1)]
    case .linear: radius = 1
    case .cubic: radius = 2
    }
    let low = Int(place.rounded(.down))
    let first = Int((-radius / scale).rounded(.down)) + 1
    let all = (first...(1 - first)).map { (input: low + $0, weight: weight(at: (place - Double(low + $0)) * scale)) }
    let sum = scale < 1 ? all.reduce(0) { $0 + $1.weight } : 1
    return all.map { ($0.input, $0.weight / sum) }
  }

  /// The kernel at a distance in outputs of the coarser grid; cubic: Keys 1981, with a as given.
  private func weight(at distance: Double) -> Double {
    let (d, a) = (abs(distance), cubic)
    if mode == .linear { return max(0, 1 - d) }
    if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
}
