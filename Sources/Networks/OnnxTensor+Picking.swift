internal import PellucidOnnxFormat
internal import PellucidTensors

extension OnnxTensor {
  static func floats(_ values: [Float], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: dimensions, values: .floats(values))
  }

  static func integers(_ values: [Int64], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .int64, dimensions: dimensions, values: .integers(values))
  }

  /// The values as floats, whatever their type; strings are not numbers.
  var asFloats: [Float] {
    switch values {
    case .floats(let values): values
    case .integers(let values): values.map { Float($0) }
    case .strings(let values): Array(repeating: .nan, count: values.count)
    }
  }

  /// The values at these places, as a tensor of these extents.
  func picked(_ places: [Int], _ dimensions: [Int]) -> OnnxTensor {
    if let integers { return .integers(places.map { integers[$0] }, dimensions) }
    let values = asFloats
    return .floats(places.map { values[$0] }, dimensions)
  }

  /// The values from a place on, read with these strides.
  ///
  /// - Parameter shape: the extents of what is made, where they are others than those that are walked.
  /// - Precondition: all places are this tensor's; the extents are ones that a tensor can have.
  func picked(from start: Int = 0, strides: [Int], _ extents: [Int], as shape: [Int]? = nil) -> OnnxTensor {
    if let integers { return .integers(Self.walk(integers, start, strides, extents), shape ?? extents) }
    return .floats(Self.walk(asFloats, start, strides, extents), shape ?? extents)
  }

  /// NumPy's broadcast to larger extents.
  func broadcast(to target: [Int]) -> OnnxTensor {
    guard target != dimensions else { return self }
    let own = Shape(dimensions).strides(in: .rowMajor)
    let missing = target.count - dimensions.count
    return picked(
      strides: target.indices.map { $0 < missing || dimensions[$0 - missing] == 1 ? 0 : own[$0 - missing] }, target)
  }

  private static func walk<Value>(_ values: [Value], _ start: Int, _ strides: [Int], _ extents: [Int]) -> [Value] {
    let count = extents.contains(0) ? 0 : extents.reduce(1, *)
    guard count > 0, let last = extents.last, let step = strides.last else {
      return count > 0 ? [values[start]] : []
    }
    var picked: [Value] = []
    picked.reserveCapacity(count)
    // Like an odometer: the last axis in a loop of its own, the others counted.
    var index = Array(repeating: 0, count: extents.count - 1)
    var place = start
    while true {
      for i in 0..<last { picked.append(values[place + i * step]) }
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < extents[axis] { break }
        place -= extents[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return picked }
    }
  }
}
