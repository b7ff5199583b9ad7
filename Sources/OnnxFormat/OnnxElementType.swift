/// The element types of ONNX tensors, numbered as in the standard (`TensorProto.DataType`).
public enum OnnxElementType: Int, Sendable, Hashable, CaseIterable {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case string = 8
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case complex64 = 14
  case complex128 = 15
  case bfloat16 = 16
  case float8e4m3fn = 17
  case float8e4m3fnuz = 18
  case float8e5m2 = 19
  case float8e5m2fnuz = 20
  case uint4 = 21
  case int4 = 22
  case float4e2m1 = 23
  case float8e8m0 = 24
  case uint2 = 25
  case int2 = 26
}

extension OnnxElementType {
  /// Whether tensors of this type hold their values as ``OnnxTensor/Values/floats(_:)``: float, double, float16 and bfloat16.
  public var isFloat: Bool {
    switch self {
    case .float, .double, .float16, .bfloat16: true
    default: false
    }
  }

  /// Whether tensors of this type hold their values as ``OnnxTensor/Values/integers(_:)``: integers of 8 to 64 bits, and bool.
  public var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32, .uint64: true
    default: false
    }
  }

  /// The bytes of one element in raw form, or nil for strings and for the types that Pellucid does not read.
  package var bytesPerElement: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float, .int32, .uint32: 4
    case .double, .int64, .uint64: 8
    default: nil
    }
  }
}
