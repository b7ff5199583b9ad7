public import PellucidFaults
internal import PellucidStatistics
public import PellucidSubjects
internal import PellucidTables

/// How the subjects' place inside a network follows covariates: a Gaussian process from them to each layer's first coordinates.
public enum CoordinateCourse {
  /// A table `layer component covariate value mean sd subjects_sd explained`.
  ///
  /// - Parameters:
  ///   - names: covariates; the first is followed.
  ///   - components: how many of each layer.
  /// - Throws: what ``CovariateProcess`` throws.
  public static func write(
    _ manifold: Manifold, of table: SubjectTable, along names: [String], steps: Int = 9, components: Int = 3,
    into writer: ViewWriter
  ) throws(PellucidError) {
    var rows: [(layer: String, component: Int, name: String, point: CovariateProcess.Point, CovariateProcess)] = []
    for layer in manifold.layers {
      guard let found = layer.components else { continue }
      let process = try CovariateProcess(
        found.coordinates.map { Array($0.prefix(components)) }, of: table, along: names)
      for component in process.processes.indices {
        for point in process.course(steps) {
          rows.append((layer.choice.name, component, process.columns[0].name, point, process))
        }
      }
    }
    try writer.add(
      Table([
        .text("layer", rows.map(\.layer)), .whole("component", rows.map { $0.component + 1 }),
        .text("covariate", rows.map(\.name)), .text("value", rows.map(\.point.name)),
        .number("mean", rows.map { $0.point.means[$0.component] }),
        .number("sd", rows.map { $0.point.deviations[$0.component] }),
        .number("subjects_sd", rows.map { $0.4.processes[$0.component]?.noise }),
        .number("explained", rows.map { $0.4.explained[$0.component] }),
      ]), role: "course", ending: "_course.tsv")
  }
}
