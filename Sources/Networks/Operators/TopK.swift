internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// The k largest or smallest values along an axis, in their order (ONNX TopK), such as the best slices of a scan; of equals the first.
///
/// Their places, its second output, are not made. Each gradient goes to where its value came from.
package struct TopK: Operator {
  package static let onnxNames = ["TopK"]
  package let role = Role.maximum
  package let gradientNeeds: GradientNeeds = .inputs
  private let axis: Int
  private let count: Int
  private let takesLargest: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    axis = try node.axis(node.node.int("axis", default: -1), rank: input.rank)
    guard let count = try node.integers(input: 1, attribute: "k")?.first, (1...max(1, input[axis])).contains(count)
    else {
      throw .malformed(node.node, "k is no number of values of an axis of \(input[axis])")
    }
    self.count = count
    takesLargest = try node.node.flag("largest", default: true)
    guard input[axis] < 1 << 31 else { throw .malformed(node.node, "an axis of \(input[axis])") }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var made = inputs[0].dimensions
    guard made[axis] >= count else { throw .shapes("a TopK", inputs, "axis \(axis) has fewer than \(count) values") }
    made[axis] = count
    return Shape(made)
  }

  package var field: SpatialField { .mixed([axis]) }
  package var mixesImages: Bool { axis == 0 }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { try chosen(inputs[0]).values }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let (x, dy) = (saved.input(), upstream.ordered(.rowMajor))
    let places = try chosen(x).places
    var dx = Tensor(unfilled: x.shape, order: .rowMajor)
    let (outer, extent, inner) = extents(x.shape)
    precondition(places.count == dy.count && dy.count == Int(outer * inner) * count)
    unsafe places.withUnsafeBufferPointer { from in
      guard let from = from.baseAddress else { return }
      dy.withValues { dy in
        dx.withMutableValues { dx in
          unsafe pk_top_k_gradient(outer, extent, inner, Int64(count), from, dy.start, dx.start)
        }
      }
    }
    return [dx]
  }

  private func extents(_ shape: Shape) -> (outer: Int64, extent: Int64, inner: Int64) {
    let product = { (part: ArraySlice<Int>) in Int64(part.reduce(1, *)) }
    return (product(shape.dimensions[..<axis]), Int64(shape[axis]), product(shape.dimensions[(axis + 1)...]))
  }

  private func chosen(_ input: Tensor) throws(PellucidError) -> (values: Tensor, places: [Int32]) {
    let x = input.ordered(.rowMajor)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .rowMajor)
    var places = [Int32](repeating: 0, count: y.count)
    let (outer, extent, inner) = extents(x.shape)
    unsafe places.withUnsafeMutableBufferPointer { to in
      guard let to = to.baseAddress else { return }
      x.withValues { x in
        y.withMutableValues { y in
          unsafe pk_top_k(outer, extent, inner, Int64(count), takesLargest ? 1 : 0, x.start, y.start, to)
        }
      }
    }
    return (y, places)
  }
}
