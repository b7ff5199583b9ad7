internal import PellucidFaults

extension PellucidError {
  static func layerNotMade(_ name: String) -> Self {
    .init(
      .usage, what: "the layer \(name) lies behind the logits",
      why: "what is looked at ends before the output activation",
      remedy: "choose an earlier one as `layer`")
  }

  static func rowsDiffer(_ layer: String, _ scan: String, _ before: Int, _ now: Int) -> Self {
    .init(
      .badData, at: .init(file: scan), what: "the layer \(layer) has \(now) values here",
      why: "of the scans before it has \(before)",
      remedy: "state input.shape in the model card, or take the mean as `pool`")
  }

  static func rowsTooLarge(scans: Int, bytes: Int, limit: Int) -> Self {
    .init(
      .badData,
      what: "all values of \(scans) scans take \(bytes >> 20) MiB, more than the \(limit >> 20) MiB of the limit",
      remedy: "take mean as `pool`, fewer layers, or a larger `memory`")
  }

  static func tooFewSubjects(_ path: String, _ count: Int, wanted: Int) -> Self {
    .init(
      .badData, at: .init(file: path), what: "\(count) scan\(count == 1 ? "" : "s"), and at least \(wanted) are needed",
      remedy: "name more")
  }

  static func subjectWithoutScan(_ path: String, line: Int) -> Self {
    .init(
      .badData, at: .init(file: path, part: "line \(line)"), what: "the line names no image",
      remedy: "fill in the column image, or remove the line")
  }
}
