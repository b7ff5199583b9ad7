import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidResults
import PellucidStatistics
import PellucidVolumes
import TestSupport
import Testing

/// Concepts that are learned lie where a class was made to hang, and nowhere where it does not.
@Suite struct `Extracted concepts` {
  /// What place.onnx's second class hangs on, as d, h, w: 1 where it is to be bright, −1 where dark.
  private static func side(_ i: Int, _ j: Int, _ k: Int) -> Int {
    i < 4 && j < 4 && k >= 4 ? 1 : i >= 4 && j >= 4 && k < 4 ? -1 : 0
  }

  /// Noise, with each of the eight octants, those two among them, as bright as chance has it.
  private static func scan(_ place: Int, seed: Int) -> Volume {
    var noise = Noise(seed: 7919 * (seed + 31 * place + 1))
    let values = noise.values(512)
    let bright = noise.values(8).map { 0.75 * ($0 + 1) }
    return Planted.volume { i, j, k in
      bright[i / 4 + 2 * (j / 4) + 4 * (k / 4)] + 0.2 * values[i + 8 * (j + 8 * k)]
    }
  }

  private struct Study {
    let folder: TemporaryFolder
    let scans: [ScanReference]

    init(count: Int = 60) throws {
      folder = try TemporaryFolder()
      scans = try Planted.write((0..<count).map { scan($0, seed: 1) }, to: folder, as: "scan")
    }

    func trained(_ explainer: Explainer, limit: Int = 1 << 30) throws -> (ConceptCohort, ConceptTraining) {
      let cohort = try ConceptCohort(of: scans, layer: "relu", in: explainer, folder: folder.path, limit: limit)
      var options = ConceptTraining.Options()
      (options.concepts, options.epochs, options.rate) = (4, 150, 1e-3)
      return (cohort, try ConceptTraining(on: cohort, options: options))
    }
  }

  /// How far the second class's concept that goes with it most lies in one of the two boxes and not, or with the other sign, in the other: −1…1.
  private func contrast(_ explainer: Explainer, _ study: Study) throws -> (contrast: Double, fidelity: Double) {
    let (cohort, training) = try study.trained(explainer)
    let statistics = try ConceptStatistics(of: training, on: cohort)
    let correlations = (4..<8).map { concept in
      Correlation.coefficient(
        training.trained.map { statistics.answers[$0].relevances[concept] },
        training.trained.map { cohort.probabilities[$0][1] }) ?? 0
    }
    let most = 4 + (correlations.indices.max { correlations[$0] < correlations[$1] } ?? 0)
    let map = statistics.volume
    #expect(map.shape == GridShape(i: 6, j: 6, k: 6) && map.channels == 8)
    var (sided, whole) = (0.0, 0.0)
    for k in 0..<6 {
      for j in 0..<6 {
        for i in 0..<6 {
          let value = Double(map.voxels[216 * most + i + 6 * (j + 6 * k)])
          whole += abs(value)
          sided += Double(Self.side(i < 3 ? 0 : 7, j < 3 ? 0 : 7, k < 3 ? 0 : 7)) * value
        }
      }
    }
    return (whole > 0 ? abs(sided) / whole : 0, statistics.heldOut.agreement)
  }

  private func written(
    _ training: ConceptTraining, _ cohort: ConceptCohort, _ statistics: ConceptStatistics, _ explainer: Explainer,
    _ study: Study
  ) throws -> ConceptFolder {
    let writer = try ViewWriter(folder: study.folder.path("mace"), name: ConceptFolder.name)
    let report = ConceptTrainingReport(training, on: cohort, statistics)
    try report.write(into: writer, in: explainer)
    try writer.finish(
      try ViewRecord(
        view: "concepts train", of: explainer, layers: [cohort.layer.tensor], options: ["layer": "relu"],
        facts: report.facts, seconds: 0))
    try writer.commit()
    return try ConceptFolder(study.folder.path("mace"))
  }

  @Test func `a class's concept lies where the class hangs`() throws {
    let found = try contrast(try Planted.explainer("place.onnx"), try Study())
    #expect(found.fidelity >= 0.9)
    // Chance correlations of the other six boxes with the class count against it; twins have 0.17 on average.
    #expect(found.contrast > 0.33, "\(found)")
  }

