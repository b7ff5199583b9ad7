internal import PellucidAttribution
internal import PellucidTables

extension MethodTable {
  /// A header and a row a line, tab-separated.
  var tsv: String {
    Table(columns.enumerated().map { place, name in .text(name, rows.map { Self.text($0[place]) }) }).tsv
  }

  /// A value as text; nil: a number that is not finite.
  private static func text(_ value: Relevance.Fact.Value) -> String? {
    switch value {
    case .text(let text): text
    case .number(let number): number.isFinite ? NumberText.significant(number) : nil
    case .numbers(let numbers): numbers.map { NumberText.significant($0) }.joined(separator: ",")
    case .integers(let numbers), .list(let numbers): numbers.map { "\($0)" }.joined(separator: ",")
    case .table(let table): table.name
    }
  }
}
