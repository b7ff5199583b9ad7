public import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors

/// Feature inversion: an image of which a layer knows what it knows of the scan.
///
///     E(x) = ‖Φ(x) − Φ₀‖² / ‖Φ₀‖² + (λ_α / n·B^α)·Σ|x − c|^α + (λ_V / n·V^β)·Σ_v (Σ_axes (x_{v+1} − x_v)²)^{β/2}
///
/// c is the mean of the scan's input, B the largest distance from it, V = B/6.5, n the number of values. Without the last two terms, E is
/// the relative error that is reported.
/// - Source: Mahendran & Vedaldi 2015, arXiv:1412.0035, there in 2D; the norms' units are those of the same authors' 2016,
///   doi:10.1007/s11263-016-0911-8.
public struct Inversion: Sendable {
  /// How it is done.
  public struct Settings: Sendable, Hashable {
    /// Steps [200].
    public var steps = 200
    /// How far a step goes, as part of B [0.02].
    public var rate: Float = 0.02
    /// The rule of a step [adam].
    public var optimizer = AscentSettings.Optimizer.adam
    /// How much of the last step goes on, 0…1, of the rule `momentum` [0.9].
    public var momentum: Float = 0.9
    /// The power of the norm, at least 1 [6].
    public var alpha: Float = 6
    /// The power of the total variation, at least 1 [2].
    public var beta: Float = 2
    /// λ_α [0.01].
    public var weightAlpha = 0.01
    /// λ_V [0.01].
    public var weightBeta = 0.01
    /// Deviation of the noise that it begins with, as part of B [0.01].
    public var noise: Float = 0.01
    /// Seed of that noise [0].
    public var seed = 0

    /// The defaults.
    public init() {}
  }

  /// An image that was rebuilt.
  public struct Found: Sendable {
    /// The image, [1, C, D, H, W], row-major, in units of the network's input.
    public let image: Tensor
    /// The relative error ‖Φ(x) − Φ₀‖²/‖Φ₀‖² before each step, and at the end that of ``image``.
    public let course: [Double]
    /// Pearson's correlation of the image with the scan's, over all values.
    public let correlation: Double

    /// The relative error of the image.
    public var error: Double { course.last ?? .nan }
  }

  /// The value of the objective and its parts.
  package struct Objective: Sendable {
    /// ‖Φ(x) − Φ₀‖²/‖Φ₀‖².
    package var error: Double
    /// With both norms.
    package var total: Double
    /// ∂E/∂x, row-major.
    package var gradient: Tensor
  }

  /// The layer's name.
  public let layer: String
  /// The channel; nil: all.
  public let channel: Int?
  /// The settings.
  public let settings: Settings
  /// How many values count.
  public let values: Int
  private let network: Network
  private let scan: Tensor
  /// Φ₀; where one channel alone counts, 0 in all others.
  private let target: Tensor
  /// 1 where values count; nil: everywhere.
  private let mask: Tensor?
  private let norm: Double
  private let prior: Tensor.NaturalPrior
  private let reach: Float

