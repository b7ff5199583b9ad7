import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct MethodTests {
  @Test(arguments: References.all.quadrature)
  func `Gauss–Legendre nodes are numpy's`(_ wanted: References.Quadrature) {
    let nodes = GaussLegendre.nodes(wanted.count)
    for (node, (place, weight)) in zip(nodes, zip(wanted.places, wanted.weights)) {
      #expect(abs(node.place - place) < 1e-14 && abs(node.weight - weight) < 1e-13)
    }
    #expect(nodes.count == wanted.count)
  }

  /// Counts along an axis are Captum's: ⌈(extent − patch) / stride⌉ + 1.
  @Test(arguments: [
    ([12, 11, 10], [4, 4, 4], [2, 2, 2], [5, 5, 4]), ([10, 10, 10], [16, 10, 1], [8, 5, 1], [1, 1, 10]),
    ([10, 9, 7], [3, 3, 3], [3, 3, 3], [4, 3, 3]), ([1, 2, 3], [1, 1, 2], [1, 1, 1], [1, 2, 2]),
  ])
  func `Windows step until the axis is covered`(_ spatial: [Int], _ patch: [Int], _ stride: [Int], _ counts: [Int]) {
    let windows = Occlusion.windows(over: spatial, patch: patch, stride: stride)
    #expect(windows.count == counts.reduce(1, *))
    #expect(windows.first?.lower == [0, 0, 0])
    #expect(windows.last?.upper == spatial)
    #expect(windows.allSatisfy { box in (0..<3).allSatisfy { box.extents[$0] > 0 && box.extents[$0] <= patch[$0] } })
    var covered = Set<[Int]>()
    for box in windows {
      for d in box.lower[0]..<box.upper[0] {
        for h in box.lower[1]..<box.upper[1] { for w in box.lower[2]..<box.upper[2] { covered.insert([d, h, w]) } }
      }
    }
    #expect(covered.count == spatial.reduce(1, *), "every voxel lies in a window")
  }

  @Test func `A stride above the patch leaves gaps, and no empty window`() {
    let windows = Occlusion.windows(over: [10, 1, 1], patch: [3, 3, 3], stride: [5, 5, 5])
    #expect(windows.map { $0.lower[0]..<$0.upper[0] } == [0..<3, 5..<8])
  }

  @Test func `The last window is cut`() {
    let windows = Occlusion.windows(over: [11, 1, 1], patch: [4, 1, 1], stride: [3, 1, 1])
    #expect(windows.map { $0.lower[0]..<$0.upper[0] } == [0..<4, 3..<7, 6..<10, 9..<11])
  }

  @Test func `Noise of none is the gradient; the same seed gives the same map`() throws {
    let reference = try References.network("activations")
    let plain = try reference.relevance("saliency").map.ordered(.rowMajor).values
    let still = try reference.relevance("smoothgrad", ["samples": "2", "noise": "0"]).map.ordered(.rowMajor).values
    #expect(relativeError(still, plain) < 1e-6)
    let noisy = try ["3", "3", "4"].map { seed in
      try reference.relevance("smoothgrad", ["samples": "3", "seed": seed]).map.values
    }
    #expect(noisy[0] == noisy[1] && noisy[0] != noisy[2])
  }

  @Test(arguments: ["grad-cam", "guided-grad-cam"])
  func `A layer that instance normalization centres has no mean gradient, which is said`(_ method: String) throws {
    var sketch = NetworkSketch([1, 6, 5, 7], seed: 3)
    let made = sketch.conv("image", (1, 4), kernel: [3, 3, 3])
    let constants = [sketch.floats([4], scale: 1), sketch.floats([4], scale: 0.5)]
    let normalized = sketch.add("InstanceNormalization", [made], constants: constants)
    let network = try sketch.network(sketch.dense(sketch.relu(normalized), (240, 2)))
    let classes = try Classes(outputs: 2, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    var random = RandomValues(seed: 4)
    let image = Tensor((0..<210).map { _ in random.next() * 2 - 0.6 }, shape: Shape([1, 1, 6, 5, 7]))
    let type = try MethodCatalogue.method(named: method)
    for (layer, notes) in [(made, 1), (normalized, 0)] {
      let relevance = try type.init(OptionValues(["layer": layer])).relevance(
        of: Subject(image: image), to: score, progress: SilentProgress())
      #expect(relevance.notes.count == notes)
      #expect(relevance.notes.allSatisfy { $0.what.contains(made) })
    }
  }

  @Test func `The default layer is the last convolution of more than one voxel`() throws {
    for (name, layer) in [("plain", "conv2"), ("residual", "short"), ("fcn", "conv3"), ("windows", "conv3")] {
      let found = try #require(text("layer", of: try References.network(name).relevance("grad-cam")))
      #expect(found.contains(layer), "\(found)")
    }
  }

  @Test func `A layer goes by its node's name and its output's`() throws {
    let plain = try References.network("plain")
    let a = try plain.relevance("grad-cam", ["layer": "/conv1/Conv"]).map.values
    let b = try plain.relevance("grad-cam", ["layer": "/conv1/Conv_output_0"]).map.values
    #expect(a == b)
  }

  @Test func `An unknown layer gets a suggestion, one without voxels is refused`() throws {
    let plain = try References.network("plain")
    let unknown = fault { _ = try plain.relevance("grad-cam", ["layer": "/conv2/Conf"]) }
    #expect(unknown?.kind == .usage)
    #expect(unknown?.line.contains("did you mean /conv2/Conv") == true, "\(unknown?.line ?? "no error")")
    let flat = fault { _ = try plain.relevance("guided-grad-cam", ["layer": "/fc1/Gemm"]) }
    #expect(flat?.kind == .usage && flat?.line.contains("has no spatial axes") == true)
  }

  @Test func `A network without convolutions has no default layer`() throws {
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 2, 2, 2].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: [
        OnnxNode(name: "r", operation: "Relu", inputs: ["x"], outputs: ["a"]),
        OnnxNode(name: "f", operation: "Flatten", inputs: ["a"], outputs: ["y"]),
      ])
    let network = try Network(OnnxModel(path: "m.onnx", graph: graph))
    let classes = try Classes(outputs: 8, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 0, of: classes), kind: .logit)
    let subject = Subject(image: Tensor(repeating: 1, shape: network.inputShape))
    let error = fault {
      _ = try GradCAM(OptionValues()).relevance(of: subject, to: score, progress: SilentProgress())
    }
    #expect(error?.kind == .unsupported && error?.line.contains("grad-cam needs a convolution") == true)
  }

  @Test(arguments: [("plain", "MaxPool"), ("windows", "average")])
  func `CAM says what a network lacks`(_ name: String, _ lacks: String) throws {
    let reference = try References.network(name)
    let error = fault { _ = try reference.relevance("cam") }
    #expect(error?.kind == .unsupported && error?.remedy == "use grad-cam, which fits any")
    #expect(error?.line.contains("cam does not fit this model") == true)
  }

  /// Behind a global average pool, mean gradient × activations is the CAM over the number of voxels.
  @Test(arguments: ["residual", "activations", "dense"])
  func `CAM is Grad-CAM before the ReLU, times the voxels`(_ name: String) throws {
    let reference = try References.network(name)
    let cam = try reference.relevance("cam")
    let layer = try #require(text("layer", of: cam))
    let gradCam = try reference.relevance("grad-cam", ["layer": layer])
    guard case .integers(let shape)? = cam.facts.first(where: { $0.name == "layer_shape" })?.value else {
      Issue.record("no shape of the layer")
      return
    }
    // Where no value of either is negative, the two differ by a factor alone.
    let opposite = reference.logits.indices.map { $0 == reference.target ? Float(-1) : 0 }
    let negative = try reference.relevance("cam", weights: opposite).map
    #expect(relativeError(negative.scaled(by: -1).values, cam.map.values) < 1e-5, "CAM is linear in the target")
    if cam.map.range.lowerBound >= 0 {
      let voxels = Float(shape[2...].reduce(1, *))
      #expect(relativeError(gradCam.map.scaled(by: voxels).values, cam.map.values) < 1e-4)
    }
  }

  @Test(arguments: [
    "grad-cam", "grad-cam-plus-plus", "hirescam", "layercam", "xgrad-cam", "score-cam", "ablation-cam", "eigen-cam",
  ])
  func `A layer of one voxel is refused, and several layers are averaged`(_ method: String) throws {
    let dense = try References.network("dense")
    let pool = try #require(try dense.network().imported.nodes.last { $0.operation.role == .averaging })
    let one = fault { _ = try dense.relevance(method, ["layer": pool.name]) }
    #expect(one?.kind == .usage && one?.line.contains("is a single voxel") == true, "\(one?.line ?? "no error")")
    let misspelt = fault { _ = try dense.relevance(method, ["layer": "/relu1/Relu,/relu3/Rely"]) }
    #expect(misspelt?.line.contains("did you mean /relu3/Relu") == true, "\(misspelt?.line ?? "no error")")
    let each = try ["/relu1/Relu", "/relu3/Relu"].map { try dense.relevance(method, ["layer": $0]).map }
    let both = try dense.relevance(method, ["layer": "/relu1/Relu,/relu3/Relu"])
    let mean = each[0].combined(.add, with: each[1]).scaled(by: 0.5)
    #expect(relativeError(both.map.values, mean.values) < 1e-5 || mean.range == 0...0)
    #expect(both.facts.contains { $0.name == "layer_2_cell_mm" })
  }

  @Test func `The size of a cell is stated in mm`() throws {
    let dense = try References.network("dense")
    let subject = Subject(image: try dense.input(), voxelSizes: [1, 2, 3])
    for (upsample, wanted) in [("stretch", [2, 4, 11.0 / 5 * 3]), ("receptive-field", [2, 4, 6])] {
      let map = try GradCAM(OptionValues(["layer": "/pool/AveragePool", "upsample": upsample])).relevance(
        of: subject, to: dense.score(), progress: SilentProgress())
      #expect(map.facts.first { $0.name == "layer_cell_mm" }?.value == .numbers(wanted))
    }
  }

  @Test func `Errors name the method that was asked for`() throws {
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 2, 2, 2].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: [OnnxNode(name: "f", operation: "Flatten", inputs: ["x"], outputs: ["y"])])
    let network = try Network(OnnxModel(path: "m.onnx", graph: graph))
    let classes = try Classes(outputs: 8, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 0, of: classes), kind: .logit)
    let subject = Subject(image: Tensor(repeating: 1, shape: network.inputShape))
    for name in ["guided-grad-cam", "layercam", "score-cam", "ablation-cam", "eigen-cam"] {
      let error = fault {
        _ = try MethodCatalogue.method(named: name).init(OptionValues()).relevance(
          of: subject, to: score, progress: SilentProgress())
      }
      #expect(error?.line.contains("\(name) needs a convolution") == true, "\(error?.line ?? "no error")")
    }
  }

  /// √x at 0 is 0, its slope is not finite.
  @Test(arguments: ["saliency", "gradient-x-input", "guided-backprop"])
  func `Relevance that is not finite names the first step on the way back`(_ method: String) throws {
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 2, 2, 2].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: [
        OnnxNode(name: "early", operation: "Neg", inputs: ["x"], outputs: ["a"]),
        OnnxNode(name: "root", operation: "Sqrt", inputs: ["a"], outputs: ["b"]),
        OnnxNode(name: "late", operation: "Flatten", inputs: ["b"], outputs: ["y"]),
      ])
    let network = try Network(OnnxModel(path: "m.onnx", graph: graph))
    let classes = try Classes(outputs: 8, activation: .none, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 2, of: classes), kind: .logit)
    let subject = Subject(image: Tensor([-1, -1, 0, -4, -5, -6, -7, -8], shape: network.inputShape))
    let error = fault {
      _ = try MethodCatalogue.method(named: method).init(OptionValues()).relevance(
        of: subject, to: score, progress: SilentProgress())
    }
    #expect(error?.kind == .numeric && error?.line.contains("root, Sqrt") == true, "\(error?.line ?? "no error")")
  }

  @Test func `Grad-CAM++ goes by its other name too`() throws {
    #expect(try MethodCatalogue.method(named: "grad-cam++").name == "grad-cam-plus-plus")
  }

  /// What lies behind a layer, run by itself, is what the network answers.
  @Test func `A network goes on from a layer as it was`() throws {
    for name in ["residual", "dense", "plain"] {
      let reference = try References.network(name)
      let network = try reference.network()
      let layer = try #require(network.imported.value(named: "/relu1/Relu"))
      let rest = try #require(
        try Continuation(try network.exposing([layer]), from: layer, of: try reference.input()))
      let twice = try rest.logits(of: Tensor.joined([rest.activation, rest.activation])).values
      #expect(relativeError(twice, reference.logits + reference.logits) < 1e-5)
    }
  }

  /// Captum's unpooling loses values where windows overlap; sums tell.
  @Test(arguments: ["plain", "residual", "dense", "activations", "windows", "twochannel", "fcn"])
  func `DeepLIFT adds up to the difference from its baseline`(_ name: String) throws {
    let reference = try References.network(name)
    for options in [[:], ["baseline": "0.3"], ["baseline": "blur", "sigma": "2"]] as [[String: String]] {
      for kind in [ScoreKind.logit, .probability] where kind == .logit || name == "twochannel" {
        let map = try reference.relevance("deeplift", options, kind)
        let residual = try #require(number("completeness_residual", of: map))
        #expect(
          abs(residual) < 1e-4 * max(1, map.map.values.reduce(0) { $0 + Double(abs($1)) }), "\(options) \(residual)")
      }
    }
  }

  @Test func `Expected gradients need their folder`() throws {
    let error = fault { _ = try References.network("plain").relevance("expected-gradients") }
    #expect(error?.kind == .usage && error?.line.contains("`baselines`") == true)
  }

  @Test func `Cells go where they look, if asked`() throws {
    let reference = try References.network("plain")
    let stretched = try reference.relevance("grad-cam")
    let placed = try reference.relevance("grad-cam", ["upsample": "receptive-field"])
    #expect(stretched.map.shape == placed.map.shape)
    #expect(relativeError(stretched.map.values, placed.map.values) > 1e-3)
  }

  @Test func `Regions get their drop, absent ones none`() throws {
    let reference = try References.network("plain")
    let labels = try #require(reference.labels)
    let subject = Subject(image: try reference.input(), labels: labels, regions: [1, 2, 4, 7])
    let score = try reference.score(nil, .probability)
    let found = try RegionOcclusion(OptionValues()).relevance(of: subject, to: score, progress: SilentProgress())
    #expect(found.scoreDrops.keys.sorted() == [1, 4, 7])
    for (label, value) in zip(labels, found.map.values) { #expect(value == Float(found.scoreDrops[label] ?? 0)) }
    let without = Subject(image: subject.image)
    #expect(
      fault { _ = try RegionOcclusion(OptionValues()).relevance(of: without, to: score, progress: SilentProgress()) }?
        .kind == .usage)
    let elsewhere = Subject(image: subject.image, labels: labels.map { _ in 0 })
    #expect(
      fault { _ = try RegionOcclusion(OptionValues()).relevance(of: elsewhere, to: score, progress: SilentProgress()) }?
        .kind == .badData)
  }

  @Test func `A fill equal to the image changes nothing`() throws {
    let reference = try References.network("plain")
    let subject = Subject(image: Tensor(repeating: 0.25, shape: Shape(reference.shape)), background: 0.25)
    let map = try Occlusion(OptionValues(["patch": "5"])).relevance(
      of: subject, to: reference.score(nil, .probability), progress: SilentProgress()
    ).map
    #expect(map.range == 0...0)
  }

  @Test(arguments: ["grad-cam", "score-cam", "ablation-cam", "eigen-cam"])
  func `A layer behind the logits is refused`(_ method: String) throws {
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 2, 2, 2].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: [
        OnnxNode(name: "n", operation: "Neg", inputs: ["x"], outputs: ["a"]),
        OnnxNode(name: "last", operation: "Sigmoid", inputs: ["a"], outputs: ["y"]),
      ])
    let network = try Network(OnnxModel(path: "m.onnx", graph: graph))
    let classes = try Classes(outputs: 8, activation: .sigmoid, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 2, of: classes), kind: .logit)
    let subject = Subject(image: Tensor(repeating: 1, shape: network.inputShape))
    let error = fault {
      _ = try MethodCatalogue.method(named: method).init(OptionValues(["layer": "last"])).relevance(
        of: subject, to: score, progress: SilentProgress())
    }
    #expect(error?.kind == .usage && error?.line.contains("lies behind the logits") == true, "\(error?.line ?? "none")")
  }

  @Test(arguments: ["saliency", "lrp", "occlusion", "integrated-gradients"])
  func `Values that are not finite are an error`(_ method: String) throws {
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 2, 2, 2].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: [OnnxNode(name: "f", operation: "Flatten", inputs: ["x"], outputs: ["y"])])
    let network = try Network(OnnxModel(path: "m.onnx", graph: graph))
    let classes = try Classes(outputs: 8, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 0, of: classes), kind: .logit)
    let subject = Subject(image: Tensor([1, 2, .nan, 4, 5, 6, 7, 8], shape: network.inputShape))
    let type = try MethodCatalogue.method(named: method)
    let error = fault {
      _ = try type.init(OptionValues()).relevance(of: subject, to: score, progress: SilentProgress())
    }
    #expect(error?.kind == .numeric, "\(error?.line ?? "no error")")
  }
}

