public import PellucidFaults

/// A method without parameters.
public protocol ParameterlessMethod: AttributionMethod {
  /// The method.
  init()
}

extension ParameterlessMethod {
  /// The method, whatever values there are.
  public init(_ values: OptionValues) throws(PellucidError) { self.init() }

  /// None.
  public static var options: [MethodOption] { [] }

  /// None.
  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues { [:] }
}
