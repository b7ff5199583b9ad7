import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidResults
import PellucidVolumes
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What further inputs that are numbers do to the score, in the record.
@Suite struct `Shares of age and sex` {
  private static let model = String(
    #filePath.dropLast("PellucidTests/InputShareTests.swift".count)
      + "NetworksTests/Fixtures/zoo/features_with_age_and_sex_script17.onnx")

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    var random = RandomValues(seed: 8)
    let shape = GridShape(i: 12, j: 14, k: 12)
    try Volume(shape: shape, voxels: (0..<shape.count).map { _ in random.next() }, affine: .identity).write(
      to: folder.path("scan.nii.gz"))
  }

  private func record(age: Float, _ kind: ScoreKind) throws -> ResultRecord {
    var options = Explainer.Options()
    options.target = "1"
    options.score = kind
    let explainer = Explainer(
      try Classifier(model: Self.model, inputs: ["age": [age], "sex": [1]]), options: options)
    return try explainer.explain(try explainer.prepare(ScanReference(folder.path("scan.nii.gz"))), by: Saliency())
      .record
  }

  @Test(arguments: ScoreKind.allCases) func `are slopes and losses of the score`(kind: ScoreKind) throws {
    let record = try record(age: 0.7, kind)
    let shares = try #require(record.inputShares)
    #expect(shares.map(\.name) == ["age", "sex"])
    let age = shares[0]
    let step: Float = 0.05
    let slope =
      (try self.record(age: 0.7 + step, kind).scoreValue - self.record(age: 0.7 - step, kind).scoreValue)
      / Double(2 * step)
    #expect(abs(Double(age.gradient[0]) - slope) < 5e-3 * max(1e-2, abs(slope)), "\(age) \(slope)")
    #expect(abs(age.gradientTimesInput - 0.7 * Double(age.gradient[0])) < 1e-6)
    let drop = record.scoreValue - (try self.record(age: 0, kind).scoreValue)
    #expect(abs(age.scoreDrop - drop) < 1e-5, "\(age) \(drop)")
    #expect(age.gradient[0] != 0)
  }

  private struct Reference: Decodable {
    let network: String
    let score, gradient, drop: Double
  }

  @Test(arguments: ["concat_after_stem", "scalar_factor"])
  func `are PyTorch's where a number meets maps behind the stem`(name: String) throws {
    let fixtures = String(#filePath.dropLast("InputShareTests.swift".count) + "Fixtures/shares/")
    let all = try JSONDecoder().decode(
      [Reference].self, from: Data(contentsOf: URL(filePath: fixtures + "shares.json")))
    let reference = try #require(all.first { $0.network == name })
    let shape = GridShape(i: 9, j: 10, k: 8)
    var voxels = [Float](repeating: 0, count: shape.count)
    for i in 0..<9 {
      for j in 0..<10 {
        for k in 0..<8 { voxels[(k * 10 + j) * 9 + i] = Float((i * 7 + j * 5 + k * 3) % 11) / 11 - 0.4 }
      }
    }
    try Volume(shape: shape, voxels: voxels, affine: .identity).write(to: folder.path("small.nii.gz"))
    var options = Explainer.Options()
    (options.target, options.score) = ("1", .logit)
    let explainer = Explainer(
      try Classifier(model: fixtures + name + ".onnx", inputs: ["age": [0.7]]), options: options)
    let record = try explainer.explain(
      try explainer.prepare(ScanReference(folder.path("small.nii.gz"))), by: Saliency()
    ).record
    let share = try #require(record.inputShares?.first)
    #expect(abs(record.scoreValue - reference.score) < 1e-5 * max(1, abs(reference.score)))
    #expect(abs(Double(share.gradient[0]) - reference.gradient) < 1e-4 * abs(reference.gradient), "\(share)")
    #expect(abs(share.scoreDrop - reference.drop) < 1e-4 * abs(reference.drop), "\(share)")
  }

  @Test func `are read back from the record's file`() throws {
    let record = try record(age: 0.7, .logit)
    let path = try folder.write("record.json", record.json.text())
    #expect(try ResultRecord(contentsOf: path).inputShares == record.inputShares)
  }
}
