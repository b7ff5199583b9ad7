import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidSubjects
import PellucidVolumes
import TestSupport
import Testing

/// The factors of an autoencoder draw the boxes that were planted.
@Suite struct `Latents` {
  /// Where the factors of the fixtures draw.
  private static func box(_ factor: Int, _ i: Int, _ j: Int, _ k: Int) -> Bool {
    factor == 0
      ? (1..<3).contains(i) && (1..<4).contains(j) && (1..<4).contains(k)
      : (4..<7).contains(i) && (4..<7).contains(j) && (5..<7).contains(k)
  }

  private static func brain(_ first: Float, _ second: Float, noise: Float = 0, seed: Int = 0) -> Volume {
    var numbers = Noise(seed: 7919 * (seed + 1))
    let values = numbers.values(512)
    return Planted.volume { i, j, k in
      (box(0, i, j, k) ? first : 0) + (box(1, i, j, k) ? second : 0) + noise * values[i + 8 * (j + 8 * k)]
    }
  }

  private static func scan(
    _ model: String, decoder: String? = nil, of volume: Volume = brain(0.7, -1.2)
  ) throws -> LatentScan {
    let folder = try TemporaryFolder()
    let reference = try Planted.write([volume], to: folder, as: "scan")[0]
    return try LatentScan(
      reference, by: try Planted.explainer(model), decoder: decoder.map(Planted.fixture))
  }

  @Test(
    arguments: [("vae.onnx", nil), ("encoder.onnx", "decoder.onnx"), ("vae_added.onnx", nil)] as [(String, String?)])
  func `means, variances and the reconstruction are the scan's`(model: String, decoder: String?) throws {
    let scan = try Self.scan(model, decoder: decoder)
    #expect(scan.model.count == 2)
    #expect(abs(scan.code.means[0] - 0.7) < 1e-5 && abs(scan.code.means[1] + 1.2) < 1e-5)
    #expect(abs(scan.code.logVariances[0] - (-2 + 0.07)) < 1e-5 && abs(scan.code.logVariances[1] - (-3 - 0.12)) < 1e-5)
    #expect(scan.relativeError < 1e-9)
    #expect(scan.correlation > 0.999999)
    #expect(relativeError(scan.reconstruction.voxels, Self.brain(0.7, -1.2).voxels) < 1e-5)
    #expect(scan.error.voxels.allSatisfy { abs($0) < 1e-5 })
    let divergence = 0.5 * (1.44 + exp(-3.12) + 3.12 - 1)
    #expect(abs(scan.code.divergences[1] - divergence) < 1e-5)
    #expect(scan.strongest(1) == [1])
  }

  @Test func `a decoder that is given more than the means is told`() throws {
    let scan = try Self.scan("vae_added.onnx")
    #expect(scan.model.cut == "z")
    #expect(scan.model.notes.count == 1)
    #expect(try Self.scan("vae.onnx").model.notes.isEmpty)
  }

  @Test func `what an autoencoder cannot draw is its error`() throws {
    let scan = try Self.scan("vae.onnx", of: Self.brain(0.7, -1.2, noise: 0.5))
    #expect(scan.relativeError > 0.1 && scan.relativeError < 1)
    let expected = zip(scan.reconstruction.voxels, Self.brain(0.7, -1.2, noise: 0.5).voxels).map { $0 - $1 }
    #expect(relativeError(scan.error.voxels, expected) < 1e-4)
  }

  @Test func `a factor changes the region that was planted, and no other`() throws {
    let scan = try Self.scan("encoder.onnx", decoder: "decoder.onnx")
    for factor in 0..<2 {
      let planted = Planted.volume { Self.box(factor, $0, $1, $2) ? 1 : 0 }
      #expect(relativeError(try scan.change(by: factor).voxels, planted.voxels) < 1e-5)
      let way = try scan.traversal(of: factor, at: [-2, 0, 3])
      #expect(way.channels == 3)
      for (step, value) in [Float(-2), 0, 3].enumerated() {
        let expected = factor == 0 ? Self.brain(value, -1.2) : Self.brain(0.7, value)
        #expect(relativeError(way.channel(alone: step).voxels, expected.voxels) < 1e-5)
      }
    }
  }

