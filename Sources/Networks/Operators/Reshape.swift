package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// The same values under another shape: ONNX Reshape, Flatten, Squeeze and Unsqueeze.
///
/// ONNX numbers values with the last axis fastest, so a channels-last activation is first laid out so.
package struct Reshape: Operator {
  package static let onnxNames = ["Reshape", "Flatten", "Squeeze", "Unsqueeze"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  /// The output's shape for one image; its first extent is the batch where the input's is.
  private let target: Shape
  private let input: Shape

  package init(_ node: OperatorContext) throws(PellucidError) {
    input = try node.shape()
    target = try Self.target(node, input)
    guard target.isManageable, target.count == input.count else {
      throw .shapes("node \(node.node.name)", [input, target], "a reshape keeps the number of values")
    }
  }

  private static func target(_ node: OperatorContext, _ input: Shape) throws(PellucidError) -> Shape {
    let dims = input.dimensions
    switch node.node.operation {
    case "Flatten":
      let wanted = try node.node.int("axis", default: 1)
      let axis = wanted < 0 ? wanted + dims.count : wanted
      guard (0...dims.count).contains(axis) else { throw .malformed(node.node, "axis \(wanted)") }
      return Shape([dims[..<axis].reduce(1, *), dims[axis...].reduce(1, *)])
    case "Squeeze":
      guard let axes = try node.integers(input: 1, attribute: "axes") else { return Shape(dims.filter { $0 != 1 }) }
      var drop: Set<Int> = []
      for axis in axes { drop.insert(try node.axis(axis, rank: dims.count)) }
      guard drop.allSatisfy({ dims[$0] == 1 }) else {
        throw .malformed(node.node, "axes \(axes) of \(input) are not all 1")
      }
      return Shape(dims.indices.filter { !drop.contains($0) }.map { dims[$0] })
    case "Unsqueeze":
      let axes = try node.integers(input: 1, attribute: "axes") ?? []
      var place: Set<Int> = []
      for axis in axes { place.insert(try node.axis(axis, rank: dims.count + axes.count)) }
      guard place.count == axes.count else { throw .malformed(node.node, "axes \(axes) name one twice") }
      var rest = dims[...]
      var out: [Int] = []
      for axis in 0..<(dims.count + place.count) {
        out.append(place.contains(axis) ? 1 : rest.popFirst() ?? 1)
      }
      return Shape(out)
    default:
      guard let list = try node.integers(input: 1, attribute: "shape") else {
        throw .malformed(node.node, "its shape is missing")
      }
      let zeroIsZero = try node.node.flag("allowzero", default: false)
      var out: [Int] = []
      for (axis, extent) in list.enumerated() {
        if extent == 0, !zeroIsZero {
          guard axis < dims.count else { throw .malformed(node.node, "shape \(list) copies an axis that is not there") }
          out.append(dims[axis])
        } else {
          out.append(extent)
        }
      }
      if let open = out.firstIndex(of: -1) {
        out[open] = 1
        let known = Shape(out)
        guard known.isManageable, known.count > 0, input.count % known.count == 0 else {
          throw .shapes("node \(node.node.name)", [input, Shape(list)], "the open extent does not come out even")
        }
        out[open] = input.count / known.count
      }
      guard out.allSatisfy({ $0 >= 0 }) else { throw .malformed(node.node, "shape \(list)") }
      return Shape(out)
    }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    guard input.count > 0 else { return target }
    let n = inputs[0].count / input.count
    guard inputs[0].count == input.count * n else {
      throw .shapes("a reshape", [inputs[0], target], "it was made for \(input)")
    }
    if n == 1 { return target }
    guard let first = target.dimensions.first else { throw .shapes("a reshape", inputs, "it has no batch axis") }
    return target.withBatch(first * n)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    inputs[0].ordered(.rowMajor).reinterpreted(as: try shape(of: [inputs[0].shape]), order: .rowMajor)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [upstream.ordered(.rowMajor).reinterpreted(as: saved.inputShapes[0], order: .rowMajor)]
  }

  /// An axis stays one where as many values lie before it and along it as before.
  ///
  /// Where extents of 1 can be found in several places, an axis of the image keeps its own rather than the channels theirs.
  package var field: SpatialField {
    let (first, last) = (places(fromTheEnd: false), places(fromTheEnd: true))
    let lost = { (places: [Int?]) in places.dropFirst(2).count { $0 == nil } }
    return .moved(lost(last) < lost(first) ? last : first)
  }

  /// Which axis of the output each axis of the input has become: one of its extent, with as many values before it (or behind).
  private func places(fromTheEnd: Bool) -> [Int?] {
    let (own, other) =
      fromTheEnd
      ? (Array(input.dimensions.reversed()), Array(target.dimensions.reversed()))
      : (input.dimensions, target.dimensions)
    var next = 0
    var places: [Int?] = []
    for axis in own.indices {
      let before = own[..<axis].reduce(1, *)
      let found = (next..<max(next, other.count)).first { place in
        other[place] == own[axis] && other[..<place].reduce(1, *) == before
      }
      places.append(found)
      if let found { next = found + 1 }
    }
    return fromTheEnd ? places.reversed().map { $0.map { other.count - 1 - $0 } } : places
  }
}
