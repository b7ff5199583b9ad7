internal import OnnxFormat
internal import Tensors

extension OnnxTensor {
  static func floats(_ values: [Float], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: dimensions, values: .floats(values))
  }

  static func integers(_ values: [Int64], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .int64, dimensions: dimensions, values: .integers(values))
  }

  /// The values as floats, whatever their type.
  var asFloats: [Float] { floats ?? integers?.map { Float($0) } ?? [] }

  /// The values at these places, as a tensor of these extents.
  func picked(_ places: [Int], _ dimensions: [Int]) -> OnnxTensor {
    if let integers { return .integers(places.map { integers[$0] }, dimensions) }
    let values = asFloats
    return .floats(places.map { values[$0] }, dimensions)
  }

  /// The values at the product of index lists, one list an axis.
  func picked(along lists: [[Int]]) -> OnnxTensor {
    let strides = Shape(dimensions).strides(in: .rowMajor)
    var places = [0]
    for (axis, list) in lists.enumerated() {
      places = places.flatMap { place in list.map { place + $0 * strides[axis] } }
    }
    return picked(places, lists.map(\.count))
  }

  /// The values read with these strides.
  func picked(strides: [Int], _ dimensions: [Int]) -> OnnxTensor {
    var places = [0]
    for (stride, extent) in zip(strides, dimensions) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return picked(places, dimensions)
  }

  /// NumPy's broadcast to larger extents.
  func broadcast(to target: [Int]) -> OnnxTensor {
    guard target != dimensions else { return self }
    let own = Shape(dimensions).strides(in: .rowMajor)
    let missing = target.count - dimensions.count
    return picked(
      strides: target.indices.map { $0 < missing || dimensions[$0 - missing] == 1 ? 0 : own[$0 - missing] }, target)
  }
}
