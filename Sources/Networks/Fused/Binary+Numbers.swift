internal import PellucidTensors

extension Binary {
  /// The one number by which it multiplies; nil where it does something else.
  var factor: Float? {
    guard let constant, constant.tensor.count == 1 else { return nil }
    let value = constant.tensor.values[0]
    switch combination {
    case .multiply: return value
    case .divide where !constant.isLeft && value != 0: return 1 / value
    default: return nil
    }
  }

  /// The one number that it adds; nil where it does something else.
  var summand: Float? {
    guard case .add = combination, let constant, constant.tensor.count == 1 else { return nil }
    return constant.tensor.values[0]
  }

  /// Whether it multiplies two activations.
  var isProduct: Bool {
    if case .multiply = combination { constant == nil } else { false }
  }
}
