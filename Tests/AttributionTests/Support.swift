import FoundationEssentials
import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
@_exported import TestSupport
import Testing

/// What `Tests/References/make_attribution.py` made: small networks and the maps that Captum and Zennit give for them; and transformers by
/// `make_attention.py`.
struct References: Decodable, Sendable {
  var networks: [ReferenceNetwork]
  var quadrature: [Quadrature]

  /// Nodes and weights of numpy's Gauss–Legendre quadrature on [0, 1].
  struct Quadrature: Decodable, Sendable {
    var count: Int
    var places: [Double]
    var weights: [Double]
  }

  static let folder = String(#filePath.dropLast("Support.swift".count)) + "Fixtures/"

  static let all: References = {
    let none = References(networks: [], quadrature: [])
    func read<Part: Decodable>(_ name: String, as type: Part.Type) -> Part? {
      FileManager.default.contents(atPath: folder + name + ".json").flatMap {
        try? JSONDecoder().decode(type, from: $0)
      }
    }
    guard var all = read("cases", as: References.self), let transformers = read("attention", as: References.self)
    else { return none }
    for file in ["gradients", "monai"] {
      guard let further = read(file, as: FurtherMaps.self) else { return none }
      for part in further.networks {
        guard let place = all.networks.firstIndex(where: { $0.name == part.network }) else { return none }
        if !part.others.isEmpty { all.networks[place].others = part.others }
        all.networks[place].maps += part.maps.map { map in
          var own = map
          own.file = file
          return own
        }
      }
    }
    all.networks += transformers.networks
    return all
  }()

  /// What `make_gradients.py` and `make_monai.py` add: maps, and images to compare with.
  private struct FurtherMaps: Decodable {
    struct Part: Decodable {
      var network: String
      var others: [Int]
      var maps: [ReferenceMap]
    }
    var networks: [Part]
  }

  static func network(_ name: String) throws -> ReferenceNetwork {
    try #require(all.networks.first { $0.name == name })
  }
}

/// A network, an image, its outputs and its maps.
struct ReferenceNetwork: Decodable, Sendable, CustomTestStringConvertible {
  var name: String
  var shape: [Int]
  var image: Int
  var logits: [Float]
  var probabilities: [Float]
  var target: Int
  var labels: [Int32]?
  var maps: [ReferenceMap]
  /// Where images to compare with begin in gradients.f32.
  var others: [Int]?

  var testDescription: String { name }

  func network() throws -> Network { try Network(try OnnxModel(contentsOf: References.folder + name + ".onnx")) }

  /// Values of the network's file of raw float32, or of another.
  func values(at offset: Int, count: Int, in file: String? = nil) throws -> [Float] {
    let data = try #require(FileManager.default.contents(atPath: References.folder + (file ?? name) + ".f32"))
    let bytes = [UInt8](data[(4 * offset)..<(4 * (offset + count))])
    return (0..<count).map { n in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * n + $1]) << (8 * UInt32($1)) }
      return Float(bitPattern: bits)
    }
  }

  func input() throws -> Tensor {
    Tensor(try values(at: image, count: shape.reduce(1, *)), shape: Shape(shape))
  }

  func subject() throws -> Subject { Subject(image: try input(), labels: labels, files: ReferenceFiles(network: self)) }

  func classes(of network: Network, names: [String]? = nil) throws -> Classes {
    try Classes(outputs: network.outputCount, activation: network.endsIn ?? .softmax, names: names)
  }

  /// The score of a weighted sum of its outputs; without weights, of its target.
  func score(_ weights: [Float]? = nil, _ kind: ScoreKind = .logit, names: [String]? = nil) throws -> ScoreFunction {
    let network = try network()
    let classes = try classes(of: network, names: names)
    let target = weights.map { Target(name: "sum", weights: $0) } ?? Target(classIndex: target, of: classes)
    return ScoreFunction(network: network, classes: classes, target: target, kind: kind)
  }

  /// A method's map of the reference's image.
  func relevance(
    _ name: String, _ options: [String: String] = [:], weights: [Float]? = nil, _ kind: ScoreKind? = nil
  ) throws -> Relevance {
    let type = try MethodCatalogue.method(named: name)
    return try type.init(OptionValues(options)).relevance(
      of: subject(), to: score(weights, kind ?? type.defaultScore), progress: SilentProgress())
  }
}

/// The files of a reference: its folder `other` holds the images to compare with.
struct ReferenceFiles: OptionFiles {
  var network: ReferenceNetwork

  func composite(_ path: String) throws(PellucidError) -> CompositeRecipe { throw .init(.usage, what: "no composite") }
  func template(_ path: String) throws(PellucidError) -> Tensor { throw .init(.usage, what: "no template") }

  func input(of path: String, placed: Bool) throws(PellucidError) -> (image: Tensor, covered: Double) {
    let others = network.others ?? []
    guard let number = path.dropFirst("other/".count).first.flatMap({ Int(String($0)) }), number < others.count,
      let values = try? network.values(at: others[number], count: network.shape.reduce(1, *), in: "gradients")
    else { throw .init(.badData, what: "no image \(path)") }
    return (Tensor(values, shape: Shape(network.shape)), 1)
  }

  func scans(inFolder path: String) throws(PellucidError) -> [String] {
    (0..<(network.others?.count ?? 0)).map { "\(path)/\($0).nii" }
  }
}

/// A map that a method must give.
struct ReferenceMap: Decodable, Sendable {
  var method: String
  var options: [String: String]
  var score: String
  var tolerance: Double
  var weights: [Float]
  var channels: Int
  var offset: Int
  /// The file of its values, where it is not the network's.
  var file: String?
}

/// One map of one network, as an argument of a test.
struct ReferenceCheck: Sendable, CustomTestStringConvertible {
  var network: ReferenceNetwork
  var map: ReferenceMap

  static let all = References.all.networks.flatMap { network in
    network.maps.map { ReferenceCheck(network: network, map: $0) }
  }

  var testDescription: String {
    let options = map.options.sorted { $0.key < $1.key }.map { " --\($0.key) \($0.value)" }.joined()
    let target = map.weights.count(where: { $0 != 0 }) > 1 ? " of \(map.weights)" : ""
    return "\(network.name): \(map.method)\(options)\(target) (\(map.score))"
  }
}

/// A fact of a map.
func number(_ name: String, of relevance: Relevance) -> Double? {
  guard case .number(let value)? = relevance.facts.first(where: { $0.name == name })?.value else { return nil }
  return value
}

/// A fact of a map, in words.
func text(_ name: String, of relevance: Relevance) -> String? {
  guard case .text(let value)? = relevance.facts.first(where: { $0.name == name })?.value else { return nil }
  return value
}
