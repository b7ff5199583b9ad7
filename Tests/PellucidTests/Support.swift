import FoundationEssentials
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidPreprocessing
import PellucidResults
import PellucidVolumes
@_exported import TestSupport
import Testing

/// A folder of its own for a test, with models, cards and scans; gone when the test is.
final class Workbench {
  private let scratch: TemporaryFolder
  var folder: String { scratch.path }

  init() throws { scratch = try TemporaryFolder() }

  func path(_ name: String) -> String { folder + "/" + name }

  /// Files in the folder (or one in it), without the hidden ones.
  func files(in name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// One of the models of `Tests/References/make_attribution_models.py`, with a card beside it.
  func classifier(_ name: String, card: String? = nil) throws -> Classifier {
    let fixtures = String(#filePath.dropLast("Support.swift".count)) + "Fixtures/"
    let model = path(name + ".onnx")
    if !FileManager.default.fileExists(atPath: model) {
      try FileManager.default.copyItem(atPath: fixtures + name + ".onnx", toPath: model)
    }
    if let card { try card.write(toFile: path(name + ".yaml"), atomically: true, encoding: .utf8) }
    return try Classifier(model: model)
  }

  /// Writes a scan whose voxel values are a function of i, j, k and the channel.
  func scan(
    _ extents: [Int], affine: Affine = .identity, channels: Int = 1, space: SpaceRecord = SpaceRecord(),
    as name: String = "scan.nii.gz",
    _ value: (Int, Int, Int, Int) -> Float = { i, j, k, c in Float((7 * i + 5 * j + 3 * k + 2 * c) % 11) / 4 - 1 }
  ) throws -> ScanReference {
    let shape = GridShape(i: extents[0], j: extents[1], k: extents[2])
    var voxels: [Float] = []
    for c in 0..<channels {
      for k in 0..<shape.k { for j in 0..<shape.j { for i in 0..<shape.i { voxels.append(value(i, j, k, c)) } } }
    }
    try Volume(shape: shape, channels: channels, voxels: voxels, affine: affine, space: space).write(to: path(name))
    return ScanReference(path(name))
  }
}

/// An atlas of two halves along i: label 3 below the middle, 8 above; label 12 is named, but nowhere.
func halves(_ extents: [Int], affine: Affine = .identity, leaving margin: Int = 0) throws -> Atlas {
  let shape = GridShape(i: extents[0], j: extents[1], k: extents[2])
  var labels: [Float] = []
  for k in 0..<shape.k {
    for _ in 0..<shape.j { for i in 0..<shape.i { labels.append(k < margin ? 0 : i < shape.i / 2 ? 3 : 8) } }
  }
  let image = Volume(shape: shape, voxels: labels, affine: affine, source: "halves.nii.gz")
  let table = try LabelTable(text: "index\tname\n3\tLow_L\n8\tHigh_R\n12\tNowhere\n", source: "halves.tsv")
  return try Atlas(name: "halves", image: LabelVolume(image), labels: table)
}

extension Explainer {
  /// The map of a method by name.
  func explanation(
    _ scan: ScanReference, _ method: String, _ values: [String: String] = [:]
  ) throws -> Explanation {
    try explain(prepare(scan), by: made(method, values))
  }

  init(_ classifier: Classifier, _ change: (inout Options) -> Void) {
    var options = Options()
    change(&options)
    self.init(classifier, options: options)
  }
}

/// A method by name, with its options as text.
func made(_ name: String, _ values: [String: String] = [:]) throws -> any AttributionMethod {
  let type = try MethodCatalogue.method(named: name)
  return try type.init(OptionValues(values).restricted(to: type.options))
}

extension Volume {
  /// The value at i, j, k.
  func at(_ i: Int, _ j: Int, _ k: Int, _ channel: Int = 0) -> Float { self[VoxelIndex(i: i, j: j, k: k), channel] }

  /// Σ of all voxels.
  var sum: Double { voxels.reduce(0) { $0 + Double($1) } }
}

/// The weight of linear.onnx's second class for a value of the input.
func weight(_ d: Int, _ h: Int, _ w: Int) -> Float { Float((d * 5 + h) * 6 + w + 1) / 120 }

/// Whether two numbers agree to a part of their size.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-5) -> Bool { abs(a - b) <= tolerance * max(1, abs(b)) }
