internal import PellucidFaults
internal import PellucidTensors

/// The relevance that the outputs of a network are given, which is then handed back.
///
/// With target weights w, logits z and y = softmax(z) or sigmoid(z) of N classes; t counts target classes:
///
///     logit: w_k·z_k        one: w_k        softmax-gradient: Σ_t w_t·∂y_t/∂z_k
///     contrastive: Σ_t w_t·z_t·( 1 where k = t, −1/(N − 1) elsewhere )
///
/// Sources: `softmax-gradient` Iwana et al. 2019 (SGLRP), arXiv:1908.04351; `contrastive` Gu et al. 2018 (CLRP, its second form: the dual
/// of a class is all others alike), arXiv:1812.02100, without the clipping at 0 of the map that its authors draw.
public enum RelevanceStart: String, Hashable, CaseIterable, Sendable {
  /// Each output times its weight.
  case logit
  /// The weights alone.
  case one
  /// The gradient of the probability.
  case softmaxGradient = "softmax-gradient"
  /// The target against all other classes.
  case contrastive

  /// The relevance of outputs [1, K], of the same shape.
  ///
  /// One logit z for two classes stands for z₀ = −z and z₁ = z, which both hand on to z what they are given.
  /// - Throws: `.usage` for a start that the outputs have no meaning for.
  func relevance(of outputs: Tensor, _ score: ScoreFunction) throws(PellucidError) -> Tensor {
    let values = outputs.values
    let weights = score.target.weights
    let byClass: [Float]
    switch self {
    case .logit: byClass = zip(weights, score.values(of: values)).map { $0 * $1 }
    case .one: byClass = weights
    case .softmaxGradient:
      guard score.target.scale != .logit else { throw .startNeedsClasses(rawValue, target: score.target.name) }
      byClass = score.on(.probability).classGradient(of: values).map { Float($0) }
    case .contrastive: byClass = try contrast(values, score)
    }
    return Tensor(score.classes.isOneLogitForTwo ? [byClass[0] + byClass[1]] : byClass, shape: outputs.shape)
  }

  private func contrast(_ outputs: [Float], _ score: ScoreFunction) throws(PellucidError) -> [Float] {
    guard score.target.scale != .logit else { throw .startNeedsClasses(rawValue, target: score.target.name) }
    guard outputs.count > 1 else { throw .nothingToContrast() }
    let values = score.values(of: outputs)
    var start = Array(repeating: Float(0), count: values.count)
    for (target, weight) in score.target.weights.enumerated() where weight != 0 {
      for index in start.indices {
        start[index] += weight * values[target] * (index == target ? 1 : -1 / Float(values.count - 1))
      }
    }
    return start
  }
}
