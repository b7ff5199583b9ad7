import FoundationEssentials
import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
@_exported import TestSupport
import Testing

/// The folder of fixtures, which `Tests/References/make_preprocessing.py` makes.
let fixtures = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Fixtures"

func fixture<Value: Decodable>(_ name: String) throws -> Value {
  let data = try #require(FileManager.default.contents(atPath: "\(fixtures)/\(name)"))
  return try JSONDecoder().decode(Value.self, from: data)
}

/// One case: a scan, a card, and what comes of them.
struct Case: Decodable, Sendable, CustomTestStringConvertible {
  var name: String
  var shape: [Int]
  var voxels: [Float]
  var affine: [Double]
  var card: String
  var spatial: [Int]
  var axes: String
  var tensor: [Float]
  var modelShape: [Int]
  var modelAffine: [Double]
  var resampled: Bool
  var relevance: [Float]?
  var linear: [Float]?
  var nearest: [Float]?
  var shared: [Float]?
  var filledSum: Double?

  static let all: [Case] = (try? fixture("cases.json")) ?? []
  var testDescription: String { name }

  var scan: Volume {
    Volume(
      shape: GridShape(shape), channels: shape[3], voxels: voxels, affine: Affine(elements: affine),
      space: SpaceRecord(qformCode: 1, sformCode: 3), source: "scan.nii.gz")
  }

  func prepared() throws -> PreparedScan {
    let preprocessor = try Preprocessor(
      card: try ModelCard(yaml: card, file: "model.yaml"), hasCard: !card.isEmpty,
      input: InputGeometry(channels: shape[3], spatial: spatial), modelName: "model.onnx")
    return try preprocessor.prepare([scan])
  }

  /// The relevance map as a tensor of the model's input.
  func map() throws -> Tensor {
    Tensor(try #require(relevance), shape: Shape([1, 1] + spatial))
  }
}

extension GridShape {
  init(_ extents: [Int]) { self.init(i: extents[0], j: extents[1], k: extents[2]) }
}

/// The largest difference, and where it is.
func worst(_ a: [Float], _ b: [Float]) -> (difference: Float, place: String) {
  guard a.count == b.count else { return (.infinity, "\(a.count) values against \(b.count)") }
  var worst: (Float, String) = (0, "none")
  for n in a.indices where !(abs(a[n] - b[n]) <= worst.0) {
    worst = (abs(a[n] - b[n]), "[\(n)]: \(a[n]) against \(b[n])")
  }
  return worst
}

func worst(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// A scan whose voxels count up, 1 mm, at an odd place.
func counting(_ shape: [Int], channels: Int = 1, source: String = "scan.nii.gz") -> Volume {
  let grid = GridShape(shape)
  return Volume(
    shape: grid, channels: channels, voxels: (0..<grid.count * channels).map { Float($0 + 1) },
    affine: Affine(elements: [1, 0, 0, -5, 0, 1, 0, 6, 0, 0, 1, 7]), source: source)
}
