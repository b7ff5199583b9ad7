internal import PellucidTensors

extension GraphMap {
  /// A layer normalization written out as (x − mean)/√(mean((x − mean)²) + ε), with the scale and shift behind it, around the step that divides.
  func layerNormalization(around place: Int) -> Fusion? {
    let quotient = graph.nodes[place]
    guard let step = quotient.operation as? Binary, case .divide = step.combination, step.constant == nil,
      quotient.inputs.count == 2, let difference = maker(quotient.inputs[0]), let mean = centre(difference)
    else { return nil }
    let (x, centred) = (difference.inputs[0], difference.output)
    let shape = shape(x)
    let size = shape[shape.rank - 1]
    // The deviation: √ of the mean square with a small number added.
    guard let root = soleMaker(quotient.inputs[1]),
      root.operation is Sqrt || (root.operation as? ConstantPower)?.isRoot == true,
      let sum = soleMaker(root.inputs[0]), let epsilon = (sum.operation as? Binary)?.summand,
      let variance = soleMaker(sum.inputs[0]), averagesFeatures(variance), let square = soleMaker(variance.inputs[0]),
      isSquare(square, of: centred),
      readers(of: centred).allSatisfy({ [square.output, quotient.output].contains($0.output) })
    else { return nil }
    var inner: Set<ValueID> = [
      mean.output, centred, square.output, variance.output, sum.output, root.output, quotient.output,
    ]
    // Factors and summands of the features, as far as they are there.
    var last = quotient
    var scale: Tensor?
    var shift: Tensor?
    while shift == nil, let next = soleReader(last.output), let affine = next.operation as? Binary,
      let constant = affine.constant?.tensor, constant.count == size, constant.shape.dimensions.last == size,
      self.shape(next.output) == shape
    {
      if case .multiply = affine.combination, scale == nil {
        scale = constant
      } else if case .add = affine.combination {
        shift = constant
      } else {
        break
      }
      inner.insert(next.output)
      last = next
    }
    let operation = LayerNormalization(
      axis: shape.rank - 1, epsilon: epsilon, scale: scale ?? Tensor(repeating: 1, shape: Shape([size])), shift: shift)
    return Fusion(
      node: Node(name: last.name, type: last.type, operation: operation, inputs: [x], output: last.output),
      inner: inner.subtracting([last.output]))
  }

  /// The step that makes a value which one other reads.
  private func soleMaker(_ value: ValueID) -> Node? { soleReader(value) == nil ? nil : maker(value) }

  /// The mean over the features that a step takes off its other operand; nil where it does something else.
  private func centre(_ step: Node) -> Node? {
    guard let difference = step.operation as? Binary, case .subtract = difference.combination,
      difference.constant == nil, step.inputs.count == 2, let mean = soleMaker(step.inputs[1]), averagesFeatures(mean),
      mean.inputs == [step.inputs[0]]
    else { return nil }
    return mean
  }

  private func averagesFeatures(_ step: Node) -> Bool {
    guard let mean = step.operation as? Reduce, mean.kind == .mean, mean.keepsAxes else { return false }
    return mean.axes == [shape(step.inputs[0]).rank - 1]
  }

  private func isSquare(_ step: Node, of value: ValueID) -> Bool {
    if let power = step.operation as? ConstantPower { return power.isSquare && step.inputs == [value] }
    return (step.operation as? Binary)?.isProduct == true && step.inputs == [value, value]
  }
}
