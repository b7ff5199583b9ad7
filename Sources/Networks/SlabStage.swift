internal import PellucidFaults
internal import PellucidTensors

/// An operator with a sliding window, that can be applied to a slab of its input if told the padding there.
protocol SlabOperator: Operator {
  var padding: Padding { get }
  func with(padding: Padding) -> Self
}

extension Conv: SlabOperator {
  var padding: Padding { geometry.padding }

  func with(padding: Padding) -> Conv { Conv(self, padding: padding) }
}

/// A convolution, what follows it voxel by voxel, and the pool behind it, run slab by slab along D, forward and backward.
///
/// At full resolution a first convolution's output is the largest tensor of a network by far (265 MB for 191 × 227 × 191 × 8), and is
/// read once, by the pool. A slab of it stays in the cache and is never stored. Where the way back is the ordinary gradient through a max
/// pool, it needs no more than which voxels won (``Winners``); else it computes the slab again, which costs less than fetching it from
/// memory. Results do not depend on the slabs.
struct SlabStage: Sendable {
  /// Places in the graph's nodes: the convolution, and the pool.
  let places: ClosedRange<Int>
  let input: ValueID
  let output: ValueID
  private let nodes: [Node]
  private let inputShape: Shape
  private let middleShape: Shape
  private let outputShape: Shape

  /// A convolution's output below this many bytes is left whole.
  private static let worthwhile = 16 << 20
  /// Bytes of the convolution's output in a slab: what a core's cache holds, several times.
  private static let slabBytes = 4 << 20

  /// The stages of a graph, by the place of their first node.
  ///
  /// - Parameters:
  ///   - whole: values that somebody will ask for; a stage must not skip them.
  ///   - backward: whether the stage is to be walked back too; windows of the pool must then not overlap along D.
  static func stages(of graph: Graph, whole: Set<ValueID>, backward: Bool) -> [Int: SlabStage] {
    let readers = graph.readers()
    var found: [Int: SlabStage] = [:]
    var place = 0
    while place < graph.nodes.count {
      if let stage = SlabStage(graph, at: place, readers, whole, backward: backward) {
        found[place] = stage
        place = stage.places.upperBound
      }
      place += 1
    }
    return found
  }

  private init?(_ graph: Graph, at first: Int, _ readers: [Int], _ whole: Set<ValueID>, backward: Bool) {
    guard graph.nodes[first].operation is Conv else { return nil }
    var last = first
    while true {
      let value = graph.nodes[last].output
      guard readers[value.index] == 1, !whole.contains(value), last + 1 < graph.nodes.count,
        graph.nodes[last + 1].inputs == [value]
      else { return nil }
      last += 1
      let operation = graph.nodes[last].operation
      if operation is Relu || operation is BatchNormalization || operation is any ElementwiseOperator { continue }
      guard let pool = operation as? any SlabOperator, operation.role == .maximum || operation.role == .averaging else {
        return nil
      }
      // The divisors of a slab's averages would differ where padding counts.
      if let average = operation as? AveragePool, average.countPadding { return nil }
      let reach = (pool.padding.kernel[0] - 1) * pool.padding.dilation[0] + 1
      guard !backward || pool.padding.stride[0] >= reach else { return nil }
      break
    }
    places = first...last
    nodes = Array(graph.nodes[places])
    input = nodes[0].inputs[0]
    output = nodes[nodes.count - 1].output
    inputShape = graph.shape(of: input)
    middleShape = graph.shape(of: nodes[0].output)
    outputShape = graph.shape(of: output)
    guard middleShape.rank == 5, middleShape.count * 4 >= Self.worthwhile else { return nil }
  }

  /// Rows along D of output, convolution's output and input that belong together, with the operators for them.
  private struct Slab {
    var output: Range<Int>
    var input: Range<Int>
    var steps: [Node]
  }

  private func slabs() -> [Slab] {
    guard let convolution = nodes[0].operation as? Conv,
      let pool = nodes[nodes.count - 1].operation as? any SlabOperator
    else { return [] }
    let depth = outputShape[2]
    let rowBytes = middleShape.count * 4 / max(1, depth)
    let rows = max(1, Self.slabBytes / max(1, rowBytes))
    return stride(from: 0, to: depth, by: rows).map { begin in
      let out = begin..<min(begin + rows, depth)
      let (middle, poolPadding) = pool.padding.slab(out, of: middleShape, onto: outputShape)
      let (input, convolutionPadding) = convolution.padding.slab(middle, of: inputShape, onto: middleShape)
      var steps = nodes
      steps[0] = steps[0].replacing(convolution.with(padding: convolutionPadding))
      steps[steps.count - 1] = steps[steps.count - 1].replacing(Self.changed(pool, poolPadding))
      return Slab(output: out, input: input, steps: steps)
    }
  }

