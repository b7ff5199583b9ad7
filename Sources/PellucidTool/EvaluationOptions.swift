import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaithfulness
import PellucidFaults
import PellucidPreprocessing
import Synchronization

/// The methods of a command that has options of its own with the names of theirs: each method's are written with it.
struct VariantChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The methods, separated by commas, with their options: lrp,occlusion:patch=8 (see pellucid methods).",
      valueName: "name[:option=value][,name]"))
  var method: [String] = []

  /// The methods named, each once; none where none is.
  func variants() throws(PellucidError) -> [MethodVariant] {
    guard !method.isEmpty else { return [] }
    let found = try MethodVariant.list(parsing: method.joined(separator: ","))
    if found.isEmpty { throw .noMethod() }
    for variant in found { _ = try variant.make() }
    return found
  }
}

/// What an evaluation fills voxels with.
struct EvaluationFill: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      What filled voxels become: a number in normalized units, mean (of the brain), blur, noise, mirror (the other \
      hemisphere), a template file, or road (the weighted mean of the neighbours) (default: the card's background).
      """, valueName: "fill"))
  var fill: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Gaussian of the fills blur and noise, in mm (default: 8).", valueName: "mm"))
  var sigma: String?

  func fill(seed: Int) throws(PellucidError) -> FaithfulnessFill {
    if fill == "road" {
      if sigma != nil { throw .sigmaOfRoad() }
      return .road(seed: seed)
    }
    var values = OptionValues()
    values["fill"] = fill
    values["sigma"] = sigma
    if fill == "noise" { values["seed"] = "\(seed)" }
    do {
      return .fill(try Fill(values))
    } catch {
      guard let fill, !NearMiss.suggestions(for: fill, among: ["road"]).isEmpty else { throw error }
      var error = error
      error.remedy = "did you mean road?"
      throw error
    }
  }
}

/// What of a score is evaluated.
struct EvaluationTarget: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A class (name or index), the difference A-B, or a sum 0.5*A+0.5*B (default: each scan's class with the highest score).",
      valueName: "target"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "The scale of the score (default: probability; for methods, their own).", valueName: "scale"))
  var score: ScoreKind?

  /// What explainers are told.
  func options(
    _ atlas: AtlasOptions, _ nan: NaNOption, methods: [MethodVariant]
  ) throws -> Explainer.Options {
    var options = Explainer.Options()
    options.target = target
    options.score = score
    options.nan = nan.policy
    options.channels = .sum
    options.atlas = try atlas.load(nan: nan.policy)
    options.atlasTransforms = try atlas.handling.placement.transforms(nan: nan.policy)
    options.weights = atlas.handling.weights
    if options.atlas == nil { try MethodCatalogue.checkAtlas(of: methods.map(\.method)) }
    return options
  }

  /// An explainer of the target.
  func explainer(
    _ model: ModelOptions, _ atlas: AtlasOptions, _ nan: NaNOption, methods: [MethodVariant]
  ) throws -> Explainer {
    let options = try options(atlas, nan, methods: methods)
    return Explainer(try model.classifier(), options: options)
  }
}

/// One bar after the other, each cleared before the next; of several scans at once a single one, which counts them.
enum Bars {
  static func during<Result>(
    _ jobs: JobsOption,
    _ body: (_ jobs: StudyJobs, _ progress: @Sendable (String) -> any ProgressObserver) throws(PellucidError) -> Result
  ) throws(PellucidError) -> Result {
    if jobs.jobs > 1 {
      let bar = ProgressBar("scans")
      defer { bar.finish() }
      return try body(StudyJobs(jobs.jobs, done: { bar.advanced(to: $0, of: $1) })) { _ in SilentProgress() }
    }
    let turns = Turns()
    defer { turns.end() }
    return try body(StudyJobs()) { turns.next($0) }
  }

  /// One bar after the other, each for a piece of work with a title.
  static func during<Result>(
    _ body: (_ progress: @Sendable (String) -> any ProgressObserver) throws(PellucidError) -> Result
  ) throws(PellucidError) -> Result {
    let turns = Turns()
    defer { turns.end() }
    return try body { turns.next($0) }
  }

  private final class Turns: Sendable {
    private let shown = Mutex<ProgressBar?>(nil)

    func next(_ title: String) -> any ProgressObserver {
      let next = ProgressBar(title)
      shown.withLock { bar in
        bar?.finish()
        bar = next
      }
      return next
    }

    func end() { shown.withLock { $0?.finish() } }
  }
}

/// Columns for reading on a terminal: the first to the left, the others to the right.
enum TextColumns {
  static func table(_ lines: [[String]]) -> String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + blanks : blanks + line[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

extension FileLabel {
  /// The first name that stands twice.
  static func firstRepeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }
}

extension PellucidError {
  static func namedMap(_ text: String) -> Self {
    .init(.usage, what: "--map \(text) is not NAME=FILE", remedy: "write it as --map captum=map.nii.gz")
  }

  static func nothingToMeasure() -> Self {
    .init(.usage, what: "there is no map to measure", remedy: "name methods with --method, or files with --map")
  }

  static func nameTwice(_ name: String) -> Self {
    .init(.usage, what: "two maps are called \(name)", remedy: "name them apart")
  }

  static func mapOfSeveral(_ path: String) -> Self {
    .init(
      .usage, what: "--map \(path) is one map for several scans",
      remedy: "write {stem} where the file's name holds the scan's, or give one scan")
  }

  static func regionsNeedAtlas() -> Self {
    .init(.usage, what: "--features regions needs an atlas", remedy: "name one with --atlas")
  }

  static func sigmaOfRoad() -> Self {
    .init(.usage, what: "--sigma is of the fills blur and noise", remedy: "leave it out")
  }

  static func whole(_ option: String, _ value: Int, _ wanted: String) -> Self {
    .init(.usage, what: "--\(option) \(value) is not a whole number \(wanted)")
  }
}
