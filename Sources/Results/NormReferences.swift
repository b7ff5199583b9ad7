internal import PellucidTables

/// The references that a patient's regions were held against, as the record and pictures tell of them.
public struct NormReferences: Sendable {
  /// The group, such as `CN`.
  public var group: String
  /// How many they are.
  public var count: Int
  /// The column of region tables that was compared, such as `sum`.
  public var by: String
  /// What was regressed out, with the patient's own values.
  public var covariates: [(name: String, value: Double)]

  /// References of a group.
  public init(group: String, count: Int, by: String, covariates: [(name: String, value: Double)]) {
    (self.group, self.count, self.by, self.covariates) = (group, count, by, covariates)
  }

  /// Who they are and what was compared: `36 CN, by sum, at age 73`.
  public var words: String {
    let own = covariates.map { "\($0.name) \(NumberText.significant($0.value, digits: 4))" }
    return "\(count) \(group), by \(by)" + (own.isEmpty ? "" : ", at " + own.joined(separator: ", "))
  }

  /// In what steps so many references tell percentiles.
  public var step: String { NumberText.significant(100 / Double(max(1, count)), digits: 2) }

  /// How many of so many regions lie beyond ±2 standard deviations where nothing is the matter (4.6 %, the normal distribution's).
  public static func expected(of regions: Int) -> Int { Int((0.0455 * Double(regions)).rounded()) }

  /// As the record has them.
  package var json: JSONValue {
    [
      "group": .string(group), "references": .integer(count), "by": .string(by),
      "covariates": .strings(covariates.map(\.name)), "covariate_values": .numbers(covariates.map(\.value)),
    ]
  }
}
