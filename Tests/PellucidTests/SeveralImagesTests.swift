import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidModelCards
import PellucidNetworks
import PellucidOnnxFormat
import PellucidPreprocessing
import PellucidResults
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A network of two images, `image` and `later` (`Tests/References/make_wide.py`), from files to maps.
@Suite struct `Networks of several images` {
  private static let model = String(
    #filePath.dropLast("PellucidTests/SeveralImagesTests.swift".count)
      + "NetworksTests/Fixtures/wide/siamese_script13.onnx")

  private let folder: TemporaryFolder
  private let (first, second): (Volume, Volume)

  init() throws {
    folder = try TemporaryFolder()
    var random = RandomValues(seed: 3)
    func volume() -> Volume {
      Volume(
        shape: GridShape(i: 6, j: 7, k: 8), voxels: (0..<336).map { _ in random.next() + 0.1 },
        affine: Affine(elements: [2, 0, 0, -5, 0, 2, 0, -6, 0, 0, 2, -7]))
    }
    (first, second) = (volume(), volume())
    try first.write(to: folder.path("t1.nii.gz"))
    try second.write(to: folder.path("pet.nii.gz"))
  }

  private func explainer(_ card: String = "", files: [String: String]? = nil) throws -> Explainer {
    let path = try folder.write("card.yaml", card)
    return Explainer(
      try Classifier(model: Self.model, card: path, imageFiles: files ?? ["later": folder.path("pet.nii.gz")]))
  }

  @Test func `take a file a further image, scaled by its own block of the card`() throws {
    let explainer = try explainer(
      "input: {normalization: minmax}\ninputs: {later: {normalization: zscore, background: -1}}")
    let subject = try explainer.prepare(ScanReference(folder.path("t1.nii.gz")))
    let image = subject.prepared.input
    #expect(image.shape == Shape([1, 2, 6, 7, 8]))
    let values = image.ordered(.rowMajor).values
    #expect(values[..<336].min() == 0 && values[..<336].max() == 1)
    let mean = values[336...].reduce(0, +) / 336
    let square = values[336...].reduce(0) { $0 + $1 * $1 } / 336
    #expect(abs(mean) < 1e-5 && abs(square - 1) < 1e-4)
    #expect(explainer.classifier.card.input.backgrounds(channels: 2) == [0, -1])
  }

  @Test func `are explained image by image, as both joined by hand`() throws {
    let explainer = try explainer()
    let subject = try explainer.prepare(ScanReference(folder.path("t1.nii.gz")))
    let explanation = try explainer.explain(subject, by: Saliency())
    #expect(explanation.images.map(\.name) == ["image", "later"])
    #expect(explanation.images.map(\.channels) == [0..<1, 1..<2] && explanation.volume.channels == 2)
    let joined = try self.explainer(files: [:])
    let both = ScanReference([folder.path("t1.nii.gz"), folder.path("pet.nii.gz")].joined(separator: "+"))
    let byHand = try joined.explain(try joined.prepare(both), by: Saliency())
    #expect(byHand.volume.voxels == explanation.volume.voxels)
    // One encoder and a difference: the two maps are not alike, and neither is empty.
    let halves = (0..<2).map { explanation.volume.channel(alone: $0).voxels }
    #expect(halves.allSatisfy { $0.contains { $0 != 0 } } && halves[0] != halves[1])
  }

  @Test func `are occluded together, or each alone`() throws {
    let explainer = try explainer("input: {background: 0.2}\ninputs: {later: {background: 0.6}}")
    let subject = try explainer.prepare(ScanReference(folder.path("t1.nii.gz")))
    let fill: [Float] = [0.2, 0.6]
    let image = subject.prepared.input.ordered(.rowMajor).values
    let question = try explainer.question(for: subject)
    let score = ScoreFunction(
      network: question.network, classes: question.classes, target: question.target, kind: .logit)
    // One window over everything: the drop is that of an image filled.
    func drop(_ filled: Set<Int>) throws -> Double {
      let values = image.indices.map { filled.contains($0 / 336) ? fill[$0 / 336] : image[$0] }
      let scores = try [image, values].map { try score.scores(ofImages: Tensor($0, shape: Shape([1, 2, 6, 7, 8])))[0] }
      return scores[0] - scores[1]
    }
    var options = explainer.options
    options.score = .logit
    let asked = Explainer(explainer.classifier, options: options)
    let together = try asked.explain(subject, by: Occlusion(patch: 100))
    #expect(abs(Double(together.volume.voxels[0]) - (try drop([0, 1]))) < 1e-5)
    let apart = try asked.explain(subject, by: Occlusion(patch: 100, images: .each))
    #expect(apart.volume.channels == 2)
    for image in 0..<2 {
      let map = apart.volume.channel(alone: image).voxels
      #expect(abs(Double(map[0]) - (try drop([image]))) < 1e-5 && Set(map).count == 1)
    }
    // Smaller windows, at corners and in the middle, against images filled by hand.
    let small = try asked.explain(subject, by: Occlusion(patch: 3, stride: 3, images: .each))
    for (image, voxel) in [(0, 0), (1, 335), (1, 0), (0, 2 * 56 + 3 * 8 + 4)] {
      let at = [voxel / 56, voxel / 8 % 7, voxel % 8].map { $0 / 3 }
      var values = self.values(of: subject)
      for place in 0..<336 where [place / 56, place / 8 % 7, place % 8].map({ $0 / 3 }) == at {
        values[image * 336 + place] = fill[image]
      }
      let scores = try [self.values(of: subject), values].map {
        try score.scores(ofImages: Tensor($0, shape: Shape([1, 2, 6, 7, 8])))[0]
      }
      #expect(
        abs(
          Double(small.volume.channel(alone: image).voxels[voxel / 56 + 6 * (voxel / 8 % 7 + 7 * (voxel % 8))])
            - (scores[0] - scores[1])) < 1e-5)
    }
  }

  private func values(of subject: Explainer.Case) -> [Float] { subject.prepared.input.ordered(.rowMajor).values }

  @Test func `bring an image of another grid to the scan's, and say so`() throws {
    // The same field on a grid of half the step.
    let fine = second.resampled(
      onto: GridShape(i: 11, j: 13, k: 15), affine: Affine(elements: [1, 0, 0, -5, 0, 1, 0, -6, 0, 0, 1, -7]))
    try fine.write(to: folder.path("fine.nii.gz"))
    let explainer = try explainer(files: ["later": folder.path("fine.nii.gz")])
    let subject = try explainer.prepare(ScanReference(folder.path("t1.nii.gz")))
    #expect(subject.notes.contains { $0.weight == .told && $0.how.contains("resampled onto") })
    let values = subject.prepared.input.ordered(.rowMajor).values
    #expect(abs(values[336] - second.voxels[0]) < 1e-5)
  }

  @Test func `say which image is missing, and how to give it`() throws {
    let explainer = try explainer(files: [:])
    let error = try #require(throws: PellucidError.self) {
      try explainer.prepare(ScanReference(folder.path("t1.nii.gz")))
    }
    #expect(error.kind == .badData && error.remedy.contains("`input` later=FILE.nii.gz"), "\(error)")
  }

  @Test func `refuse what is no image of theirs`() throws {
    #expect(throws: PellucidError.self) { try self.explainer(files: ["pet": folder.path("pet.nii.gz")]) }
    let error = try #require(throws: PellucidError.self) {
      try self.explainer("inputs: {later: {normalisation: zscore}}")
    }
    #expect(error.place.part == "inputs.later.normalisation", "\(error)")
  }
}