  private static func changed(_ pool: any SlabOperator, _ padding: Padding) -> any Operator {
    pool.with(padding: padding)
  }

  /// The convolution, where a max(0, ·) follows it.
  var rectifies: (any Rectifying)? {
    nodes[1].operation is Relu ? nodes[0].operation as? any Rectifying : nil
  }

  /// Where the pool's winners are noted.
  struct Noting {
    let winners: Winners
    /// Whether a maximum that is not above 0 has no winner: nothing goes back through the ReLU there.
    let sparesZeros: Bool
  }

  /// Whether the way back needs no more than the pool's winners: through convolution, ReLU and max pool by gradients, or by rules that ask
  /// no more of the convolution than to be run, and pass the ReLU.
  func goesBackByWinners(_ rules: [(any BackwardRule)?]) -> Bool {
    guard rules[0] == nil || rules[0] is any LayerRule, let pool = nodes[nodes.count - 1].operation as? MaxPool,
      rules[rules.count - 1] == nil,
      nodes.dropFirst().dropLast().allSatisfy({ $0.operation is Relu }),
      let convolution = nodes[0].operation as? Conv
    else { return false }
    let between = rules.dropFirst().dropLast()
    guard between.allSatisfy({ $0 == nil }) || between.allSatisfy({ $0?.isPassage == true }) else { return false }
    return convolution.kernel.fitsWinners(of: pool.padding.pool(input: middleShape, output: outputShape))
  }

  /// - Parameters:
  ///   - fusing: whether max(0, ·) is applied while the convolution writes its output.
  ///   - noting: where to note the voxels that the max pool takes; nil where nobody asks.
  func forward(_ input: Tensor, fusing: Bool, noting: Noting? = nil) throws(PellucidError) -> Tensor {
    let x = input.ordered(.channelsLast)
    var result = Tensor(unfilled: outputShape.withBatch(x.shape[0]), order: .channelsLast)
    for slab in slabs() {
      var value = x.rows(slab.input)
      var place = 0
      while place < slab.steps.count {
        if let noting, place == slab.steps.count - 1, let pool = slab.steps[place].operation as? MaxPool {
          value = try pool.forward(
            value, noting: noting.winners, fromRow: slab.output.lowerBound,
            positive: noting.sparesZeros && nodes.count > 2)
          break
        }
        let isRectified = fusing && place + 1 < slab.steps.count && slab.steps[place + 1].operation is Relu
        if isRectified, let layer = slab.steps[place].operation as? Conv {
          value = try layer.forward([value], rectified: true)
          place += 2
        } else {
          value = try slab.steps[place].operation.forward([value])
          place += 1
        }
      }
      result.set(rows: slab.output, to: value)
    }
    return result
  }

  /// The convolution with those values of its output that the pool took.
  func passes(over input: Tensor?, winners: Winners) -> any LayerPasses {
    guard let convolution = nodes[0].operation as? Conv, let pool = nodes[nodes.count - 1].operation as? MaxPool else {
      preconditionFailure("a stage without winners")
    }
    return WinnerPasses(
      stage: self, convolution: convolution, pool: pool, kept: input, winners: winners)
  }

  /// See ``passes(over:winners:)``; every layer that it is handed is the convolution with other weights.
  private struct WinnerPasses: LayerPasses {
    let stage: SlabStage
    let convolution: Conv
    let pool: MaxPool
    let kept: Tensor?
    let winners: Winners

    var layer: any LinearOperator { convolution }

    var input: Tensor {
      guard let kept else { preconditionFailure("a stage's input was not kept") }
      return kept
    }

    func output() throws(PellucidError) -> Tensor { try forward(convolution, input) }

    func forward(_ layer: any LinearOperator, _ input: Tensor) throws(PellucidError) -> Tensor {
      let layer = Self.convolution(layer)
      let x = input.ordered(.channelsLast)
      var result = Tensor(unfilled: stage.outputShape.withBatch(x.shape[0]), order: .channelsLast)
      for slab in stage.slabs() {
        guard let own = slab.steps[0].operation as? Conv,
          let pool = slab.steps[slab.steps.count - 1].operation as? MaxPool
        else { preconditionFailure("a slab is a part of its stage") }
        let middle = try layer.with(padding: own.padding).forward([x.rows(slab.input)])
        result.set(rows: slab.output, to: try pool.picked(middle, winners, fromRow: slab.output.lowerBound))
      }
      return result
    }

    func backward(_ layer: any LinearOperator, _ upstream: Tensor) throws(PellucidError) -> Tensor {
      let batch = upstream.shape[0]
      return Self.convolution(layer).kernel.backward(
        upstream, of: winners,
        pool: pool.padding.pool(input: stage.middleShape.withBatch(batch), output: upstream.shape),
        onto: stage.inputShape.withBatch(batch), through: stage.middleShape, padding: convolution.padding)
    }