@Suite struct CatalogueTests {
  @Test func `Names are unique and every method tells where it is from`() {
    let methods = MethodCatalogue.methods
    #expect(Set(methods.map { $0.name }).count == methods.count)
    #expect(methods.allSatisfy { !$0.summary.isEmpty && !$0.paper.isEmpty })
    #expect(
      methods.filter { $0.defaultScore == .probability }.map { $0.name } == [
        "occlusion", "region-occlusion", "lime", "kernel-shap", "shapley-sampling", "rise", "region-interaction",
      ])
  }

  /// The contract's names.
  @Test(arguments: [
    "saliency", "gradient-x-input", "integrated-gradients", "smoothgrad", "guided-backprop", "deconvnet", "grad-cam",
    "guided-grad-cam", "cam", "lrp", "occlusion", "region-occlusion",
  ])
  func `The contract's methods are there`(_ name: String) throws {
    #expect(try MethodCatalogue.method(named: name).name == name)
  }

  @Test func `An unknown method or option gets a suggestion`() {
    #expect(
      fault { _ = try MethodCatalogue.method(named: "gradcam") }?.line
        == "no method gradcam; did you mean grad-cam or xgrad-cam?")
    let error = fault { try MethodCatalogue.check(options: ["path"], of: [Occlusion.self]) }
    #expect(error?.kind == .usage && error?.line.contains("did you mean `patch`") == true)
    #expect(
      fault {
        try MethodCatalogue.check(options: ["patch", "composite"], of: [Occlusion.self, RelevancePropagation.self])
      } == nil)
    #expect(
      fault { try MethodCatalogue.check(options: ["patch"], of: [GradientTimesInput.self]) }?.remedy == "it takes none")
  }

  @Test(
    arguments: [
      ("saliency", ["postprocess": "absolute"]), ("integrated-gradients", ["steps": "0"]),
      ("integrated-gradients", ["steps": "x"]),
      ("integrated-gradients", ["baseline": "nan"]), ("smoothgrad", ["noise": "-1"]), ("smoothgrad", ["seed": "-1"]),
      ("grad-cam", ["upsample": "nearest"]), ("lrp", ["composite": "zplus"]), ("lrp", ["epsilon": "-1e-6"]),
      ("lrp", ["low": "2", "high": "1"]), ("lrp", ["relevance-start": "two"]), ("occlusion", ["patch": "0"]),
      ("occlusion", ["patch": "4,4"]), ("occlusion", ["patch": "4,4,"]), ("occlusion", ["stride": "-2"]),
      ("occlusion", ["fill": "inf"]),
      ("region-occlusion", ["fill": "zero"]),
    ] as [(String, [String: String])])
  func `Values out of range are refused, with the option's name`(_ method: String, _ options: [String: String]) throws {
    let type = try MethodCatalogue.method(named: method)
    let error = try #require(fault { _ = try type.init(OptionValues(options)) })
    #expect(error.kind == .usage)
    #expect(options.keys.contains { error.line.contains("`\($0)`") }, "\(error.line)")
  }
}
