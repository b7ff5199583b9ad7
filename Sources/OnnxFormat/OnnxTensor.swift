/// A constant array as an ONNX file holds it, in row-major order of its dimensions.
public struct OnnxTensor: Sendable, Equatable {
  /// The elements, in the widest form that the engine needs.
  public enum Values: Sendable, Equatable {
    /// float32 as stored; float16 and bfloat16 exactly; double rounded to the nearest float32.
    case floats([Float])
    /// Every integer type, exactly; bool as 0 and 1.
    case integers([Int64])
    /// Strings, decoded as UTF-8.
    case strings([String])
  }

  /// The tensor's name; may be empty for tensors that are attributes.
  public var name: String
  /// The type that the file states, before conversion.
  public var elementType: OnnxElementType
  /// The extents, none of them negative; empty for a scalar.
  public var dimensions: [Int]
  /// The elements; as many as the product of ``dimensions``.
  public var values: Values

  /// A tensor of its four facts.
  ///
  /// - Precondition: the dimensions are ones that a tensor can have (not negative, at most 12, together at most 2³² values), and there
  ///   are as many values as their product.
  public init(name: String = "", elementType: OnnxElementType, dimensions: [Int], values: Values) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
    self.values = values
    precondition(isWhole, "the values of an OnnxTensor must fill its dimensions")
  }

  /// Whether its dimensions are ones that a tensor can have, and its values fill them.
  package var isWhole: Bool { Self.canHave(dimensions) && count == dimensions.reduce(1, *) }

  /// The number of elements.
  public var count: Int {
    switch values {
    case .floats(let values): values.count
    case .integers(let values): values.count
    case .strings(let values): values.count
    }
  }

  /// The elements if they are floats, else nil.
  public var floats: [Float]? {
    if case .floats(let values) = values { values } else { nil }
  }

  /// The elements if they are integers or bools, else nil.
  public var integers: [Int64]? {
    if case .integers(let values) = values { values } else { nil }
  }

  /// The elements if they are strings, else nil.
  public var strings: [String]? {
    if case .strings(let values) = values { values } else { nil }
  }
}
