import FoundationEssentials
import PellucidAttribution
import PellucidFaithfulness
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import Testing

/// What `Tests/References/make_faithfulness.py` made.
struct Reference: Decodable, Sendable {
  var shape: [Int]
  var fill: Float
  var target: Int
  var image, relevance: [Float]
  var labels, regions: [Int32]
  var score: Double
  var filled_score: Double
  var cases: [Case]
  var sparseness, complexity, effective_complexity, completeness, completeness_gradient: Double
  var boxes: [[Int]]
  var infidelity, infidelity_weighted: Double
  var hole: [Int32]
  var imputed: [Float]
  var noises: [[Float]]
  var max_sensitivity: Double

  /// The metrics over features of one kind.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var features: String
    var count, steps: Int
    var deletion, lerf, insertion, areas: [Double]
    var sizes: [Int]
    var sets: [[[Int]]]
    var sensitivity_n, monotonicity: Double

    var testDescription: String { features }
  }

  static let folder = String(#filePath.dropLast("Support.swift".count)) + "Fixtures/"

  static let all: Reference? = FileManager.default.contents(atPath: folder + "faithfulness.json").flatMap {
    try? JSONDecoder().decode(Reference.self, from: $0)
  }

  static func read() throws -> Reference { try #require(all) }

  func score(_ kind: ScoreKind = .probability) throws -> ScoreFunction {
    let network = try Network(OnnxModel(contentsOf: Self.folder + "net.onnx"))
    let classes = try Classes(outputs: 2, activation: .softmax, names: nil)
    return ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: target, of: classes), kind: kind)
  }

  var subject: Subject {
    Subject(image: Tensor(image, shape: Shape(shape)), background: fill, labels: labels, regions: regions)
  }

  func probe(
    _ features: FeatureKind = .patches(2), steps: Int = 20, fill: FaithfulnessFill = .fill(.background)
  ) throws -> FaithfulnessProbe {
    var settings = FaithfulnessProbe.Settings()
    (settings.features, settings.steps, settings.fill) = (features, steps, fill)
    return try FaithfulnessProbe(subject, score(), settings: settings)
  }

  var map: TestedMap { TestedMap("map", Tensor(relevance, shape: Shape(shape)), from: .file) }

  /// A method's map, asked of the network.
  func map(_ method: any AttributionMethod) throws -> TestedMap {
    let score = try score(type(of: method).defaultScore)
    let subject = subject
    let own = try method.relevance(of: subject, to: score, progress: SilentProgress())
    return TestedMap(
      "method", own.map,
      from: .method(type(of: method), own, score.kind) { (image) throws(PellucidError) in
        try method.relevance(
          of: Subject(image: image, background: subject.background), to: score, progress: SilentProgress())
      })
  }
}
