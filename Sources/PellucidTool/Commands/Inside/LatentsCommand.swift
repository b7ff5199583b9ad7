import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidSubjects
import PellucidTables
import PellucidVolumes

struct LatentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latents",
    abstract:
      "Shows what the factors of a VAE hold of a scan and what they draw; over a study, how they follow covariates.",
    discussion: """
      For example, the three factors that say most of a scan, with the regions that they change; then the mean brain along age:

        pellucid latents patient.nii.gz --model vae.onnx --atlas aal --out latents
        pellucid latents patient.nii.gz --model encoder.onnx --decoder decoder.onnx \\
          --cohort subjects.tsv --covariates age,sex --out latents

      The folder gets STEM_latents.tsv (factor mean log_variance sd divergence), STEM_latents_reconstruction.nii.gz and \
      _error.nii.gz (in the network's units, on the scan's grid), _changes.nii.gz (a volume a factor: what it changes, per unit of \
      it), for each factor _factor-K.nii.gz (a volume a step) and .png, STEM_latents.png and STEM_latents.json; with --sample \
      _samples.nii.gz; with --atlas _regions.tsv. With --cohort, _course.nii.gz and _course_sd.nii.gz (the decoded mean along \
      the first covariate, and its uncertainty), _course.tsv, _process.tsv and _course.png.

      Encoder outputs are found by their usual names (mu, logvar, z_mean …) or by output.latent_mean and \
      output.latent_log_variance in the model card.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @OptionGroup var view: ViewOptions
  @OptionGroup(title: "The autoencoder") var parts: Parts
  @OptionGroup(title: "Factors") var work: Work
  @OptionGroup(title: "Along covariates") var course: Course
  @OptionGroup(title: "Regions") var atlas: AtlasOptions

  struct Parts: ParsableArguments {
    @Option(
      help: ArgumentHelp("The decoder, where it is a file of its own (default: the model holds it).", valueName: "onnx")
    )
    var decoder: String?

    @Option(
      help: ArgumentHelp(
        "The output that is the image again (default: the one with the image's extents).", valueName: "name"))
    var reconstruction: String?
  }

  struct Work: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "Factors, counted from 0, or the N that say most of the scan.", valueName: "top:n|n,n"))
    var factor = "top:3"

    @Option(
      parsing: .unconditional, help: ArgumentHelp("From where to where a factor goes.", valueName: "low:high"))
    var traverse = "-3:3"

    @Option(parsing: .unconditional, help: ArgumentHelp("Steps on the way.", valueName: "n"))
    var steps = 7

    @Option(
      parsing: .unconditional, help: ArgumentHelp("Images of factors drawn from the prior.", valueName: "n"))
    var sample: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
    var seed = 0
  }

  struct Course: ParsableArguments {
    @Option(help: ArgumentHelp("A table of subjects with covariates.", valueName: "table"))
    var cohort: String?

    @Option(
      help: ArgumentHelp(
        "Covariates, group among them; the first is followed, the others stay as they are on average.",
        valueName: "name[,name]"))
    var covariates: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Draws for the uncertainty.", valueName: "n"))
    var draws = 20

    func validate() throws {
      if cohort != nil, covariates == nil { throw ValidationError("--cohort needs --covariates") }
      if cohort == nil, covariates != nil { throw ValidationError("--covariates needs --cohort") }
    }
  }

  func run() throws {
    let way = try LatentRequest(work)
    guard (2...1000).contains(course.draws) else { throw PellucidError.whole("draws", course.draws, "from 2 to 1000") }
    let loaded = try atlas.load(nan: view.nan.policy)
    let transforms = try atlas.handling.placement.transforms(nan: view.nan.policy)
    let base = try view.explainer()
    var options = base.options
    (options.atlas, options.atlasTransforms) = (loaded, transforms)
    let explainer = Explainer(base.classifier, options: options)
    let begin = ContinuousClock.now
    let reference = ScanReference(image)
    let scan = try LatentScan(
      reference, by: explainer, decoder: parts.decoder, reconstruction: parts.reconstruction)
    StandardError.tell(scan.notes, of: image)
    let factors = try way.factors(of: scan)
    let report = LatentReport(
      scan, stem: reference.stem, factors: factors, values: way.values,
      samples: work.sample.map { (count: $0, seed: work.seed) })
    let writer = ViewWriter(into: try view.output.files(), name: "\(reference.stem)_latents")
    try report.write(into: writer, atlas: try explainer.placedAtlas(on: scan.anatomy))
    if let table = course.cohort { try follow(table, scan, explainer, writer) }
    let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    var record = try ViewRecord(
      view: "latents", of: explainer, layers: [scan.model.mean, scan.model.logVariance],
      options: [
        "decoder": parts.decoder.map(JSONValue.string) ?? .null, "factor": .string(work.factor),
        "traverse": .numbers(way.values), "sample": work.sample.map(JSONValue.integer) ?? .null,
        "seed": .integer(work.seed), "cohort": course.cohort.map(JSONValue.string) ?? .null,
        "covariates": course.covariates.map(JSONValue.string) ?? .null, "draws": .integer(course.draws),
      ],
      facts: [
        "factors": .integer(scan.model.count), "decoder_begins_at": scan.model.cut.map(JSONValue.string) ?? .null,
        "relative_error": .number(scan.relativeError), "correlation": .number(scan.correlation),
        "shown": .integers(factors),
      ], notes: scan.notes, seconds: seconds)
    record.image = image
    record.scan = try reference.digests()
    try writer.finish(record)
    try writer.commit()
    try StandardOutput.write(
      "\(image): \(scan.model.count) factors; the reconstruction leaves \(NumberText.significant(scan.relativeError, digits: 3)) of the variance, correlation \(NumberText.significant(scan.correlation, digits: 3))"
    )
    try view.output.tell(writer, [".tsv", ".png", "_reconstruction.nii.gz", "_error.nii.gz", ".json"])
  }

  /// Follows the first covariate through a study.
  private func follow(
    _ path: String, _ scan: LatentScan, _ explainer: Explainer, _ writer: ViewWriter
  ) throws(PellucidError) {
    let table = try SubjectTable(contentsOf: path, required: ["image"])
    let names = (course.covariates ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) }
    for name in names where name.lowercased() != "group" { _ = try table.covariate(name) }
    let scans = try table.scans(atLeast: 10)
    let result = try Bars.during { (bar) throws(PellucidError) in
      let codes = try LatentCourse.codes(of: scans, by: explainer, scan.model, progress: bar("scans"))
      let process = try CovariateProcess(codes, of: table, along: names)
      return try LatentCourse(
        process, on: scan, steps: work.steps, draws: course.draws, seed: work.seed, progress: bar("brains"))
    }
    try LatentReport.write(result, into: writer)
  }
}

/// Which factors are shown, and from where to where they go.
struct LatentRequest {
  let values: [Double]
  private let strongest: Int?
  private let named: [Int]

  init(_ work: LatentsCommand.Work) throws(PellucidError) {
    let ends = work.traverse.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard ends.count == 2, ends.allSatisfy(\.isFinite), ends[0] < ends[1], abs(ends[0]) < 1e6, abs(ends[1]) < 1e6 else {
      throw .traverseForm(work.traverse)
    }
    guard (2...200).contains(work.steps) else { throw .whole("steps", work.steps, "from 2 to 200") }
    if let sample = work.sample, !(1...1000).contains(sample) { throw .whole("sample", sample, "from 1 to 1000") }
    guard work.seed >= 0 else { throw .whole("seed", work.seed, "of at least 0") }
    values = (0..<work.steps).map { ends[0] + (ends[1] - ends[0]) * Double($0) / Double(work.steps - 1) }
    if work.factor.hasPrefix("top:") {
      guard let count = Int(work.factor.dropFirst(4)), (1...256).contains(count) else {
        throw .factorForm(work.factor)
      }
      (strongest, named) = (count, [])
      return
    }
    var all: [Int] = []
    for part in work.factor.split(separator: ",", omittingEmptySubsequences: false) {
      guard let factor = Int(part), factor >= 0 else { throw .factorForm(work.factor) }
      if !all.contains(factor) { all.append(factor) }
    }
    (strongest, named) = (nil, all)
  }

  func factors(of scan: LatentScan) throws(PellucidError) -> [Int] {
    if let strongest { return scan.strongest(strongest) }
    try scan.model.check(named)
    return named
  }
}

extension PellucidError {
  static func traverseForm(_ text: String) -> Self {
    .init(.usage, what: "--traverse \(text) is no range", remedy: "write it as --traverse -3:3")
  }

  static func factorForm(_ text: String) -> Self {
    .init(.usage, what: "--factor \(text) names no factors", remedy: "write it as top:3, or as 0,3,7, counted from 0")
  }
}
