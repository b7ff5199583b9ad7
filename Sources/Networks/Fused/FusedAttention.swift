internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors

/// softmax(scale·Q·Kᵀ + biases)·V, of which neither scores nor weights ever lie in memory: each thread computes some queries of a head at a
/// time, reading Q, K and V where a layer left them; on the way back the weights are computed once more.
///
/// Source: Dao et al. 2022 (FlashAttention), arXiv:2205.14135, for the way back.
struct FusedAttention: Operator {
  static let onnxNames: [String] = []
  let role = Role.bilinear
  let gradientNeeds: GradientNeeds = .inputs

  /// Matrices of one of Q, K and V for all groups, in the row-major values of an input.
  struct Operand: Sendable {
    /// Which input of the step.
    var input: Int
    /// Where each group's matrix begins.
    var places: [Int64]
    /// Steps between rows and columns; rows are queries or keys.
    var row: Int
    var column: Int
  }

  /// Constant matrices that are added to the scores.
  struct Bias: Sendable {
    var tensor: Tensor
    /// Where each group's begins; negative: it has none.
    var places: [Int64]
    /// 0: one row for all queries.
    var row: Int
  }

  /// Q, K and V.
  let operands: [Operand]
  let biases: [Bias]
  let queries: Int
  let keys: Int
  let width: Int
  let valueWidth: Int
  let scale: Float
  /// Shapes of the inputs for one image.
  let inputs: [Shape]
  /// The output's shape for one image, where each group's matrix begins in it, and the step between its rows.
  let output: Shape
  let outputPlaces: [Int64]
  let outputRow: Int

  init(_ node: OperatorContext) throws(PellucidError) {
    preconditionFailure("no ONNX operator is a FusedAttention")
  }

  /// - Returns: nil where two operands share values, so that their gradients would.
  init?(
    operands: [Operand], biases: [Bias], queries: Int, keys: Int, width: Int, valueWidth: Int, scale: Float,
    inputs: [Shape], output: Shape, outputPlaces: [Int64], outputRow: Int
  ) {
    self.operands = operands
    self.biases = biases
    (self.queries, self.keys, self.width, self.valueWidth) = (queries, keys, width, valueWidth)
    self.scale = scale
    self.inputs = inputs
    self.output = output
    self.outputPlaces = outputPlaces
    self.outputRow = outputRow
    guard readsEachValueOnce else { return nil }
  }

  private var extents: [(rows: Int, columns: Int)] { [(queries, width), (keys, width), (keys, valueWidth)] }

  private var readsEachValueOnce: Bool {
    for (index, shape) in inputs.enumerated() {
      var isRead = [Bool](repeating: false, count: shape.count)
      for (operand, extent) in zip(operands, extents) where operand.input == index {
        for place in operand.places {
          for row in 0..<extent.rows {
            for column in 0..<extent.columns {
              let at = Int(place) + row * operand.row + column * operand.column
              guard isRead.indices.contains(at), !isRead[at] else { return false }
              isRead[at] = true
            }
          }
        }
      }
    }
    return true
  }

  /// Whether Q, K and V take up all of an input.
  private func readsAll(of input: Int) -> Bool {
    let read = zip(operands, extents).filter { $0.0.input == input }.reduce(0) { sum, part in
      sum + part.0.places.count * part.1.rows * part.1.columns
    }
    return read == inputs[input].count
  }

  private func images(_ shapes: [Shape]) throws(PellucidError) -> Int {
    let images = shapes[0].count / inputs[0].count
    for (shape, own) in zip(shapes, inputs) where shape.count != own.count * images {
      throw .shapes("an attention", [shape, own], "it was made for the second")
    }
    return images
  }

  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    output.withBatch(output.firstExtent * (try images(inputs)))
  }

  private var geometry: pk_attention {
    pk_attention(
      count: Int64(outputPlaces.count), queries: Int64(queries), keys: Int64(keys), width: Int64(width),
      valueWidth: Int64(valueWidth), scale: scale,
      rows: (Int64(operands[0].row), Int64(operands[1].row), Int64(operands[2].row)),
      columns: (Int64(operands[0].column), Int64(operands[1].column), Int64(operands[2].column)),
      outputRow: Int64(outputRow), biasRows: (Int64(biases.first?.row ?? 0), Int64(biases.dropFirst().first?.row ?? 0)))
  }

  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let images = try images(inputs.map(\.shape))
    let sources = inputs.map { $0.ordered(.rowMajor) }
    var y = Tensor(unfilled: try shape(of: inputs.map(\.shape)), order: .rowMajor)
    var geometry = geometry
    for image in 0..<images {
      withOperands(sources, image) { q, k, v, bias, mask in
        y.withMutableValues { y in
          unsafe pk_attention_forward(
            &geometry, q.start, operands[0].places, k.start, operands[1].places, v.start, operands[2].places,
            bias?.start, biases.first?.places, mask?.start, biases.dropFirst().first?.places,
            y.start + image * output.count, outputPlaces)
        }
      }
    }
    return y
  }

  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    let images = try images(saved.inputShapes)
    let sources = inputs.indices.map { saved.input($0).ordered(.rowMajor) }
    var gradients = inputs.indices.map { index in
      readsAll(of: index)
        ? Tensor(unfilled: saved.inputShapes[index], order: .rowMajor)
        : Tensor(repeating: 0, shape: saved.inputShapes[index], order: .rowMajor)
    }
    var geometry = geometry
    for image in 0..<images {
      withOperands(sources, image) { q, k, v, bias, mask in
        dy.withValues { dy in
          Self.withMutableValues(&gradients) { parts in
            let starts = unsafe operands.map { unsafe parts[$0.input].start + image * inputs[$0.input].count }
            unsafe pk_attention_gradient(
              &geometry, q.start, operands[0].places, k.start, operands[1].places, v.start, operands[2].places,
              bias?.start, biases.first?.places, mask?.start, biases.dropFirst().first?.places,
              dy.start + image * output.count,
              outputPlaces, starts[0], starts[1], starts[2])
          }
        }
      }
    }
    return gradients
  }

  /// Calls `body` with the inputs that hold Q, K and V, for one image, and the biases.
  private func withOperands(
    _ sources: [Tensor], _ image: Int,
    _ body: (Values, Values, Values, Values?, Values?) -> Void
  ) {
    let parts = operands.map { sources[$0.input].part(from: image * inputs[$0.input].count, as: inputs[$0.input]) }
    parts[0].withValues { q in
      parts[1].withValues { k in
        parts[2].withValues { v in
          guard let bias = biases.first?.tensor else { return body(q, k, v, nil, nil) }
          bias.withValues { bias in
            guard let mask = biases.dropFirst().first?.tensor else { return body(q, k, v, bias, nil) }
            mask.withValues { mask in body(q, k, v, bias, mask) }
          }
        }
      }
    }
  }

  /// Calls `body` with the values of several tensors to change.
  private static func withMutableValues(_ tensors: inout [Tensor], _ body: ([MutableValues]) -> Void) {
    func open(_ rest: inout [Tensor], _ opened: [MutableValues]) {
      guard !rest.isEmpty else { return body(opened) }
      // Taken out, so that nobody else holds it.
      var first = rest.removeFirst()
      first.withMutableValues { values in open(&rest, opened + [values]) }
      rest.insert(first, at: 0)
    }
    open(&tensors, [])
  }

  var field: SpatialField { .everything }

  func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    outputPlaces.count * queries * keys * (width + valueWidth)
  }
}