  /// An inversion of a layer.
  ///
  /// - Parameters:
  ///   - layer: a value of ``Network/imported``.
  ///   - channel: the only channel that counts; nil: all.
  ///   - scan: the network's input, [1, C, D, H, W].
  /// - Throws: `.usage` for a setting out of bounds or a channel that is not there; `.badData` where the layer answers the scan with zeros.
  public init(
    _ layer: ValueID, channel: Int? = nil, of scan: Tensor, in network: Network, settings: Settings = Settings()
  ) throws(PellucidError) {
    try settings.check()
    self.settings = settings
    self.layer = network.imported.values[layer.index].name
    self.channel = channel
    self.scan = scan.ordered(.rowMajor)
    let shape = network.imported.shape(of: layer)
    if let channel {
      let count = shape.rank < 2 ? 1 : shape[shape.channelAxis]
      values = shape.count / count
      guard (0..<count).contains(channel) else { throw .noChannel(channel, of: self.layer, count: count) }
      mask = Self.mask(channel, shape)
    } else {
      values = shape.count
      mask = nil
    }
    self.network = try network.ending(at: layer)
    let answer = try self.network.logits(self.scan)
    target = mask.map { answer.combined(.multiply, with: $0) } ?? answer
    norm = target.dot(target)
    guard norm > 0 else { throw .nothingToInvert(self.layer, channel: channel) }
    let mean = Float(self.scan.sum / Double(max(1, self.scan.count)))
    let range = self.scan.range
    reach = max(range.upperBound - mean, mean - range.lowerBound, .leastNormalMagnitude)
    func power(_ x: Double, _ exponent: Float) -> Double { raise(x, Double(exponent)) }
    let count = Double(max(1, self.scan.count))
    prior = Tensor.NaturalPrior(
      centre: mean, alpha: settings.alpha, beta: settings.beta,
      weightAlpha: Float(settings.weightAlpha / (count * power(Double(reach), settings.alpha))),
      weightBeta: Float(settings.weightBeta / (count * power(Double(reach) / 6.5, settings.beta))))
  }

  private static func mask(_ channel: Int, _ shape: Shape) -> Tensor {
    guard shape.rank >= 2 else { return Tensor(repeating: 1, shape: Shape([1, shape.count]), order: .rowMajor) }
    let axis = shape.channelAxis
    var extents = Array(repeating: 1, count: shape.rank)
    extents[axis] = shape[axis]
    let row = Tensor((0..<shape[axis]).map { $0 == channel ? Float(1) : 0 }, shape: Shape(extents))
    return Tensor(repeating: 0, shape: shape, order: .rowMajor).combined(.add, with: row).ordered(.rowMajor)
      .reinterpreted(as: Shape([1, shape.count]), order: .rowMajor)
  }

  /// What the ascent begins with: the scan's mean and noise.
  package var start: Tensor {
    let flat = Tensor(repeating: prior.centre, shape: scan.shape, order: .rowMajor)
    guard settings.noise > 0 else { return flat }
    return flat.withNoise(deviation: settings.noise * reach, seed: UInt64(settings.seed), stream: 0)
  }

  /// ‖Φ(x) − Φ₀‖²/‖Φ₀‖² of an image.
  public func error(of image: Tensor) throws(PellucidError) -> Double {
    let answer = try network.logits(image)
    return (mask.map { answer.combined(.multiply, with: $0) } ?? answer).squaredDistance(to: target) / norm
  }

  /// The objective at an image [1, C, D, H, W], row-major.
  package func objective(at x: Tensor) throws(PellucidError) -> Objective {
    let trace = try network.trace(x)
    var upstream = trace.logits.combined(.subtract, with: target)
    if let mask { upstream = upstream.combined(.multiply, with: mask) }
    let error = upstream.dot(upstream) / norm
    let input = network.graph.input
    var gradient =
      try trace.backward(upstream.scaled(by: Float(2 / norm)), to: [input])[input]?.ordered(.rowMajor)
      ?? Tensor(repeating: 0, shape: x.shape, order: .rowMajor)
    var scratch = Tensor(repeating: 0, shape: x.shape, order: .rowMajor)
    let sums = x.addSlope(of: prior, to: &gradient, scratch: &scratch)
    let total =
      error + Double(prior.weightAlpha) * sums.norm + Double(prior.weightBeta) * sums.variation
    return Objective(error: error, total: total, gradient: gradient)
  }