  @Test func `a twin whose decoder is shuffled draws no region`() throws {
    let folder = try TemporaryFolder()
    let reference = try Planted.write([Self.brain(0.7, -1.2)], to: folder, as: "scan")[0]
    let explainer = try Planted.explainer("vae.onnx")
    let decoder = try #require(explainer.classifier.model.weightedLayers.last)
    let twin = try LatentScan(reference, by: try explainer.randomizing([decoder], seed: 1), decoder: nil)
    let change = try twin.change(by: 0).voxels
    let planted = Planted.volume { Self.box(0, $0, $1, $2) ? 1 : 0 }.voxels
    let inside = zip(change, planted).reduce(0) { $0 + abs($1.0 * $1.1) }
    #expect(inside < 0.3 * change.reduce(0) { $0 + abs($1) })
  }

  @Test func `samples are of the prior, the same for a seed`() throws {
    let scan = try Self.scan("vae.onnx")
    let samples = try scan.samples(200, seed: 3)
    #expect(samples.voxels == (try scan.samples(200, seed: 3)).voxels)
    let first = (0..<200).map { Double(samples[VoxelIndex(i: 1, j: 1, k: 1), $0]) }
    let mean = first.reduce(0, +) / 200
    let variance = first.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 199
    // Four standard errors of 200 standard normal numbers.
    #expect(abs(mean) < 4 / 200.0.squareRoot() && abs(variance - 1) < 4 * (2.0 / 199).squareRoot())
  }

  @Test func `the mean brain follows what the study's covariate was planted in`() throws {
    let folder = try TemporaryFolder()
    var lines = ["participant_id\timage\tage\tsex"]
    for subject in 0..<24 {
      let age = 50 + Float(subject % 12) * 3
      let scan = Self.brain(0.05 * (age - 70), 0.3, noise: 0.2, seed: subject)
      try scan.write(to: folder.path("\(subject).nii.gz"))
      lines.append("sub-\(subject)\t\(subject).nii.gz\t\(age)\t\(subject < 12 ? "F" : "M")")
    }
    let table = try SubjectTable(contentsOf: try folder.write("study.tsv", lines.joined(separator: "\n") + "\n"))
    let explainer = try Planted.explainer("vae.onnx")
    let scans = try table.scans(atLeast: 10)
    let scan = try LatentScan(scans[0], by: explainer, decoder: nil)
    let codes = try LatentCourse.codes(of: scans, by: explainer, scan.model, progress: SilentProgress())
    let process = try CovariateProcess(codes, of: table, along: ["age", "sex"])
    #expect((process.explained[0] ?? 0) > 0.9)
    // The hyperparameters have seen who is left out, so a factor of noise is explained in part as well.
    #expect((process.explained[1] ?? 1) < 0.7)
    let course = try LatentCourse(process, on: scan, steps: 3, draws: 10, seed: 0)
    #expect(course.mean.channels == 3 && course.deviation.channels == 3)
    let (low, high) = (course.points[0].value, course.points[2].value)
    let slope = (course.mean[VoxelIndex(i: 1, j: 1, k: 1), 2] - course.mean[VoxelIndex(i: 1, j: 1, k: 1), 0])
    #expect(abs(Double(slope) / (high - low) - 0.05) < 0.005)
    let other = course.mean[VoxelIndex(i: 5, j: 5, k: 5), 2] - course.mean[VoxelIndex(i: 5, j: 5, k: 5), 0]
    #expect(abs(other) < 0.05)
    #expect(course.deviation.voxels.allSatisfy { $0 >= 0 && $0 < 0.2 })
    #expect(course.deviation[VoxelIndex(i: 1, j: 1, k: 1), 1] > 0)
  }

  @Test func `decoders that do not fit are refused in a line`() throws {
    let three = fault { _ = try Self.scan("encoder.onnx", decoder: "decoder_of_three.onnx") }
    #expect(three?.kind == .badData && three?.line.contains("is not the encoder's latent") == true)
    let none = fault { _ = try Self.scan("encoder.onnx") }
    #expect(none?.kind == .usage && none?.line.contains("no output of the model is the image again") == true)
    let classifier = fault { _ = try Self.scan("planted_study.onnx") }
    #expect(classifier?.kind == .usage)
    let scan = try Self.scan("vae.onnx")
    #expect(fault { try scan.model.check([2]) }?.line.contains("they are 0 to 1") == true)
  }
}
