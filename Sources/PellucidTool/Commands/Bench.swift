import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidVolumes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

struct Bench: TakesMethodOptions {
  static let configuration = CommandConfiguration(
    abstract: "Times a forward pass or a method on a scan, after a warm-up; prints JSON.",
    discussion: """
      Reading files and preprocessing are outside the clock. For example:

        pellucid bench patient.nii.gz --model cnn.onnx \\
          --what occlusion --patch 20 --repeat 3

      Two things need no model: read (the image's file) and regions (the region table of the image by --atlas, once both are read).

      The methods and their options stand at the end.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String?

  @Option(help: ArgumentHelp("The model card (default: beside the model, same name, .yaml).", valueName: "yaml"))
  var card: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Value of a further input of the network, e.g. age=73 (or a,b,c), or the file of a further image, pet=FILE.nii.gz; may be repeated.",
      valueName: "name=value"))
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "What is timed: the network's forward pass, a method, reading, or a region table.",
      valueName: "forward|method|read|regions"))
  var what = "forward"

  @Option(name: .customLong("repeat"), parsing: .unconditional, help: ArgumentHelp("Runs that count.", valueName: "n"))
  var repetitions = 5

  @Option(parsing: .unconditional, help: ArgumentHelp("Runs before them that do not count.", valueName: "n"))
  var warmUp = 1

  @OptionGroup(title: "What is explained") var target: TargetOptions
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption

  var methodOptions = OptionValues()
  enum CodingKeys: String, CodingKey {
    case image, model, card, inputs, what, repetitions, warmUp, target, atlas, nan, memory, threads
  }

  func validate() throws {
    if !(1...10_000).contains(repetitions) {
      throw ValidationError("--repeat \(repetitions) is not between 1 and 10000")
    }
    if !(0...100).contains(warmUp) { throw ValidationError("--warm-up \(warmUp) is not between 0 and 100") }
    if what == "regions", atlas.atlas == nil { throw ValidationError("--what regions needs --atlas") }
    if model == nil, !Self.withoutModel.contains(what) { throw ValidationError("--what \(what) needs --model") }
    if target.target.count > 1 { throw ValidationError("--target can stand only once here") }
    if model != nil, Self.withoutModel.contains(what) { throw ValidationError("--what \(what) takes no --model") }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    let method = try Self.method(what)
    if let method {
      try MethodCatalogue.check(options: methodOptions.names, of: [method])
    } else if let option = methodOptions.names.first {
      throw PellucidError.forwardTakesNoOptions(option)
    }
    let seconds = try model.map { try timesWithModel($0, method) } ?? timesWithoutModel()
    let json: JSONValue = [
      "what": .string(what), "threads": .integer(Engine.threads), "seconds": .numbers(seconds),
      "median": .number(seconds.median ?? 0),
      "peak_rss_bytes": .integer(Self.peakMemory),
    ]
    try StandardOutput.write(json.text())
  }

  /// Seconds of each run of reading the image, or of its region table.
  private func timesWithoutModel() throws -> [Double] {
    let policy = nan.policy
    let path = image
    guard what == "regions", let atlas = try self.atlas.load(nan: policy) else {
      return try times { _ = try Volume(contentsOf: path, nan: policy) }
    }
    let volume = try Volume(contentsOf: image, nan: nan.policy)
    let weights = self.atlas.handling.weights
    return try times { _ = try RegionTable(of: volume, atlas: atlas, weights: weights) }
  }

  /// Seconds of each run that counts.
  private func times<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) -> [Double] {
    let all = try (0..<(warmUp + repetitions)).map { _ throws(Failure) in
      let begin = ContinuousClock.now
      try work()
      return Double((ContinuousClock.now - begin) / .microseconds(1)) / 1e6
    }
    return Array(all.suffix(repetitions))
  }

  /// Seconds of each run of the network, or of a method.
  private func timesWithModel(_ file: String, _ method: (any AttributionMethod.Type)?) throws -> [Double] {
    let options = try target.options(nan: nan.policy, atlas: try atlas.load(nan: nan.policy), handling: atlas.handling)
    let classifier = try ModelOptions.classifier(model: file, card: card, inputs: inputs)
    let explainer = Explainer(classifier, options: options)
    let subject = try explainer.prepare(ScanReference(image))
    guard let method else {
      return try times { () throws(PellucidError) in _ = try subject.network.logits(subject.prepared.input) }
    }
    let question = try explainer.question(for: subject)
    let made = try MethodVariant(method, values: methodOptions).make()
    let all = try (0..<(warmUp + repetitions)).map { _ in
      try explainer.explain(subject, question, by: made).seconds
    }
    return Array(all.suffix(repetitions))
  }

  private static let withoutModel = ["read", "regions"]

  /// The method; nil for what is none.
  private static func method(_ name: String) throws(PellucidError) -> (any AttributionMethod.Type)? {
    let others = ["forward"] + withoutModel
    if others.contains(name) { return nil }
    if let near = NearMiss.suggestions(for: name, among: others).first {
      throw .init(.usage, what: "no method \(name)", remedy: "did you mean \(near)?")
    }
    return try MethodCatalogue.method(named: name)
  }

  /// The process's largest resident set so far.
  private static var peakMemory: Int {
    var usage = rusage()
    #if canImport(Glibc)
      unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #else
      unsafe getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }
}
