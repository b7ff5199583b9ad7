import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Files that a fuzzer made: extents that hide behind a zero, strings in arithmetic, steps and counts that overflow, bodies that double.
@Suite struct `Hostile models` {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/hostile")

  private static let files: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { $0.hasSuffix(".onnx") }.sorted()
  }()

  /// Those that are valid, and so must run.
  private static let valid: Set<String> = [
    "10_convtranspose_dilated.onnx", "13_scalar_output_squeeze.onnx", "13_scalar_output_sum.onnx",
    "16_output_is_the_input.onnx",
  ]

  private func network(_ file: String) throws -> Network {
    try Network(try OnnxModel(contentsOf: Self.folder.appending(path: file).path), spatial: [3, 4, 3])
  }

  @Test func `are all here`() { #expect(Self.files.count >= 25) }

  // What is not bounded would take weeks; a busy machine under a sanitizer takes seconds.
  @Test(.timeLimit(.minutes(1)), arguments: files.filter { !valid.contains($0) })
  func `are refused in a moment, naming the node or tensor`(file: String) throws {
    let error = try #require(throws: PellucidError.self) {
      let network = try network(file)
      // What is only too large to be run is refused when the graph is built as well, except on machines that can hold it.
      _ = try #require(network.imported.values.allSatisfy { $0.shape.count < 1 << 31 })
      throw PellucidError(.unsupported, at: .init(file: file, part: "run"), what: "it can be held here")
    }
    #expect([.badData, .unsupported].contains(error.kind) && error.place.part != nil, "\(error)")
  }

  @Test(arguments: valid.sorted())
  func `that are valid run forward and back`(file: String) throws {
    let network = try network(file)
    let image = Tensor(repeating: 0.5, shape: network.inputShape)
    let trace = try network.trace(image)
    let ones = Tensor(repeating: 1, shape: Shape([1, network.outputCount]))
    let gradient = try #require(try trace.backward(ones, to: [network.graph.input])[network.graph.input])
    #expect(gradient.shape == network.inputShape && gradient.firstNonFinite == nil)
  }

  @Test(arguments: ["13_scalar_output_squeeze.onnx", "13_scalar_output_sum.onnx", "16_output_is_the_input.onnx"])
  func `whose answer is a number without axes, or the image, are perturbed like others`(file: String) throws {
    let network = try network(file)
    let image = Tensor(repeating: 0.5, shape: network.inputShape)
    let pass = try IncrementalPass(network, image: image)
    let boxes = (0..<3).map { Box(lower: [0, $0, 0], upper: [2, $0 + 2, 2]) }
    for batch in pass.batches(of: boxes, bytes: 1 << 26).batches {
      let outputs = try pass.logits(of: batch) { (_, boxes) throws(PellucidError) in
        Tensor(
          repeating: 2, shape: Shape([boxes.count, network.inputShape[1]] + boxes.extents), order: .channelsLast)
      }
      #expect(outputs.shape == Shape([batch.count, network.outputCount]))
      for (place, member) in batch.members.enumerated() {
        var changed = image.ordered(.rowMajor).values
        let box = boxes[member]
        let shape = network.inputShape
        for c in 0..<shape[1] {
          for d in box.lower[0]..<box.upper[0] {
            for h in box.lower[1]..<box.upper[1] {
              for w in box.lower[2]..<box.upper[2] {
                changed[((c * shape[2] + d) * shape[3] + h) * shape[4] + w] = 2
              }
            }
          }
        }
        let whole = try network.logits(Tensor(changed, shape: shape)).values
        let own = outputs.values.dropFirst(place * whole.count)
        #expect(zip(own, whole).allSatisfy { abs($0 - $1) <= 1e-4 * abs($1) })
      }
    }
  }

  // MARK: constants that grow

  /// A model that adds the sum of a constant, made by these nodes, to the image.
  private func model(_ nodes: [OnnxNode], last: String, _ constants: [String: OnnxTensor]) -> OnnxModel {
    var initializers = constants
    initializers["axes"] = OnnxTensor(elementType: .int64, dimensions: [1], values: .integers([0]))
    let graph = OnnxGraph(
      inputs: [
        OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 3, 4, 3].map { .fixed($0) })
      ],
      outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
      nodes: nodes + [
        OnnxNode(name: "cast", operation: "Cast", inputs: [last], outputs: ["f"], attributes: ["to": .int(1)]),
        OnnxNode(name: "sum", operation: "ReduceSum", inputs: ["f"], outputs: ["s"], attributes: ["keepdims": .int(0)]),
        OnnxNode(name: "add", operation: "Add", inputs: ["x", "s"], outputs: ["y"]),
      ], initializers: initializers)
    return OnnxModel(path: "made.onnx", graph: graph)
  }

  private func integers(_ values: [Int64], _ dimensions: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .int64, dimensions: dimensions, values: .integers(values))
  }

  @Test func `that double a constant at every step are refused`() throws {
    let nodes = (0..<40).map { step in
      OnnxNode(
        name: "double \(step)", operation: "Concat", inputs: ["c\(step)", "c\(step)"], outputs: ["c\(step + 1)"],
        attributes: ["axis": .int(0)])
    }
    let error = try #require(throws: PellucidError.self) {
      try Network(model(nodes, last: "c40", ["c0": integers([1, 2], [2])]))
    }
    #expect(error.line.contains("node double") && error.line.contains("far larger than those of the file"), "\(error)")
  }

  @Test func `that gather a constant many times over are refused`() throws {
    let gather = OnnxNode(
      name: "gather", operation: "Gather", inputs: ["rows", "places"], outputs: ["g"], attributes: ["axis": .int(0)])
    let constants = [
      "rows": integers(Array(repeating: 1, count: 4096), [1, 4096]),
      "places": integers(Array(repeating: 0, count: 60_000), [60_000]),
    ]
    let error = try #require(throws: PellucidError.self) { try Network(model([gather], last: "g", constants)) }
    #expect(error.line.contains("node gather"), "\(error)")
  }

  @Test func `with a Max of sixty thousand constants are computed in a moment`() throws {
    let names = (0..<60_000).map { "c\($0 % 7)" }
    let largest = OnnxNode(name: "max", operation: "Max", inputs: names, outputs: ["m"])
    let constants = Dictionary(
      uniqueKeysWithValues: (0..<7).map { ("c\($0)", integers([Int64($0), 3], [2])) })
    let network = try Network(model([largest], last: "m", constants))
    let image = Tensor(repeating: 0, shape: network.inputShape)
    #expect(try network.logits(image).values.allSatisfy { $0 == 9 })
  }

  @Test(.timeLimit(.minutes(1))) func `with a chain of twenty thousand steps are built in a moment`() throws {
    let nodes = (0..<20_000).map { step in
      OnnxNode(
        name: "step \(step)", operation: step % 2 == 0 ? "Add" : "Relu",
        inputs: step % 2 == 0 ? [step == 0 ? "x" : "v\(step)", "one"] : ["v\(step)"], outputs: ["v\(step + 1)"])
    }
    let graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 1, 1, 1, 1].map { .fixed($0) })],
      outputs: [OnnxValueInfo(name: "v20000", elementType: .float, dimensions: nil)], nodes: nodes,
      initializers: ["one": OnnxTensor(elementType: .float, dimensions: [1], values: .floats([1]))])
    let network = try Network(OnnxModel(path: "chain.onnx", graph: graph))
    #expect(try network.logits(Tensor(repeating: 0, shape: network.inputShape)).values == [10_000])
  }

  @Test func `that end in the choice of a class say where to cut them`() throws {
    for (operation, outputs) in [("ArgMax", ["label"]), ("TopK", ["values", "label"])] {
      let k = integers([1], [1])
      let graph = OnnxGraph(
        inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: [1, 2, 3, 4, 3].map { .fixed($0) })],
        outputs: [
          OnnxValueInfo(name: "label", elementType: .int64, dimensions: nil),
          OnnxValueInfo(name: "scores", elementType: .float, dimensions: nil),
        ],
        nodes: [
          OnnxNode(name: "pool", operation: "GlobalAveragePool", inputs: ["x"], outputs: ["p"]),
          OnnxNode(name: "flat", operation: "Flatten", inputs: ["p"], outputs: ["scores"]),
          OnnxNode(
            name: "choose", operation: operation, inputs: operation == "TopK" ? ["scores", "k"] : ["scores"],
            outputs: outputs),
        ], initializers: ["k": k])
      let model = OnnxModel(path: "head.onnx", graph: graph)
      let error = try #require(throws: PellucidError.self) { try Network(model) }
      for part in ["node choose", "`scores`", "node flat (Flatten)", "extract_model"] {
        #expect(error.line.contains(part), "\(error)")
      }
      _ = try Network(model, output: "scores")
    }
  }
}