  /// Rebuilds the image.
  /// - Throws: `.numeric` where a value is not finite.
  public func run(progress: any ProgressObserver = SilentProgress()) throws(PellucidError) -> Found {
    var x = start
    var velocity = Tensor(repeating: 0, shape: x.shape, order: .rowMajor)
    var moments = Tensor.AdamMoments(like: x)
    var unit: Float?
    var course: [Double] = []
    for step in 0..<settings.steps {
      try progress.check()
      progress.advanced(to: step, of: settings.steps)
      let here = try objective(at: x)
      course.append(here.error)
      let down = here.gradient.scaled(by: -1)
      switch settings.optimizer {
      case .adam: x.climb(down.inUnits(&unit), rate: settings.rate * reach, moments: &moments)
      case .momentum:
        // The gradient's largest magnitude is a step: its own size depends on the number of voxels.
        let range = down.range
        let size = max(-range.lowerBound, range.upperBound, .leastNormalMagnitude)
        x.climb(down, rate: settings.rate * reach / size, momentum: settings.momentum, velocity: &velocity)
      }
    }
    progress.advanced(to: settings.steps, of: settings.steps)
    course.append(try error(of: x))
    return Found(image: x, course: course, correlation: x.correlation(with: scan))
  }

  /// The layer's answer sent back through the transposed network, ReLUs and pools switched as the scan switched them.
  ///
  /// It is the linear part of what can be rebuilt, in one pass: [1, C, D, H, W], row-major, in units of its own.
  public func linearReconstruction() throws(PellucidError) -> Tensor { try sentBack { _ in nil } }

  /// The same through ReLUs that let positive signals pass whatever the scan switched: the deconvnet of the layer, or of the channel.
  /// - Source: Zeiler & Fergus 2014, arXiv:1311.2901.
  public func deconvnet() throws(PellucidError) -> Tensor { try sentBack(Deconvnet.rule(of:)) }

  private func sentBack(_ rule: (Node) -> (any BackwardRule)?) throws(PellucidError) -> Tensor {
    let trace = try network.trace(scan) { rule($0) }
    let input = network.graph.input
    return try trace.backward(target, to: [input])[input]?.ordered(.rowMajor)
      ?? Tensor(repeating: 0, shape: scan.shape, order: .rowMajor)
  }
}

extension Inversion.Settings {
  func check() throws(PellucidError) {
    guard (0...1_000_000).contains(steps) else {
      throw .setting("steps", "\(steps)", wanted: "a whole number from 0 to 1000000")
    }
    guard rate > 0, rate.isFinite else { throw .setting("rate", "\(rate)", wanted: "a number above 0") }
    guard momentum >= 0, momentum < 1 else {
      throw .setting("momentum", "\(momentum)", wanted: "a part from 0 to below 1")
    }
    for (name, power) in [("alpha", alpha), ("beta", beta)] where !(power >= 1 && power <= 16) {
      throw .setting(name, "\(power)", wanted: "a power from 1 to 16")
    }
    for (name, weight) in [("norm", weightAlpha), ("variation", weightBeta)] where !(weight >= 0 && weight <= 1e9) {
      throw .setting(name, "\(weight)", wanted: "a number of at least 0")
    }
    guard noise >= 0, noise <= 1000 else { throw .setting("noise", "\(noise)", wanted: "a number from 0 to 1000") }
    guard seed >= 0 else { throw .setting("seed", "\(seed)", wanted: "a whole number of at least 0") }
  }
}

extension PellucidError {
  static func nothingToInvert(_ layer: String, channel: Int?) -> Self {
    .init(
      .badData,
      what: (channel.map { "channel \($0) of the layer \(layer)" } ?? "the layer \(layer)")
        + " answers the scan with zeros: nothing can be rebuilt from it",
      remedy: "name another channel, or the tensor before the activation")
  }
}

extension Tensor {
  /// Pearson's correlation with another tensor of the same shape and order; NaN where one is constant.
  package func correlation(with other: Tensor) -> Double {
    let n = Double(max(1, count))
    let (meanX, meanY) = (sum / n, other.sum / n)
    let (x, y) = (
      combined(.add, with: Tensor([Float(-meanX)], shape: Shape([1]))),
      other.combined(.add, with: Tensor([Float(-meanY)], shape: Shape([1])))
    )
    let product = (x.dot(x) * y.dot(y)).squareRoot()
    return product > 0 ? x.dot(y) / product : .nan
  }
}
