import Foundation
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidVolumes
@_exported import TestSupport

/// A folder with a cohort of two scans of 4 × 5 × 6 voxels, in which everything with i < 2 was changed, and a network whose answer is
/// worked out by hand.
final class StudyFolder {
  static let shape = GridShape(i: 4, j: 5, k: 6)
  private let scratch: TemporaryFolder

  init() throws {
    scratch = try TemporaryFolder()
    let fixtures = String(#filePath.dropLast("CohortsTests/Support.swift".count)) + "PellucidTests/Fixtures/"
    try FileManager.default.copyItem(atPath: fixtures + "linear.onnx", toPath: path("linear.onnx"))
    try scratch.write("linear.yaml", "output: {classes: [CN, AD]}\n")
    for subject in 0..<2 {
      try write("s\(subject).nii.gz") { Self.value($0, subject: subject) }
      try write("s\(subject)_truth.nii.gz") { $0.i < 2 ? 1 : 0 }
    }
  }

  func path(_ name: String) -> String { scratch.path(name) }
  func text(_ name: String) -> String? { scratch.text(name) }

  @discardableResult
  func write(_ name: String, text: String) throws -> String { try scratch.write(name, text) }

  func write(_ name: String, _ value: (VoxelIndex) -> Float) throws {
    let voxels = (0..<Self.shape.count).map { value(Self.voxel($0)) }
    try Volume(shape: Self.shape, voxels: voxels, affine: .identity).write(to: path(name))
  }

  func remove(_ name: String) { try? FileManager.default.removeItem(atPath: path(name)) }

  static func voxel(_ offset: Int) -> VoxelIndex {
    VoxelIndex(i: offset % shape.i, j: offset / shape.i % shape.j, k: offset / (shape.i * shape.j))
  }

  /// What the scans hold; a tenth of it is air.
  static func value(_ voxel: VoxelIndex, subject: Int) -> Float {
    let step = 7 * voxel.i + 5 * voxel.j + 3 * voxel.k + 2 * subject
    return step % 10 == 0 ? 0 : Float(step % 11) / 4 - 1
  }

  /// The weight of linear.onnx's second class for a voxel.
  static func weight(_ voxel: VoxelIndex) -> Float { Float((voxel.i * 5 + voxel.j) * 6 + voxel.k + 1) / 120 }

  /// An explainer of the second class.
  func explainer(_ atlas: Atlas? = nil) throws -> Explainer {
    var options = Explainer.Options()
    options.target = "AD"
    options.atlas = atlas
    return Explainer(try Classifier(model: path("linear.onnx")), options: options)
  }

  /// An atlas of four slabs along i, of which the first two were changed.
  static func slabs() throws -> Atlas {
    let labels = (0..<shape.count).map { Float(voxel($0).i + 1) }
    let table = try LabelTable(text: "index\tname\n1\tA\n2\tB\n3\tC\n4\tD\n", source: "slabs.tsv")
    return try Atlas(
      name: "slabs", image: LabelVolume(Volume(shape: shape, voxels: labels, affine: .identity)), labels: table)
  }

  /// A method by name.
  static func variant(_ name: String) throws -> MethodVariant { try MethodVariant(parsing: name) }
}
