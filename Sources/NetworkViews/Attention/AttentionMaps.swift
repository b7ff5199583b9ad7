internal import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidTables
internal import PellucidTensors
public import PellucidVolumes

/// Where a network's tokens attend to, layer by layer and through all layers.
///
///     rollout:            r ← r·Â_l, from the last layer to the first;  Â = (mean_h A_h + I), rows normalized to 1
///     attention·gradient: r ← r + r·Ā_l;  Ā = mean_h max(∂s/∂A_h ⊙ A_h, 0)
///
/// r begins at the token that has no place (a class token), else evenly at all tokens of the last layer. With one set of tokens this is the row
/// of Â_L⋯Â_1, of (I + Ā_L)⋯(I + Ā_1) − I, that belongs to it. Where tokens are merged between layers (Swin), what a merged one has is handed
/// out evenly to those that it was merged of, which are nearest to it.
/// - Source: Abnar & Zuidema 2020, arXiv:2005.00928; Chefer, Gur & Wolf 2021, arXiv:2103.15679 (rule 5, self-attention).
public struct AttentionMaps: Sendable {
  /// A head of a layer.
  public struct Head: Sendable {
    /// The layer's tensor.
    public let layer: String
    /// Its place among the attention layers, from 0 on.
    public let depth: Int
    /// The head, from 0 on.
    public let head: Int
    /// What the class token attends to, or without one the mean over all tokens; a weight a token with a place.
    let weights: [Float]
    /// Mean entropy of its rows, as part of the largest possible.
    public let entropy: Double
    /// What the class token leaves to itself and others without place, or the mean over tokens of that.
    public let unplaced: Double
  }

  /// The layers, in the network's order.
  public let steps: [AttentionStep]
  /// The heads of the layers, in their order.
  public let heads: [Head]
  /// The tokens' grid of the first layer, and of each layer.
  public let grids: [TokenGrid]
  /// Whether there is a token without a place.
  public let hasClassToken: Bool
  /// Rollout and attention × gradient on the first layer's tokens.
  let rollout, gradient: [Float]
  private let weights: [[Float]]
  /// The part of the rollout that ends at tokens with a place.
  public let placedRollout: Double

  /// Looks at a scan's attention.
  /// - Parameter question: whose score the gradient is of.
  /// - Returns: nil where the network has no attention between tokens.
  public init?(of subject: Explainer.Case, _ question: Question, steps all: [AttentionStep]) throws(PellucidError) {
    let steps = all.filter { $0.kind == .tokens }
    guard !steps.isEmpty else { return nil }
    let world = subject.inputWorld
    var grids: [TokenGrid] = []
    for step in steps {
      guard let grid = TokenGrid(of: step, world: world) else { throw .tokensWithoutPlace(step.tensor) }
      grids.append(grid)
    }
    let values = Set(steps.map(\.value))
    let network = try question.network.exposing(values)
    let score = ScoreFunction(network: network, classes: question.classes, target: question.target, kind: .logit)
    let trace = try network.trace(subject.prepared.input, watching: values)
    var weights: [[Float]] = []
    for step in steps {
      guard let own = trace.activation(step.value) else { throw .attentionBehindScores(step.tensor) }
      weights.append(own.ordered(.rowMajor).values)
    }
    let gradients = try trace.backward(score.outputGradient(at: trace.logits), to: values)
    let slopes = steps.map { gradients[$0.value]?.ordered(.rowMajor).values }
    let last = steps.count - 1
    hasClassToken = grids[last].hasClassToken
    var heads: [Head] = []
    for (depth, step) in steps.enumerated() {
      heads += Self.heads(of: step, depth: depth, weights[depth], grids[depth])
    }
    let start = grids[last].start
    var (rolled, graded) = (start, Array(repeating: Float(0), count: start.count))
    var summed = start
    for depth in stride(from: last, through: 0, by: -1) {
      if depth < last {
        rolled = grids[depth + 1].handed(rolled, to: grids[depth])
        summed = grids[depth + 1].handed(summed, to: grids[depth])
        graded = grids[depth + 1].handed(graded, to: grids[depth])
      }
      rolled = Self.step(rolled, steps[depth], weights[depth], grids[depth])
      if let slope = slopes[depth] {
        let added = Self.gradientStep(summed, steps[depth], weights[depth], slope, grids[depth])
        for token in added.indices {
          summed[token] += added[token]
          graded[token] += added[token]
        }
      }
    }
    (self.steps, self.heads, self.grids, self.weights) = (steps, heads, grids, weights)
    let first = grids[0]
    rollout = first.placed(rolled)
    gradient = first.placed(graded)
    placedRollout = rollout.reduce(0) { $0 + Double($1) }
  }

