public import Faults

extension OnnxModel {
  /// Reads a model file.
  ///
  /// - Throws: `.badData` if the file cannot be read or is no sound model, `.unsupported` for an operator set older than 7 and
  ///   for element types that Pellucid does not read.
  public init(contentsOf path: String) throws(PellucidError) {
    throw .init(.internalFault, what: "reading models is not written yet")
  }

  /// The SHA-256 of the model file, 64 lower-case hexadecimal digits.
  ///
  /// - Throws: `.badData` if the file is gone or has changed since it was read.
  /// - Complexity: reads the whole file.
  public func sha256() throws(PellucidError) -> String {
    throw .init(.internalFault, what: "hashing models is not written yet")
  }
}
