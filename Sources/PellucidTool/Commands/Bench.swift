import ArgumentParser
import Attribution
import Faults
import Networks
import Pellucid
import Preprocessing
import Reports

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

      The methods and their options stand at the end.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(help: ArgumentHelp("What is timed: the network's forward pass, or a method.", valueName: "forward|method"))
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
  enum CodingKeys: String, CodingKey { case image, model, what, repetitions, warmUp, target, atlas, nan, memory, threads }

  func validate() throws {
    if !(1...10_000).contains(repetitions) {
      throw ValidationError("--repeat \(repetitions) is not between 1 and 10000")
    }
    if !(0...100).contains(warmUp) { throw ValidationError("--warm-up \(warmUp) is not between 0 and 100") }
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
    let options = try target.options(nan: nan.policy, atlas: try atlas.load(), handling: atlas.handling)
    let explainer = Explainer(try model.classifier(), options: options)
    let subject = try explainer.prepare(ScanReference(image))
    var seconds: [Double] = []
    for run in 0..<(warmUp + repetitions) {
      let begin = ContinuousClock.now
      let inside: Double?
      if let method {
        inside = try explainer.explain(subject, method: method, values: methodOptions).seconds
      } else {
        _ = try subject.network.logits(subject.prepared.input)
        inside = nil
      }
      let passed = inside ?? Double((ContinuousClock.now - begin) / .microseconds(1)) / 1e6
      if run >= warmUp { seconds.append(passed) }
    }
    let json: JSONValue = [
      "what": .string(what), "threads": .integer(Engine.threads), "seconds": .numbers(seconds),
      "median": .number(Self.median(seconds)),
      "peak_rss_bytes": .integer(Self.peakMemory),
    ]
    try StandardOutput.write(json.text())
  }

  /// The method; nil for `forward`.
  private static func method(_ name: String) throws(PellucidError) -> (any AttributionMethod.Type)? {
    if name == "forward" { return nil }
    if let near = NearMiss.suggestions(for: name, among: ["forward"]).first {
      throw .init(.usage, what: "no method \(name)", remedy: "did you mean \(near)?")
    }
    return try MethodCatalogue.method(named: name)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
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