  @Test func `of networks whose weights are shuffled it does not lie there`() throws {
    let study = try Study()
    let explainer = try Planted.explainer("place.onnx")
    let head = try #require(explainer.classifier.model.weightedLayers.last)
    var found: [Double] = []
    for seed in 0..<4 {
      do { found.append(try contrast(try explainer.randomizing([head], seed: seed), study).contrast) } catch {
        // A twin may answer one class for all, which is refused.
        #expect((error as? PellucidError)?.line.contains("for every scan") == true)
      }
    }
    // Chance gives a twin a part of it.
    #expect(found.count >= 2 && found.reduce(0, +) / Double(found.count) < 0.25, "\(found)")
  }

  @Test func `what was trained is read again, and refused for another network`() throws {
    let study = try Study(count: 20)
    let explainer = try Planted.explainer("place.onnx")
    let (cohort, training) = try study.trained(explainer)
    let statistics = try ConceptStatistics(of: training, on: cohort, prototypes: 2)
    let folder = try written(training, cohort, statistics, explainer, study)
    let subject = try explainer.prepare(study.scans[0])
    let again = try ConceptExplanation(of: subject, by: folder, at: "mace", in: explainer)
    #expect(relativeError(again.answer.relevances, statistics.answers[0].relevances) < 1e-6)
    #expect(statistics.prototypes.count == 16)
    // On the layer's own grid, whose cells lie in the middle of windows of 3.
    let (maps, origins) = (again.places.mapVolume(on: again.grid), again.places.originVolume(on: again.grid))
    #expect(maps.shape == GridShape(i: 6, j: 6, k: 6) && maps.channels == 8 && origins.channels == 8)
    #expect(distance(maps.affine, Affine(elements: [1, 0, 0, -3, 0, 1, 0, -3, 0, 0, 1, -3])) < 1e-6)
    #expect(again.places.originVolume([5], on: again.grid, of: subject).shape == subject.anatomy.shape)
    // The parts of a class's concepts add up to its relevance.
    for kind in 0..<2 {
      let sum = again.answer.relevances[(4 * kind)..<(4 * kind + 4)].reduce(again.answer.starts[kind], +)
      #expect(abs(1 / (1 + exp(-sum)) - again.answer.classRelevances[kind]) < 1e-9)
    }
    let other = try Planted.explainer("planted_study.onnx")
    #expect(fault { try folder.check(other, layer: nil, at: "mace") }?.line.contains("another network") == true)
    #expect(fault { try folder.check(explainer, layer: "conv", at: "mace") }?.kind == .usage)
    try folder.check(explainer, layer: "relu", at: "mace")
    var bytes = try study.folder.bytes("mace/mace.safetensors")
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(filePath: study.folder.path("mace/mace.safetensors")))
    #expect(fault { _ = try ConceptFolder(study.folder.path("mace")) }?.line.contains("its record") == true)
    #expect(fault { _ = try ConceptFolder(study.folder.path) }?.line.contains("holds no extractor") == true)
  }

  @Test func `values that do not fit in memory are kept in files, which go`() throws {
    let study = try Study(count: 20)
    let explainer = try Planted.explainer("place.onnx")
    let kept = try study.trained(explainer).1
    try {
      let (cohort, training) = try study.trained(explainer, limit: 1 << 14)
      #expect(cohort.isInFiles)
      #expect(training.course == kept.course)
    }()
    #expect(!study.folder.listing().contains { $0.hasPrefix(".pellucid") })
  }

  @Test func `bad studies and layers are refused`() throws {
    let study = try Study(count: 10)
    let explainer = try Planted.explainer("place.onnx")
    func cohort(_ layer: String?, _ explainer: Explainer) -> PellucidError? {
      fault { _ = try ConceptCohort(of: study.scans, layer: layer, in: explainer, folder: study.folder.path) }
    }
    #expect(cohort("rellu", explainer)?.line.contains("relu") == true)
    #expect(cohort("flat", explainer)?.kind == .usage)
    #expect(fault { _ = try study.trained(explainer) }?.line.contains("8 scans are left") == true)
    #expect(cohort(nil, try Planted.explainer("vae.onnx"))?.kind == .badData)
  }
}
