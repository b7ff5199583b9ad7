public import PellucidAttribution
public import PellucidFaults
public import PellucidTensors

/// Activation maximization: an image that drives a unit, a channel, a direction or a class, found by gradient ascent in 3D.
///
///     x ← r(x + η·∂a/∂x)        r: decay, blur, clearing of small values and of small contributions
///
/// - Source: Erhan et al. 2009 (the idea); Yosinski et al. 2015, arXiv:1506.06579 (regularizers); Olah, Mordvintsev & Schubert 2017,
///   doi:10.23915/distill.00007 (frequencies, moves).
public struct Maximization: Sendable {
  /// What is driven.
  public let goal: AscentGoal
  /// How.
  public let settings: AscentSettings
  /// What regularizers draw towards, and where the ascent begins but for noise, [1, C, D, H, W], row-major.
  public let base: Tensor
  /// Where the ascent begins instead; nil: the base and noise.
  private let start: Tensor?

  /// An image that was found.
  public struct Found: Sendable {
    /// Where noise and moves came from.
    public let seed: Int
    /// The image, [1, C, D, H, W], row-major, in units of the network's input.
    public let image: Tensor
    /// The activation before each step, and at the end of all, of the image without moves.
    public let course: [Double]

    /// The activation at the end.
    public var activation: Double { course.last ?? 0 }
  }

  /// A maximization.
  /// - Parameters:
  ///   - base: [1, C, D, H, W] of the network's input.
  ///   - start: where the ascent on voxels begins, of the same shape; nil: the base and noise.
  /// - Throws: `.usage` for a setting out of bounds, naming it.
  public init(
    _ goal: AscentGoal, from base: Tensor, startingAt start: Tensor? = nil, settings: AscentSettings
  ) throws(PellucidError) {
    try settings.check()
    precondition(start.map { $0.shape == base.shape } ?? true, "a start of another shape")
    (self.goal, self.settings, self.base) = (goal, settings, base.ordered(.rowMajor))
    self.start = start?.ordered(.rowMajor)
  }

  /// Runs the ascent from every seed.
  ///
  /// - Returns: an image a seed, in the seeds' order.
  /// - Throws: `.badData` where the slope is 0 wherever it begins; `.numeric` where a value is not finite.
  public func run(progress: any ProgressObserver = SilentProgress()) throws(PellucidError) -> [Found] {
    let total = settings.seeds.count * settings.steps
    var found: [Found] = []
    var moves = false
    for (place, seed) in settings.seeds.enumerated() {
      let run = try climb(seed, moved: &moves) { (step) throws(PellucidError) in
        try progress.check()
        progress.advanced(to: place * settings.steps + step, of: total)
      }
      found.append(run)
    }
    guard moves || settings.steps == 0 else { throw .unitIsDead(goal.name, hasRectifier: goal.layer != nil) }
    return found
  }

  /// Steps without a slope after which an ascent ends.
  private static let patience = 16

  private func climb(
    _ seed: Int, moved: inout Bool, told: (Int) throws(PellucidError) -> Void
  ) throws(PellucidError) -> Found {
    let zero = Tensor(repeating: 0, shape: base.shape, order: .rowMajor)
    let noise = settings.noise > 0 ? zero.withNoise(deviation: settings.noise, seed: UInt64(seed), stream: 0) : zero
    let basis = settings.parametrization == .frequencies ? FrequencyBasis(base.shape) : nil
    var z = noise
    var x = start ?? base.combined(.add, with: basis?.image(z) ?? noise)
    if let bound = settings.bound { x.draw(near: base, bound: bound) }
    var velocity = zero
    var moments = Tensor.AdamMoments(like: base)
    var unit: Float?
    var course: [Double] = []
    for step in 0..<settings.steps {
      try told(step)
      let move = RandomMove(settings, seed: seed, step: step, extents: base.shape.spatial)
      var (value, gradient) = try goal.slope(at: move.map { x.moved(by: $0.matrix) } ?? x)
      course.append(value)
      if let move { gradient = gradient.movedBack(by: move.matrix) }
      if !moved { moved = gradient.range != 0...0 }
      // A unit that so many small moves do not wake is left: nothing changes any more.
      if !moved, step + 1 == Self.patience { break }
      if let basis { gradient = basis.gradient(gradient) }
      let factor = normalize(&gradient)
      if settings.optimizer == .adam { gradient = gradient.inUnits(&unit) }
      func climb(_ variable: inout Tensor) {
        switch settings.optimizer {
        case .adam: variable.climb(gradient, rate: settings.rate, moments: &moments)
        case .momentum:
          variable.climb(gradient, rate: settings.rate * factor, momentum: settings.momentum, velocity: &velocity)
        }
      }
      guard let basis else {
        climb(&x)
        regularize(&x, gradient, after: step)
        continue
      }
      climb(&z)
      if settings.decay > 0 { z = z.scaled(by: 1 - settings.decay) }
      x = base.combined(.add, with: basis.image(z))
      if let bound = settings.bound { x.draw(near: base, bound: bound) }
    }
    try told(settings.steps)
    course.append(try goal.value(of: x))
    return Found(seed: seed, image: x, course: course)
  }

  /// Brings a gradient to a common size and cuts it; what is left of the size is a factor of the step, which saves a pass over the image.
  private func normalize(_ gradient: inout Tensor) -> Float {
    var size: Double
    switch settings.normalization {
    case .none: size = 1
    case .rms: size = (gradient.dot(gradient) / Double(max(1, gradient.count))).squareRoot()
    case .largest:
      let range = gradient.range
      size = Double(max(-range.lowerBound, range.upperBound))
    }
    if size == 0 { size = 1 }
    guard settings.clip != nil || settings.optimizer == .adam else { return Float(1 / size) }
    if size != 1 { gradient = gradient.scaled(by: Float(1 / size)) }
    if let clip = settings.clip { gradient = gradient.clamped(low: -clip, high: clip) }
    return 1
  }

  /// Yosinski's regularizers, in his order, then the bound.
  private func regularize(_ x: inout Tensor, _ gradient: Tensor, after step: Int) {
    if settings.decay > 0 || settings.bound != nil {
      x.draw(near: base, keep: 1 - settings.decay, bound: settings.bound ?? .infinity)
    }
    if settings.blur > 0, (step + 1) % settings.blurEvery == 0 {
      // What differs from the base is blurred: a mean brain stays as sharp as it is.
      x = base.combined(.add, with: x.combined(.subtract, with: base).smoothed(sigma: settings.blur))
    }
    if settings.smallNorm > 0 { x.clear(smallest: settings.smallNorm, base: base) }
    if settings.smallContribution > 0 { x.clear(smallest: settings.smallContribution, base: base, gradient: gradient) }
  }
}

extension Tensor {
  /// In units of the first gradient's root mean square that is not 0: Adam's steps do not depend on the size of gradients but for its ε of
  /// 1e-8, below which those of a mean over many cells may lie.
  func inUnits(_ unit: inout Float?) -> Tensor {
    if unit == nil {
      let size = (dot(self) / Double(max(1, count))).squareRoot()
      if size > 0 { unit = Float(1 / size) }
    }
    return unit.map { scaled(by: $0) } ?? self
  }
}
