/// What the network answers to a scan before and after something was changed in it.
public struct ScoreMove: Sendable, Hashable {
  /// What is asked for.
  public var target: String
  /// The probability, or the score where there are no probabilities, of the scan as it was.
  public var before: Double
  /// The same of the changed scan.
  public var after: Double

  /// Two answers.
  public init(target: String, before: Double, after: Double) {
    (self.target, self.before, self.after) = (target, before, after)
  }

  /// Whether they differ by more than 1 % of the larger: where they do not, no map can be expected to show what was changed.
  public var hasMoved: Bool { abs(after - before) > 0.01 * max(abs(before), abs(after)) }
}