    private static func convolution(_ layer: any LinearOperator) -> Conv {
      guard let layer = layer as? Conv else { preconditionFailure("a changed convolution is a convolution") }
      return layer
    }
  }

  /// Hands `upstream` back through the stage, each step by its rule.
  func backward(
    _ upstream: Tensor, input: Tensor, contrast: Tensor?, rules: [(any BackwardRule)?]
  ) throws(PellucidError) -> Tensor {
    let x = input.ordered(.channelsLast)
    let other = contrast?.ordered(.channelsLast)
    let dy = upstream.ordered(.channelsLast)
    var result = Tensor(repeating: 0, shape: x.shape, order: .channelsLast)
    for slab in slabs() {
      let saved = try Self.saved(x.rows(slab.input), slab, rules)
      let savedOfContrast: [Saved]? = if let other { try Self.saved(other.rows(slab.input), slab, rules) } else { nil }
      var part = dy.rows(slab.output)
      for (place, step) in slab.steps.enumerated().reversed() {
        var own = saved[place]
        if let savedOfContrast { own.contrast = [savedOfContrast[place]] }
        let outgoing =
          if let rule = rules[place] { try rule.backward(part, through: step, saved: own) } else {
            try step.operation.gradient(part, saved: own)
          }
        part = outgoing[0]
      }
      result.add(part.ordered(.channelsLast), toRows: slab.input)
    }
    return result
  }

  /// What the steps of a slab need on the way back.
  private static func saved(
    _ input: Tensor, _ slab: Slab, _ rules: [(any BackwardRule)?]
  ) throws(PellucidError) -> [Saved] {
    var saved: [Saved] = []
    var value = input
    for (place, step) in slab.steps.enumerated() {
      var own = Saved(inputs: [value], inputShapes: [value.shape], output: nil)
      // The pool's output is made only if somebody needs it.
      let needs = rules[place]?.needs ?? step.operation.gradientNeeds
      if place < slab.steps.count - 1 || needs.contains(.output) {
        value = try step.operation.forward([value])
        own.output = value
      }
      saved.append(own)
    }
    return saved
  }
}

extension Padding {
  /// The input rows along the first axis that a range of output rows needs, and the padding for just those.
  func slab(_ rows: Range<Int>, of input: Shape, onto output: Shape) -> (rows: Range<Int>, padding: Padding) {
    let extents = input.spatial
    var before = pads(of: extents).before
    var after = [0, 0, 0]
    for axis in 0..<3 {
      let reach = (kernel[axis] - 1) * dilation[axis] + 1
      after[axis] = (output.spatial[axis] - 1) * stride[axis] + reach - extents[axis] - before[axis]
    }
    let first = rows.lowerBound * stride[0] - before[0]
    let end = (rows.upperBound - 1) * stride[0] - before[0] + (kernel[0] - 1) * dilation[0] + 1
    before[0] = max(0, -first)
    after[0] = max(0, end - extents[0])
    let needed = max(0, first)..<min(extents[0], end)
    return (needed, Padding(kernel: kernel, stride: stride, dilation: dilation, before: before, after: after))
  }
}

extension Node {
  /// The same step with another operator.
  func replacing(_ operation: any Operator) -> Node {
    Node(name: name, type: type, operation: operation, inputs: inputs, output: output)
  }
}

extension Tensor {
  /// Rows of a channels-last tensor along D, of every image.
  func rows(_ range: Range<Int>) -> Tensor {
    let extents = Shape(n: shape[0], c: shape[1], d: range.count, h: shape[3], w: shape[4])
    let row = shape[1] * shape[3] * shape[4]
    if shape[0] == 1 { return self.part(from: range.lowerBound * row, as: extents) }
    var part = Tensor(unfilled: extents, order: .channelsLast)
    part.copy(
      from: self, sourceOffset: range.lowerBound * row, sourceStrides: [shape[2] * row, 1],
      targetStrides: [range.count * row, 1], extents: [shape[0], range.count * row])
    return part
  }

  mutating func set(rows range: Range<Int>, to part: Tensor) { put(part, rows: range, adding: false) }

  mutating func add(_ part: Tensor, toRows range: Range<Int>) { put(part, rows: range, adding: true) }

  private mutating func put(_ part: Tensor, rows range: Range<Int>, adding: Bool) {
    let row = shape[1] * shape[3] * shape[4]
    precondition(part.shape[2] == range.count && part.order == .channelsLast && order == .channelsLast)
    copy(
      from: part, sourceStrides: [range.count * row, 1], targetOffset: range.lowerBound * row,
      targetStrides: [shape[2] * row, 1], extents: [shape[0], range.count * row], adding: adding)
  }
}
