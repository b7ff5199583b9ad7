internal import Faults
internal import Tensors

/// The relevance that the outputs of a network are given, which is then handed back.
///
/// With target weights w, logits z and y = softmax(z) or sigmoid(z) of N classes; t counts target classes:
///
///     logit: w_k·z_k        one: w_k        softmax-gradient: Σ_t w_t·∂y_t/∂z_k
///     contrastive: Σ_t w_t·z_t·( 1 where k = t, −1/(N − 1) elsewhere )
///
/// Sources: `softmax-gradient` Iwana et al. 2019 (SGLRP), arXiv:1908.04351; `contrastive` Gu et al. 2018 (CLRP, its second form: the dual
/// of a class is all others alike), arXiv:1812.02100, without the clipping at 0 of the map that its authors draw.
enum RelevanceStart: String, CaseIterable, Sendable {
  case logit, one
  case softmaxGradient = "softmax-gradient"
  case contrastive

  /// The relevance of outputs [1, K], of the same shape.
  /// - Throws: `.usage` for a contrast with nothing to contrast.
  func relevance(of outputs: Tensor, _ score: ScoreFunction) throws(PellucidError) -> Tensor {
    let weights = score.on(.logit).outputGradient(at: outputs)
    switch self {
    case .softmaxGradient: return score.on(.probability).outputGradient(at: outputs)
    case .one: return weights
    case .contrastive: return try contrast(outputs, score)
    case .logit:
      if score.kind == .logit { return weights.combined(.multiply, with: outputs) }
      let p = score.classes.probabilities(of: outputs.values)
      guard p.count == outputs.count else {
        // One logit for two classes: the second's probability belongs to it, the first's speaks against it.
        return Tensor([zip(score.target.weights, [-p[0], p[1]]).reduce(0) { $0 + $1.0 * $1.1 }], shape: outputs.shape)
      }
      return weights.combined(.multiply, with: Tensor(p, shape: outputs.shape))
    }
  }

  private func contrast(_ outputs: Tensor, _ score: ScoreFunction) throws(PellucidError) -> Tensor {
    let classes = score.classes
    guard classes.count > 1 else { throw .nothingToContrast() }
    let values = score.kind == .logit ? classes.scores(of: outputs.values) : classes.probabilities(of: outputs.values)
    var start = Array(repeating: Float(0), count: classes.count)
    for (target, weight) in score.target.weights.enumerated() where weight != 0 {
      for index in start.indices {
        start[index] += weight * values[target] * (index == target ? 1 : -1 / Float(classes.count - 1))
      }
    }
    return Tensor(classes.isOneLogitForTwo ? [start[1] - start[0]] : start, shape: outputs.shape)
  }
}
