internal import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
public import PellucidFigures
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes

/// Channels told apart by hue: each has a colour of its own, and a place has the colours of the channels that are active there.
///
///     colour(p) = max_k a_k(p) · Σ_k a_k(p)·h_k / Σ_k a_k(p)        a_k = max(A_k, 0) / max_p A_k,  h_k: K hues around the circle
///     with Grad-CAM's weights:  colour(p) = R(p)/R₉₉.₅ · Σ_k c_k(p)·h_k / Σ_k c_k(p)
///                               c_k = max(w_k·A_k, 0),  w_k = mean ∂s/∂A_k,  R = max(Σ_k w_k·A_k over all channels, 0),
///                               R₉₉.₅: the 99.5th percentile of what is above 0
///
/// Colours are mixed on the layer's own cells and brought to the scan as every map of values is. Where several channels are equally active
/// the mixture pales.
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391, for the weights.
public struct ChannelSeparation: Sendable {
  /// The channels with their hues, the strongest first.
  public let channels: [Int]
  /// Their colours.
  public let colours: [Colour]
  /// Of Grad-CAM's: each channel's weight; nil: none are in it.
  public let weights: [Double]?
  /// Red, green and blue on the scan's grid, 0…1.
  public let volume: Volume

  /// The separation of the strongest of some channels, by activation.
  /// - Parameter most: how many channels there are hues for.
  /// - Returns: nil where none of them is above 0 anywhere.
  public init?(of features: FeatureMaps, most: Int = 6, in subject: Explainer.Case) {
    let own = features.channels
    let positive = features.chosen.filter { own[$0].high > 0 }
    let order = ChannelChoice.strongestFirst(positive.map { own[$0].strength }).map { positive[$0] }
    let wanted = Array(order.prefix(most))
    guard !wanted.isEmpty, let mixer = CellMixer(features, wanted) else { return nil }
    channels = wanted
    colours = Self.hues(wanted.count)
    weights = nil
    let scales = wanted.map { 1 / own[$0].high }
    volume = mixer.mixed(colours, scales: scales, brightness: nil, subject)
  }

  /// The separation of the channels that Grad-CAM sums up, by what each adds to it.
  /// - Returns: nil where the layer lies behind the logits, or its map is 0 everywhere.
  public init?(
    camOf features: FeatureMaps, _ question: Question, most: Int = 6, in subject: Explainer.Case
  ) throws(PellucidError) {
    guard features.grid.axes != nil,
      let gradient = try Self.gradient(at: features.layer, question, subject)
    else { return nil }
    let all = features.grid.volume(of: gradient)
    let count = all.shape.count
    let means = (0..<all.channels).map { channel in
      all.voxels[(channel * count)..<((channel + 1) * count)].reduce(0.0) { $0 + Double($1) } / Double(count)
    }
    let maps = features.grid.volume(of: features.tensor)
    var map = [Float](repeating: 0, count: count)
    var shares = [Double](repeating: 0, count: means.count)
    for channel in means.indices where means[channel] != 0 {
      let weight = Float(means[channel])
      for cell in 0..<count {
        let part = weight * maps.voxels[channel * count + cell]
        map[cell] += part
        if part > 0 { shares[channel] += Double(part) }
      }
    }
    // The strongest cell of thousands would leave all others dark.
    let above = map.filter { $0 > 0 }.sorted()
    let peak = above.isEmpty ? 0 : above[Int(0.995 * Double(above.count - 1))]
    let wanted = Array(ChannelChoice.strongestFirst(shares).filter { shares[$0] > 0 }.prefix(most))
    guard peak > 0, !wanted.isEmpty, let mixer = CellMixer(features, wanted) else { return nil }
    channels = wanted
    colours = Self.hues(wanted.count)
    weights = wanted.map { means[$0] }
    volume = mixer.mixed(
      colours, scales: wanted.map { Float(means[$0]) }, brightness: map.map { min(1, max($0, 0) / peak) }, subject)
  }

  /// The gradient of the score at a layer, in the layer's shape.
  private static func gradient(
    at layer: LayerChoice, _ question: Question, _ subject: Explainer.Case
  ) throws(PellucidError) -> Tensor? {
    guard question.isOwnOutput, layer.value != subject.network.imported.input else { return nil }
    let network = try question.network.exposing([layer.value])
    guard network.graph.maker(of: layer.value) != nil else { return nil }
    let score = ScoreFunction(network: network, classes: question.classes, target: question.target, kind: .logit)
    let trace = try network.trace(subject.prepared.input, watching: [layer.value])
    return try trace.backward(score.outputGradient(at: trace.logits), to: [layer.value])[layer.value]
  }

  /// Hues around the circle, of even lightness as far as a screen has them.
  static func hues(_ count: Int) -> [Colour] {
    (0..<count).map { index in
      let place = 6 * Double(index) / Double(max(count, 1))
      func part(_ shift: Double) -> Double {
        let at = (place + shift).truncatingRemainder(dividingBy: 6)
        return max(0, min(1, abs(at - 3) - 1))
      }
      return Colour(red: part(0), green: part(4), blue: part(2))
    }
  }
}

/// Mixes colours on a layer's cells and brings them to the scan.
private struct CellMixer {
  private let maps: Volume
  private let grid: LayerGrid

  init?(_ features: FeatureMaps, _ channels: [Int]) {
    grid = features.grid
    maps = features.grid.volume(of: features.tensor, channels: channels)
  }

  /// - Parameters:
  ///   - scales: what each channel's values are multiplied with; what is then below 0 counts as 0.
  ///   - brightness: of each cell; nil: its strongest channel's.
  func mixed(
    _ colours: [Colour], scales: [Float], brightness: [Float]?, _ subject: Explainer.Case
  ) -> Volume {
    let shape = grid.shape
    let count = shape.count
    let hues = colours.map { SIMD3(Float($0.red), Float($0.green), Float($0.blue)) }
    var values = [Float](repeating: 0, count: 3 * count)
    let voxels = maps.voxels.span
    for cell in 0..<count {
      var (sum, mixed, strongest) = (Float(0), SIMD3<Float>.zero, Float(0))
      for (place, hue) in hues.enumerated() {
        let part = max(0, voxels[place * count + cell] * scales[place])
        sum += part
        mixed += part * hue
        strongest = max(strongest, part)
      }
      guard sum > 0 else { continue }
      let colour = mixed / sum * (brightness?[cell] ?? strongest)
      for channel in 0..<3 { values[channel * count + cell] = min(1, colour[channel]) }
    }
    // i, the fastest, is D: the tensor's axes run the other way round.
    let cells = Tensor(values, shape: Shape([1, 3, shape.k, shape.j, shape.i]))
    let turned = cells.withSpatialAxes([2, 1, 0])
    let onInput = turned.resampledLinearly(
      to: subject.prepared.path.tensorExtents, first: (0..<3).map { -grid.centre[$0] / grid.jump[$0] },
      step: (0..<3).map { 1 / grid.jump[$0] })
    return subject.prepared.path.back(onInput, extensive: false)
  }
}
