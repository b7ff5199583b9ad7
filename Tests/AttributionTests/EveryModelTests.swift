import FoundationEssentials
import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Incremental scoring against running every changed image in full, on every model that any test has.
@Suite struct `Scores are the dense ones on every model` {
  static let tests = String(#filePath.dropLast("AttributionTests/EveryModelTests.swift".count))

  /// Every model under `Tests`, but for those that are bad on purpose, ONNX's own cases of single operators, and a network that standardizes its
  /// image and so has no answer for an even one; and the sample.
  static let models: [String] =
    ((try? FileManager.default.subpathsOfDirectory(atPath: tests)) ?? [])
    .filter { path in
      let name = path.split(separator: "/").last ?? ""
      return name.hasSuffix(".onnx") && !name.hasPrefix("bad_") && name != "head_standardized.onnx"
        && !path.hasPrefix("Fixtures/onnx-node/") && !path.contains("/hostile/")
    }.sorted() + ["../samples/atrophy-cnn.onnx"]

  /// A convolution of two images at once, and decoders, whose input is a row of factors.
  static let others: Set<String> = [
    "OnnxFilesTests/Fixtures/old_conv3d.onnx", "NetworkViewsTests/Fixtures/decoder.onnx",
    "NetworkViewsTests/Fixtures/decoder_of_three.onnx",
  ]

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

  @Test func `all models take part, and with them all operators that boxes go through`() throws {
    var left: Set<String> = []
    var onBoxes: Set<String> = []
    var all: Set<String> = []
    for path in Self.models {
      guard let network = try Self.network(path) else {
        left.insert(path)
        continue
      }
      onBoxes.formUnion(IncrementalPass.operatorsOnBoxes(of: network))
      all.formUnion(network.graph.nodes.map { String(describing: type(of: $0.operation)) })
    }
    #expect(Self.models.count > 275)
    #expect(Self.models.contains { $0.contains("/zoo/") })
    #expect(left == Self.others)
    // The other four are what no exporter writes today.
    let network = try PerturbationScorerTests.Kind.late.network()
    onBoxes.formUnion(IncrementalPass.operatorsOnBoxes(of: network))
    all.formUnion(network.graph.nodes.map { String(describing: type(of: $0.operation)) })
    #expect(Set(OperatorCatalogue.operators.map { String(describing: $0) }).subtracting(all) == [])
    let wanted: Set<String> = [
      "Abs", "AveragePool", "BatchNormalization", "Binary", "Celu", "Clip", "Concat", "ConstantPower", "Conv", "Elu",
      "Erf", "Exp", "Expand", "Gelu", "HardSigmoid", "HardSwish", "InstanceNormalization", "LeakyRelu", "Log",
      "MaxPool", "Mish", "Neg", "NormalizedConcat", "PRelu", "Pad", "Reciprocal", "Reduce", "Refolding", "Relu",
      "Selu", "Sigmoid", "Slice", "Softmax", "Softplus", "Softsign", "Sqrt", "Tanh", "Tile",
    ]
    #expect(onBoxes == wanted)
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
    // A score that hardly anything changes has no range; then it is its own size that rounding goes by, at two of float's steps.
    let scale = max(range, 2e-2 * (wanted.map(\.magnitude).max() ?? 0))
    let worst = zip(found, wanted).map { ($0 - $1).magnitude }.max() ?? 0
    // Where a network rounds, a rounding error may become a step of its own.
    let tolerance = path.contains("/quantized/") ? 5e-2 : 1e-5
    #expect(worst <= tolerance * scale, "\(worst / scale) of the range \(range)")
  }
}
