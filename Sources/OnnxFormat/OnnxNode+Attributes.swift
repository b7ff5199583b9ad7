public import PellucidFaults

// Typed access to attributes. An attribute that is absent gives nil or the default; one of another kind than the operator's
// definition says is an error that names node, attribute and both kinds (without the file: callers add it with `located(in:)`).
extension OnnxNode {
  /// The integer attribute of this name.
  public func int(_ name: String) throws(PellucidError) -> Int? {
    guard let attribute = attributes[name] else { return nil }
    guard case .int(let value) = attribute else { throw .attributeKind(self, name, attribute, wanted: "an integer") }
    return value
  }

  /// The integer attribute of this name, or the default where it is absent.
  public func int(_ name: String, default fallback: Int) throws(PellucidError) -> Int {
    try int(name) ?? fallback
  }

  /// The integer attribute of this name read as a truth value (0 is false), or the default where it is absent.
  public func flag(_ name: String, default fallback: Bool) throws(PellucidError) -> Bool {
    try int(name).map { $0 != 0 } ?? fallback
  }

  /// The list of integers of this name.
  public func ints(_ name: String) throws(PellucidError) -> [Int]? {
    guard let attribute = attributes[name] else { return nil }
    if case .ints(let values) = attribute { return values }
    throw .attributeKind(self, name, attribute, wanted: "a list of integers")
  }

  /// The float attribute of this name.
  public func float(_ name: String) throws(PellucidError) -> Float? {
    guard let attribute = attributes[name] else { return nil }
    guard case .float(let value) = attribute else { throw .attributeKind(self, name, attribute, wanted: "a float") }
    return value
  }

  /// The float attribute of this name, or the default where it is absent.
  public func float(_ name: String, default fallback: Float) throws(PellucidError) -> Float {
    try float(name) ?? fallback
  }

  /// The list of floats of this name.
  public func floats(_ name: String) throws(PellucidError) -> [Float]? {
    guard let attribute = attributes[name] else { return nil }
    if case .floats(let values) = attribute { return values }
    throw .attributeKind(self, name, attribute, wanted: "a list of floats")
  }

  /// The string attribute of this name.
  public func string(_ name: String) throws(PellucidError) -> String? {
    guard let attribute = attributes[name] else { return nil }
    guard case .string(let value) = attribute else { throw .attributeKind(self, name, attribute, wanted: "a string") }
    return value
  }

  /// The string attribute of this name, or the default where it is absent.
  public func string(_ name: String, default fallback: String) throws(PellucidError) -> String {
    try string(name) ?? fallback
  }

  /// The list of strings of this name.
  public func strings(_ name: String) throws(PellucidError) -> [String]? {
    guard let attribute = attributes[name] else { return nil }
    if case .strings(let values) = attribute { return values }
    throw .attributeKind(self, name, attribute, wanted: "a list of strings")
  }

  /// The tensor attribute of this name.
  public func tensor(_ name: String) throws(PellucidError) -> OnnxTensor? {
    guard let attribute = attributes[name] else { return nil }
    // The reader holds the second of files; a model may have been made of values instead.
    guard case .tensor(let value) = attribute, value.isWhole else {
      throw .attributeKind(self, name, attribute, wanted: "a tensor whose values fill its extents")
    }
    return value
  }

  /// The graph attribute of this name (the branches and bodies of If, Loop and Scan).
  public func graph(_ name: String) throws(PellucidError) -> OnnxGraph? {
    guard let attribute = attributes[name] else { return nil }
    guard case .graph(let value) = attribute else { throw .attributeKind(self, name, attribute, wanted: "a graph") }
    return value
  }
}