  /// r·Â for one layer.
  private static func step(_ r: [Float], _ step: AttentionStep, _ weights: [Float], _ grid: TokenGrid) -> [Float] {
    var out = [Float](repeating: 0, count: r.count)
    eachRow(of: step, weights, grid) { query, keys, row in
      for key in keys.indices { out[keys[key]] += r[query] * row[key] }
    }
    return out
  }

  /// The rows of a layer's Â: its query and keys among the layer's tokens.
  func eachRow(ofLayer depth: Int, _ body: (_ query: Int, _ keys: [Int], _ row: [Float]) -> Void) {
    Self.eachRow(of: steps[depth], weights[depth], grids[depth], body)
  }

  private static func eachRow(
    of step: AttentionStep, _ weights: [Float], _ grid: TokenGrid,
    _ body: (_ query: Int, _ keys: [Int], _ row: [Float]) -> Void
  ) {
    grid.eachRow(of: step) { query, keys, rows in
      // Mean over heads and I: rows add up to 2 where each head's add up to 1.
      var row = [Float](repeating: 0, count: keys.count)
      for start in rows { for key in keys.indices { row[key] += weights[start + key] / Float(rows.count) } }
      row[query.inWindow] += 1
      let sum = max(row.reduce(0, +), 1e-30)
      body(query.token, keys, row.map { $0 / sum })
    }
  }

  /// r·Ā for one layer.
  private static func gradientStep(
    _ r: [Float], _ step: AttentionStep, _ weights: [Float], _ slopes: [Float], _ grid: TokenGrid
  ) -> [Float] {
    var out = [Float](repeating: 0, count: r.count)
    grid.eachRow(of: step) { query, keys, rows in
      let part = r[query.token] / Float(rows.count)
      guard part != 0 else { return }
      for start in rows {
        for key in keys.indices { out[keys[key]] += part * max(0, weights[start + key] * slopes[start + key]) }
      }
    }
    return out
  }

  private static func heads(
    of step: AttentionStep, depth: Int, _ weights: [Float], _ grid: TokenGrid
  ) -> [Head] {
    let start = grid.start
    return (0..<step.headCount).map { head in
      var seen = [Float](repeating: 0, count: start.count)
      var (entropy, rowCount) = (0.0, 0)
      grid.eachRow(of: step) { query, keys, rows in
        guard head < rows.count else { return }
        var own = 0.0
        for key in keys.indices {
          let weight = weights[rows[head] + key]
          seen[keys[key]] += start[query.token] * weight
          if weight > 0 { own -= Double(weight) * logarithm(Double(weight)) }
        }
        entropy += own / max(logarithm(Double(keys.count)), 1e-30)
        rowCount += 1
      }
      let placed = grid.placed(seen)
      return Head(
        layer: step.tensor, depth: depth, head: head, weights: placed, entropy: entropy / Double(max(rowCount, 1)),
        unplaced: Double(seen.reduce(0, +) - placed.reduce(0, +)))
    }
  }

  /// Rollout on the first layer's tokens, a voxel a patch.
  package var rolloutVolume: Volume { grids[0].volume([rollout]) }
  /// Attention × gradient on the first layer's tokens, a voxel a patch.
  package var gradientVolume: Volume { grids[0].volume([gradient]) }

  /// Rollout on the scan's grid: every voxel has what its patch has.
  public func rollout(on subject: Explainer.Case) -> Volume { onScan(rollout, subject) }
  /// Attention × gradient on the scan's grid.
  public func gradient(on subject: Explainer.Case) -> Volume { onScan(gradient, subject) }

  private func onScan(_ values: [Float], _ subject: Explainer.Case) -> Volume {
    let path = subject.prepared.path
    return path.back(
      grids[0].onInput(values, extents: path.tensorExtents), interpolation: .nearest, extensive: false)
  }

  /// The heads of a layer, a volume a head, on the layer's own grid of tokens.
  public func headVolume(depth: Int) -> Volume {
    grids[depth].volume(heads.filter { $0.depth == depth }.map(\.weights))
  }

  /// A row a head.
  public var table: Table {
    let peaks = heads.map { head in grids[head.depth].peak(of: head.weights) }
    return Table([
      .text("layer", heads.map(\.layer)), .whole("depth", heads.map(\.depth)), .whole("head", heads.map(\.head)),
      .number("entropy", heads.map(\.entropy)), .number("unplaced", heads.map(\.unplaced)),
      .number("peak_x_mm", peaks.map(\.x)), .number("peak_y_mm", peaks.map(\.y)), .number("peak_z_mm", peaks.map(\.z)),
    ])
  }
}

extension PellucidError {
  static func tokensWithoutPlace(_ tensor: String) -> Self {
    .init(
      .unsupported, what: "the tokens of \(tensor) cannot be traced to places in the scan",
      remedy: "see pellucid features for the layers before it")
  }

  static func attentionBehindScores(_ tensor: String) -> Self {
    .init(.unsupported, what: "the attention \(tensor) lies behind the scores")
  }
}
