import ArgumentParser
import Atlases
import Attribution
import Faults
import Figures
import Networks
import OnnxFormat
import Pellucid
import Reports

struct Explain: TakesMethodOptions {
  static let configuration = CommandConfiguration(
    abstract: "Explains what a network says of scans: volumes, pictures, tables.",
    discussion: """
      For example, with two methods and a table of regions:

        pellucid explain patient.nii.gz --model cnn.onnx \\
          --method grad-cam,occlusion --patch 20 --atlas aal --out results

      For each image and method four files appear in the folder, all of them or none: patient_METHOD.nii.gz (relevance on the \
      scan's own grid), .png (montage), .json (provenance) and, with --atlas, _regions.tsv. The method region-interaction adds \
      _matrix.tsv (a row and a column a region) and _matrix.png (its heat map). A network of several channels takes \
      a 4D image, or files joined with +: t1.nii.gz+gm.nii.gz.

      The methods and their options stand at the end.
      """)

  @Argument(help: ArgumentHelp("Scans (NIfTI or Analyze).", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions

  @OptionGroup(title: "Methods and results") var work: Work
  @OptionGroup(title: "What is explained") var target: TargetOptions
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption

  var methodOptions = OptionValues()
  enum CodingKeys: String, CodingKey { case images, model, work, target, atlas, nan, memory, threads }

  struct Work: ParsableArguments {
    @Option(help: ArgumentHelp("The methods, separated by commas; they are listed below.", valueName: "name[,name]"))
    var method: [String]

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: ResultFolder

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp(
        "The values at the ends of the pictures' colours, the same for every scan and method, as 0.5 (from -0.5 on) or 0,0.5 (default: by each map).",
        valueName: "value|low,high"))
    var limits: String?

    @Flag(help: "Draw all methods on the same slices too, a row each, as STEM_methods.png.")
    var grid = false

    /// The limits given.
    func range() throws(PellucidError) -> ClosedRange<Double>? {
      guard let limits else { return nil }
      var options = MontageOptions()
      try ColourOptions.apply(limits: limits, to: &options)
      return options.range ?? options.limit.map { -$0...$0 }
    }

    /// The methods named, each once.
    func methods() throws(PellucidError) -> [any AttributionMethod.Type] {
      var found: [any AttributionMethod.Type] = []
      for name in method.flatMap({ $0.split(separator: ",") }) {
        let next = try MethodCatalogue.method(named: String(name))
        if !found.contains(where: { $0.name == next.name }) { found.append(next) }
      }
      if found.isEmpty { throw .noMethod() }
      return found
    }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    let methods = try work.methods()
    _ = try work.range()
    try MethodCatalogue.check(options: methodOptions.names, of: methods)
    for method in methods { _ = try method.init(methodOptions.restricted(to: method.options)) }
    let scans = try distinctScans()
    for scan in scans { try FormerResults.check(scan, methods: methods.map { $0.name }, in: work.out) }
    let atlas = try atlas.load()
    if atlas == nil { try MethodCatalogue.checkAtlas(of: methods) }
    let options = try target.options(nan: nan.policy, atlas: atlas, handling: self.atlas.handling)
    let explainer = Explainer(try model.classifier(), options: options)
    let digest = try explainer.classifier.model.sha256()
    // All scans are looked at before the first is explained, so that a bad one does not cost the work on those before it.
    if scans.count > 1 { for scan in scans { try explainer.check(scan) } }
    for scan in scans { try explain(scan, explainer, methods, digest) }
  }

  private func distinctScans() throws -> [ScanReference] {
    let scans = images.map(ScanReference.init)
    var seen: [String: ScanReference] = [:]
    for scan in scans {
      if let other = seen.updateValue(scan, forKey: scan.stem) {
        throw PellucidError.sameStem(scan.stem, other.text, scan.text)
      }
    }
    return scans
  }

  private func explain(
    _ scan: ScanReference, _ explainer: Explainer, _ methods: [any AttributionMethod.Type], _ digest: String
  ) throws {
    let subject = try explainer.prepare(scan)
    _ = try explainer.question(for: subject)
    let writer = try ResultWriter(
      explainer, subject, folder: work.out.path, modelDigest: digest, limits: try work.range())
    var compared: [Explainer.Explanation] = []
    var report: [String] = []
    for method in methods {
      let bar = ProgressBar("\(scan.stem) \(method.name)")
      defer { bar.finish() }
      let explanation = try explainer.explain(subject, method: method, values: methodOptions, progress: bar)
      bar.finish()
      for note in explanation.relevance.notes { StandardError.write("pellucid: note: \(note.what); \(note.how)") }
      let names = try writer.add(explanation, method: method, given: methodOptions.restricted(to: method.options))
      report.append(line(explanation, names))
      if work.grid { compared.append(explanation) }
    }
    if work.grid {
      report.append("  all methods\n    picture  \(work.out.prefix)\(try writer.add(comparing: compared))")
    }
    try writer.commit()
    for warning in subject.warnings {
      StandardError.write("pellucid: warning: \(scan.text): \(warning.what); \(warning.how)")
    }
    try StandardOutput.write(Self.answer(subject))
    for line in report { try StandardOutput.write(line) }
  }

  private static func answer(_ subject: Explainer.Case) -> String {
    let classes = subject.classes
    guard let predicted = subject.predicted else {
      return "\(subject.scan.text): score \(FixedPoint.text(Double(subject.scores[0]), digits: 4))"
    }
    let probability = classes.activation == .none ? nil : subject.probabilities[predicted]
    return "\(subject.scan.text): \(classes.name(of: predicted))"
      + (probability.map { ", probability \(FixedPoint.text(Double($0), digits: 3))" } ?? "")
  }

  private func line(_ explanation: Explainer.Explanation, _ names: ResultWriter.Names) -> String {
    let folder = work.out.prefix
    var lines = [
      "  \(explanation.method) for \(explanation.target.name) (\(explanation.scoreKind.rawValue) "
        + "\(FixedPoint.text(explanation.score, digits: 3)), \(FixedPoint.text(explanation.seconds, digits: 2)) s)",
      "    volume   \(folder)\(names.volume)", "    picture  \(folder)\(names.picture)",
    ]
    if explanation.relevance.matrix != nil {
      lines += ["    matrix   \(folder)\(names.matrix)", "    picture  \(folder)\(names.matrixPicture)"]
    }
    for table in names.furtherTables { lines.append("    table    \(folder)\(table)") }
    if let table = explanation.table {
      lines.append("    table    \(folder)\(names.table)")
      let top = RegionHighlights.lines(of: table)
      lines.append("    regions  " + (top.isEmpty ? "none has relevance" : top.joined(separator: "; ")))
    }
    return lines.joined(separator: "\n")
  }
}
