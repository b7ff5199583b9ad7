import Attribution
import Faults
import FoundationEssentials
import Networks
import OnnxFormat
import Tensors
import Testing

/// Incremental scoring against running every changed image in full, on every model that any test has.
@Suite struct `Scores are the dense ones on every model` {
  static let tests = String(#filePath.dropLast("AttributionTests/EveryModelTests.swift".count))

  /// The rooms whose fixtures are whole files; the others' are bad ones on purpose among them.
  static let models: [String] = [
    "AttributionTests", "NetworksTests", "OnnxFormatTests", "PellucidTests", "PellucidToolTests",
  ]
  .flatMap { room in
    let names = (try? FileManager.default.contentsOfDirectory(atPath: tests + room + "/Fixtures")) ?? []
    return names.sorted().filter { $0.hasSuffix(".onnx") && !$0.hasPrefix("bad_") }.map { room + "/Fixtures/" + $0 }
  }

  /// The network for an image of its own size, or of 7 × 8 × 9 where it takes any; nil where it takes no 3D image.
  static func network(_ path: String) throws -> Network? {
    guard let model = try? OnnxModel(contentsOf: tests + path), let input = try? model.imageInput(),
      input.dimensions?.count == 5
    else { return nil }
    let further = model.graph.inputs.map(\.name).filter { $0 != input.name }
    let values = Dictionary(uniqueKeysWithValues: further.map { ($0, [Float(0.5)]) })
    do throws(PellucidError) {
      return try Network(model, spatial: [7, 8, 9], channels: nil, inputs: values)
    } catch {
      // Fixed extents are the model's own.
      do throws(PellucidError) { return try Network(model, inputs: values) } catch { return nil }
    }
  }

  @Test func `nearly all models take part`() throws {
    let taken = try Self.models.filter { try Self.network($0) != nil }
    #expect(Self.models.count > 200)
    #expect(taken.count >= Self.models.count - 5, "\(Set(Self.models).subtracting(taken).sorted())")
  }

  @Test(arguments: models) func `within 1e-5 of the score's range`(_ path: String) throws {
    guard let network = try Self.network(path) else { return }
    let classes = try Classes(outputs: network.outputCount, activation: .none, names: nil)
    var random = RandomValues(seed: 5)
    let weights = (0..<network.outputCount).map { _ in random.next() * 2 - 1 }
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(name: "sum", weights: weights), kind: .logit)
    let shape = network.graph.shape(of: network.graph.input)
    let image = Tensor((0..<shape.count).map { _ in random.next() * 2 + 0.1 }, shape: shape)
    let spatial = shape.spatial

    var all = PerturbationScorerTests.perturbations(spatial, fillFrom: image.scaled(by: 0.5))
    let subject = Subject(image: image, voxelSizes: [1, 1.5, 2])
    let soft = try Occluder(Fill(.value(0.7), feather: 2.5), for: subject)
    for size in [1, 2, 100] {
      let lower = spatial.map { max(0, ($0 - size) / 2) }
      let box = Box(lower: lower, upper: zip(lower, spatial).map { min($0 + size, $1) })
      all.append(soft.perturbation(.box(box)))
      all.append(soft.perturbation(.voxels([0, Int32(shape.voxels - 1)], within: Box(whole: spatial))))
    }
    var wanted: [Double] = []
    for perturbation in all {
      wanted += try score.scores(ofImages: PerturbationScorerTests.changed(image, perturbation))
    }
    let found = try PerturbationScorer(score, image: image).scores(of: all, progress: SilentProgress())
    let range = (wanted.max() ?? 0) - (wanted.min() ?? 0)
    // A score that nothing changes has no range; then it is its own size that rounding goes by.
    let scale = max(range, 1e-2 * (wanted.map(\.magnitude).max() ?? 0))
    let worst = zip(found, wanted).map { ($0 - $1).magnitude }.max() ?? 0
    #expect(worst <= 1e-5 * scale, "\(worst / scale) of the range \(range)")
  }
}
