internal import PellucidTensors

// Bounds of tensors whose values are not told apart.
extension BoundsWalk {
  /// Where the values of a step lie, from where those of its inputs lie.
  static func interval(of node: Node, _ inputs: [Bounds]) -> Interval {
    let all = inputs.dropFirst().reduce(inputs[0].interval) { $0.hull($1.interval) }
    switch node.operation {
    case let step as Softmax: return step.logarithmic ? Interval(low: -.infinity, high: 0) : .unit
    case is Compare: return .unit
    case let step as Where: return step.constantBranches.reduce(branches(step, inputs)) { $0.hull($1) }
    case is MaxPool: return all
    case is AveragePool: return all.hull(Interval(0))
    case let step as Reduce:
      switch step.kind {
      case .mean, .max, .min: return all
      case .norm, .squares: return .notNegative
      case .sum: return Interval(low: all.low >= 0 ? 0 : -.infinity, high: all.high <= 0 ? 0 : .infinity)
      }
    case let step as Concat:
      return step.constants.compactMap { $0 }.reduce(all) { $0.hull(span($1)) }
    case let step as Binary:
      var sides = inputs.map(\.interval)
      if let constant = step.constant { sides.insert(span(constant.tensor), at: constant.isLeft ? 0 : 1) }
      guard sides.count == 2 else { return .all }
      switch step.combination {
      case .add: return sides[0] + sides[1]
      case .subtract: return sides[0] + sides[1].scaled(by: -1)
      case .multiply: return sides[0] * sides[1]
      case .divide:
        if sides[1].low > 0 { return sides[0].divided(byPositive: sides[1]) }
        return sides[1].low >= 0 && sides[0].low >= 0 ? .notNegative : .all
      case .maximum: return Interval(low: max(sides[0].low, sides[1].low), high: max(sides[0].high, sides[1].high))
      default: return Interval(low: min(sides[0].low, sides[1].low), high: min(sides[0].high, sides[1].high))
      }
    case is Abs: return magnitude(all)
    case is Transpose, is Reshape, is Slice, is Gather, is GatherND, is Expand, is Tile: return all
    case is any GrowingFunction: return image(of: all, under: node.operation)
    default: return .all
    }
  }

  private static func branches(_ step: Where, _ inputs: [Bounds]) -> Interval {
    let own = zip(step.operands.constants.indices.filter { step.operands.constants[$0] == nil }, inputs)
    let chosen = own.filter { $0.0 > 0 }.map(\.1.interval)
    return chosen.dropFirst().reduce(chosen.first ?? step.constantBranches.first ?? .all) { $0.hull($1) }
  }

  static func span(_ tensor: Tensor) -> Interval {
    let values = tensor.values
    return Interval(low: Double(values.min() ?? 0), high: Double(values.max() ?? 0))
  }
}

extension Where {
  fileprivate var constantBranches: [Interval] { operands.constants.dropFirst().compactMap { $0.map(BoundsWalk.span) } }
}
