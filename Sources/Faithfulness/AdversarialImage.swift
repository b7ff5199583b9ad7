public import PellucidAttribution
public import PellucidFaults
public import PellucidTensors

/// Small changes of a network's input that lower a score as much as they can.
///
/// - Source: FGSM, Goodfellow et al. 2015, arXiv:1412.6572; PGD, Madry et al. 2018, arXiv:1706.06083.
public struct AdversarialImage: Sendable {
  /// How the change is bounded and found.
  public enum Attack: String, Sendable, CaseIterable {
    /// One step by the sign of the gradient, ‖δ‖∞ ≤ ε.
    case fgsm
    /// Ten steps of ε/4 by the sign, each brought back to ‖δ‖∞ ≤ ε.
    case pgdMaximum = "pgd-linf"
    /// Ten steps of ε/4 along the gradient, each brought back to ‖δ‖₂ ≤ ε.
    case pgdEuclid = "pgd-l2"
  }

  private let score: ScoreFunction
  private let image: Tensor
  /// Along which the score falls first.
  private let gradient: Tensor

  /// - Parameters:
  ///   - score: what is lowered; the logit, whose gradient does not vanish where the network is sure.
  ///   - image: [1, C, D, H, W].
  public init(_ score: ScoreFunction, image: Tensor) throws(PellucidError) {
    self.score = score.on(.logit)
    self.image = image.ordered(.channelsLast)
    gradient = try self.score.gradient(at: self.image).ordered(.channelsLast)
  }

  /// Whether the score depends on the image at all there.
  public var isFlat: Bool { gradient.range == 0...0 }

  /// ε of the L2 bound that changes as much as the same ε would in every voxel.
  public var voxelsRoot: Double { Double(image.count).squareRoot() }

  /// The image under an attack.
  /// - Parameter bound: ε in the input's units; of the L2 attack the norm of the whole change.
  public func image(under attack: Attack, bound: Double) throws(PellucidError) -> Tensor {
    if attack == .fgsm { return moved(image, along: gradient, by: bound, attack) }
    var now = image
    for step in 0..<10 {
      let slope = step == 0 ? gradient : try score.gradient(at: now).ordered(.channelsLast)
      now = bounded(moved(now, along: slope, by: bound / 4, attack), bound, attack)
    }
    return now
  }

  /// The smallest bound that makes `isFlipped` true, to 2 %, from a bound that may reach `most`; nil where none does.
  public func smallest(
    _ attack: Attack, most: Double, _ isFlipped: (Tensor) throws(PellucidError) -> Bool
  ) throws(PellucidError) -> (bound: Double, image: Tensor)? {
    guard !isFlat else { return nil }
    var high = most / 256
    var found = try image(under: attack, bound: high)
    while try !isFlipped(found) {
      guard high < most else { return nil }
      high *= 2
      found = try image(under: attack, bound: high)
    }
    var low = high > most / 256 ? high / 2 : 0
    while high - low > 0.02 * high {
      let middle = (low + high) / 2
      let image = try image(under: attack, bound: middle)
      if try isFlipped(image) { (high, found) = (middle, image) } else { low = middle }
    }
    return (high, found)
  }

  private func moved(_ from: Tensor, along slope: Tensor, by length: Double, _ attack: Attack) -> Tensor {
    let values = slope.values
    let change: [Float]
    if attack == .pgdEuclid {
      let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      change = values.map { norm > 0 ? Float(-length * Double($0) / norm) : 0 }
    } else {
      change = values.map { $0 > 0 ? Float(-length) : $0 < 0 ? Float(length) : 0 }
    }
    return from.combined(.add, with: Tensor(change, shape: from.shape, order: .channelsLast))
  }

  private func bounded(_ moved: Tensor, _ bound: Double, _ attack: Attack) -> Tensor {
    let change = moved.combined(.subtract, with: image)
    if attack == .pgdEuclid {
      let norm = change.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      return norm <= bound ? moved : image.combined(.add, with: change.scaled(by: Float(bound / norm)))
    }
    return image.combined(.add, with: change.clamped(low: Float(-bound), high: Float(bound)))
  }
}
