internal import Attribution
internal import Faults
internal import Files
internal import Reports

/// A table that the method made beside its map, under the name that it gave it.
struct MethodTablePart: ResultPart {
  private let table: MethodTable
  var role: String { table.name }
  var ending: String { "_\(table.name).tsv" }

  static func parts(of result: DrawnResult) -> [MethodTablePart] {
    result.explanation.relevance.tables.map { MethodTablePart(table: $0) }
  }

  func write(to path: String) throws(PellucidError) {
    let lines = table.rows.map { row in row.map(Self.text).joined(separator: "\t") }
    let text = ([table.columns.joined(separator: "\t")] + lines).joined(separator: "\n") + "\n"
    try AtomicFile.write(text, to: path)
  }

  private static func text(_ value: Relevance.Fact.Value) -> String {
    switch value {
    case .text(let text): String(text.map { $0.isWhitespace ? " " : $0 })
    case .number(let number): NumberText.significant(number)
    case .numbers(let numbers): numbers.map { NumberText.significant($0) }.joined(separator: ",")
    case .integers(let numbers), .list(let numbers): numbers.map { "\($0)" }.joined(separator: ",")
    case .table(let table): table.name
    }
  }
}
