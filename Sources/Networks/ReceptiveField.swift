/// What one cell of a layer sees of the input along D, H, W.
public struct ReceptiveField: Hashable, Sendable {
  /// Input voxels seen by a cell.
  public var size: [Int]
  /// Input voxels between neighbouring cells.
  public var jump: [Int]
  /// Input coordinate of the centre of what cell 0 sees; may lie outside, in the padding.
  public var centre: [Double]
  /// Whether a step before the layer looks at the whole input (a global pool, a dense layer, attention).
  public var seesEverything: Bool

  /// The image itself.
  static let input = ReceptiveField(size: [1, 1, 1], jump: [1, 1, 1], centre: [0, 0, 0], seesEverything: false)

  /// The receptive field of a value's cells; where branches meet, the larger one.
  public static func of(_ value: ValueID, in graph: Graph) -> ReceptiveField {
    var fields: [ValueID: ReceptiveField] = [graph.input: .input]
    for node in graph.nodes {
      let before = node.inputs.compactMap { fields[$0] }
      guard let widest = before.max(by: { $0.size.reduce(0, +) < $1.size.reduce(0, +) }) else { continue }
      fields[node.output] = widest.after(node.operation.field)
      fields[node.output]?.seesEverything =
        before.contains(where: \.seesEverything) || node.operation.field == .everything
      if node.output == value { break }
    }
    return fields[value] ?? .input
  }

  /// What a cell behind one more operator sees.
  func after(_ field: SpatialField) -> ReceptiveField {
    guard case .window(let window) = field else { return self }
    var next = self
    for axis in 0..<3 {
      let reach = (window.kernel[axis] - 1) * window.dilation[axis]
      next.size[axis] = size[axis] + reach * jump[axis]
      next.centre[axis] = centre[axis] + (Double(reach) / 2 - Double(window.padBefore[axis])) * Double(jump[axis])
      next.jump[axis] = jump[axis] * window.stride[axis]
    }
    return next
  }
}
