internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles

/// The matrix of pairs of regions as a heat map.
struct MatrixPicturePart: ResultPart {
  let role = "matrix_picture"
  let ending = "_matrix.png"
  private let chart: HeatMap

  static func parts(of result: DrawnResult) throws(PellucidError) -> [MatrixPicturePart] {
    let explanation = result.explanation
    guard let matrix = explanation.relevance.matrix else { return [] }
    let names = explanation.names(of: matrix)
    var options = ChartOptions()
    options.title = explanation.title
    options.subtitle = explanation.record.answer
    options.label = "interaction, diagonal: drop (\(explanation.scoreName))"
    options.width = min(400, max(120, 60 + 5 * Double(names.count)))
    return [
      MatrixPicturePart(chart: try HeatMap(rows: names, columns: names, values: matrix.values, options: options))
    ]
  }

  func write(to path: String) throws(PellucidError) { try AtomicFile.write(chart.png(), to: path) }
}
