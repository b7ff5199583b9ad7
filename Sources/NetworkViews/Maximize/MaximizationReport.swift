public import PellucidFaults
internal import PellucidFigures
public import PellucidPreprocessing
public import PellucidResults
public import PellucidTables
internal import PellucidTensors
internal import PellucidVolumes

/// What is written of a maximization: the images, a volume a seed (and channel), what they differ by from where they began, a picture of
/// the strongest, and the course of the activation.
public struct MaximizationReport: Sendable {
  /// What was run.
  public let maximization: Maximization
  /// An image a seed.
  public let found: [Maximization.Found]
  /// Where the input lies.
  public let world: InputWorld
  /// The way back to the scan that it began with; nil: there was none.
  public let path: GridPath?

  /// A report of what was found, at least one image.
  public init(_ maximization: Maximization, _ found: [Maximization.Found], world: InputWorld, path: GridPath?) {
    precondition(!found.isEmpty, "something was found")
    (self.maximization, self.found, self.world, self.path) = (maximization, found, world, path)
  }

  /// The image with the largest activation.
  public var best: Maximization.Found { found.max { $0.activation < $1.activation } ?? found[0] }

  /// The table's columns: `seed step activation`, step 0 before the first, the last at the end of all.
  public var course: Table {
    let rows = found.flatMap { run in run.course.enumerated().map { (run.seed, $0.offset, $0.element) } }
    return Table([
      .whole("seed", rows.map(\.0)), .whole("step", rows.map(\.1)), .number("activation", rows.map(\.2)),
    ])
  }

  /// What the record says was found.
  public var facts: JSONValue {
    .object([
      .init("unit", .string(maximization.goal.name)), .init("activation", .number(best.activation)),
      .init("best_seed", .integer(best.seed)),
      .init(
        "seeds",
        .array(
          found.map { run in
            .object([
              .init("seed", .integer(run.seed)), .init("activation_before", .number(run.course[0])),
              .init("activation", .number(run.activation)),
            ])
          })), .init("units", "as the network takes its input"),
      .init("volumes", .strings(found.flatMap { run in channels.map { "seed \(run.seed)" + $0 } })),
    ])
  }

  private var channels: [String] {
    let count = maximization.base.shape[1]
    return count == 1 ? [""] : (0..<count).map { ", channel \($0)" }
  }

  private func volume(_ image: Tensor) -> Volume {
    path.map { $0.back(image, extensive: false, onModelGrid: true) } ?? world.volume(of: image)
  }

  /// Adds the files.
  /// - Throws: `.output` where one cannot be written.
  public func add(to writer: ViewWriter) throws(PellucidError) {
    let images = found.map { volume($0.image) }
    try writer.add(joined(images), description: "maximize")
    let base = volume(maximization.base)
    if path != nil {
      let changes = found.map { volume($0.image.combined(.subtract, with: maximization.base)) }
      try writer.add(joined(changes), role: "change", ending: "_change.nii.gz", description: "maximize, change")
    }
    try writer.add(course, role: "course", ending: "_course.tsv")
    try writer.add(try picture(base).png())
    try writer.add(try chart().png(), role: "course_picture", ending: "_course.png")
  }

  private func joined(_ volumes: [Volume]) -> Volume {
    var all = volumes[0]
    all.channels = volumes.reduce(0) { $0 + $1.channels }
    all.voxels = volumes.flatMap(\.voxels)
    return all
  }

  private func picture(_ base: Volume) throws(PellucidError) -> Montage {
    var options = MontageOptions()
    options.title = maximization.goal.name
    options.subtitle =
      "activation \(NumberText.significant(best.activation, digits: 4)), at the start "
      + "\(NumberText.significant(best.course[0], digits: 4)); seed \(best.seed)"
    options.slices = 6
    guard path != nil else {
      options.crop = .none
      options.spread = .even
      return try Montage(anatomy: volume(best.image), overlay: nil, options: options)
    }
    options.label = "change (network's input)"
    let change = volume(best.image.combined(.subtract, with: maximization.base))
    return try Montage(anatomy: base, overlay: change, options: options)
  }

  private func chart() throws(PellucidError) -> LineChart {
    var options = ChartOptions()
    options.title = maximization.goal.name
    options.label = "activation"
    let lines = found.map { run in
      LineChart.Line(name: "seed \(run.seed)", x: run.course.indices.map(Double.init), y: run.course)
    }
    return try LineChart([.init(title: "activation by step", lines: lines)], axis: "step", options: options)
  }
}

extension AscentSettings {
  /// The settings in force, for the record.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("steps", .integer(steps)), .init("rate", .single(rate)), .init("optimizer", .string(optimizer.rawValue)),
      .init("parametrization", .string(parametrization.rawValue)), .init("normalize", .string(normalization.rawValue)),
      .init("decay", .single(decay)), .init("blur", .number(blur)), .init("small-norm", .single(smallNorm)),
      .init("small-contribution", .single(smallContribution)), .init("jitter", .number(jitter)),
      .init("scaling", .number(scaling)), .init("rotation", .number(rotation)), .init("noise", .single(noise)),
      .init("seeds", .integers(seeds)),
    ]
    if optimizer == .momentum { members.append(.init("momentum", .single(momentum))) }
    if blur > 0 { members.append(.init("blur-every", .integer(blurEvery))) }
    if let bound { members.append(.init("bound", .single(bound))) }
    if let clip { members.append(.init("clip", .single(clip))) }
    return .object(members)
  }
}
