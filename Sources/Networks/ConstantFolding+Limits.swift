internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// The rule that keeps constant folding from trapping, whatever a file says.
///
/// 1. Operands are numbers (``fold(_:_:)`` refuses strings before any rule sees them) that fill extents which a tensor can have
///    (``OnnxTensor/isWhole``, held where a constant comes in: as an initializer or an attribute).
/// 2. A rule states the extents of what it makes to ``OperatorContext/claim(_:from:)`` before it allocates or walks; what is too large
///    is refused there, naming the node.
/// 3. Integers wrap around (a running sum that does is refused), and floats become integers only by ``Swift/Int64/init(saturating:)``.
/// 4. What all nodes make together is bounded as well (``Allowance``).
extension ConstantFolding {
  /// Values that one constant may have however small its operands are.
  static let mostConstants = 1 << 26

  /// Multiply-adds that one operator of the engine may do on constants: seconds.
  static let mostWork = 1 << 36

  /// Values that constants made at load may have together, all told and at a time: some, and a few times those that the file holds.
  struct Allowance {
    private var left: Int
    private var leftAtATime: Int

    init(_ graph: OnnxGraph) {
      let own = graph.initializers.values.reduce(0) { $0 + $1.count }
      left = 4 * ConstantFolding.mostConstants + 16 * own
      leftAtATime = 2 * ConstantFolding.mostConstants + 8 * own
    }

    /// Tensors that were taken and not given back.
    private var taken: [String: Int] = [:]

    /// Takes what a node made, if it made values rather than passed them on.
    mutating func take(_ made: [OnnxTensor], by node: OnnxNode) throws(PellucidError) {
      guard !["Constant", "Identity"].contains(node.operation) else { return }
      for (name, tensor) in zip(node.outputs, made) where taken.updateValue(tensor.count, forKey: name) == nil {
        try take(tensor.count, by: node)
      }
    }

    mutating func take(_ values: Int, by node: OnnxNode) throws(PellucidError) {
      left -= values
      leftAtATime -= values
      guard left >= 0, leftAtATime >= 0 else { throw .tooManyConstants(node) }
    }

    /// Gives back what nobody reads any more.
    mutating func release(_ name: String) { leftAtATime += taken.removeValue(forKey: name) ?? 0 }
  }
}

extension OperatorContext {
  /// The number of values of a constant that is about to be made from others.
  ///
  /// - Throws: `.badData` naming the node where the extents are not a tensor's, or make far more values than the operands have.
  func claim(_ extents: [Int], from operands: [OnnxTensor]) throws(PellucidError) -> Int {
    guard OnnxTensor.canHave(extents) else {
      throw .malformed(node, "it makes \(Shape(extents)), which no tensor can be")
    }
    let count = extents.reduce(1, *)
    guard count <= operands.reduce(ConstantFolding.mostConstants, { $0 + 4 * $1.count }) else {
      throw .tooManyConstants(node)
    }
    return count
  }

  /// Where two or more constants can be broadcast together, their common extents.
  func claimBroadcast(_ operands: [OnnxTensor]) throws(PellucidError) -> [Int] {
    var all = Shape([])
    for operand in operands {
      guard let wider = Shape.broadcast(all, Shape(operand.dimensions)) else {
        throw .malformed(node, "its operands do not fit")
      }
      all = wider
    }
    _ = try claim(all.dimensions, from: operands)
    return all.dimensions
  }
}

extension Int64 {
  /// The integer towards 0; the largest or smallest where there is none that large, the smallest for what is not a number.
  init(saturating value: Double) {
    // 2⁶³ is a Double, Int64.max is not.
    self = value >= 0x1p63 ? .max : value >= -0x1p63 ? Int64(value) : .min
  }

  /// The same of a float.
  init(saturating value: Float) { self.init(saturating: Double(value)) }
}
