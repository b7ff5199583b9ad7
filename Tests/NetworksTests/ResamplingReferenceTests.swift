import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Resize (nearest) and Pad as ONNX Runtime computes them; `Tests/References/make_resize_pad.py` made the tables.
@Suite struct `Resampling agrees with ONNX Runtime` {
  private static func rows(_ file: String) throws -> [[String]] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    return text.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static func numbers(_ text: String) -> [Int] { text.split(separator: " ").compactMap { Int($0) } }

  /// The graph of one node that reads the image and these constants.
  private static func graph(
    _ operation: String, _ shape: [Int], _ constants: [OnnxTensor?], _ attributes: [String: OnnxAttribute],
    opset: Int = 19
  ) throws -> Graph {
    let names = constants.indices.map { constants[$0] == nil ? "" : "c\($0)" }
    let model = OnnxModel(
      path: "made.onnx", opsets: ["": opset],
      graph: OnnxGraph(
        inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: shape.map { .fixed($0) })],
        outputs: [OnnxValueInfo(name: "y", elementType: .float, dimensions: nil)],
        nodes: [
          OnnxNode(name: "step", operation: operation, inputs: ["x"] + names, outputs: ["y"], attributes: attributes)
        ],
        initializers: Dictionary(
          uniqueKeysWithValues: zip(names, constants).compactMap { name, constant in constant.map { (name, $0) } })))
    return try Graph(importing: model, image: Shape(shape))
  }

  /// Exact: which input each output takes.
  @Test func `on the nearest input, with decimal scales and with sizes`() throws {
    let rows = try Self.rows("resize_nearest.tsv")
    #expect(rows.count == 240)
    for row in rows {
      let extent = try #require(Int(row[2]))
      let (scale, size) = (try #require(Float(row[3])), try #require(Int64(row[4])))
      let scales = OnnxTensor(elementType: .float, dimensions: [5], values: .floats([1, 1, 1, 1, scale]))
      let sizes = OnnxTensor(elementType: .int64, dimensions: [5], values: .integers([1, 1, 1, 1, size]))
      let graph = try? Self.graph(
        "Resize", [1, 1, 1, 1, extent], size == 0 ? [nil, scales] : [nil, nil, sizes],
        [
          "mode": .string("nearest"), "coordinate_transformation_mode": .string(row[0]),
          "nearest_mode": .string(row[1]),
        ])
      let image = Tensor((0..<extent).map(Float.init), shape: Shape([1, 1, 1, 1, extent]))
      let wanted = Self.numbers(row[5])
      // A single output in the place of all is a resize to 1, which the graph takes like any other.
      let output = try #require(try graph?.run(image), "\(row)")
      #expect(output.ordered(.rowMajor).values.map { Int($0) } == wanted, "\(row)")
    }
  }

  /// Exact: before there were modes of rounding, an axis that shrinks was read rounded up.
  @Test func `on the nearest input as older versions of Resize and Upsample choose it`() throws {
    let rows = try Self.rows("resize_old.tsv")
    #expect(rows.count >= 55)
    for row in rows {
      let (opset, extent) = (try #require(Int(row[1])), try #require(Int(row[2])))
      let scales = OnnxTensor(
        elementType: .float, dimensions: [5], values: .floats([1, 1, 1, 1, try #require(Float(row[3]))]))
      let graph = try Self.graph(
        row[0], [1, 1, 1, 1, extent], [scales], ["mode": .string("nearest")], opset: opset)
      let image = Tensor((0..<extent).map(Float.init), shape: Shape([1, 1, 1, 1, extent]))
      let output = try graph.run(image).ordered(.rowMajor)
      #expect(output.values.map { Int($0) } == Self.numbers(row[4]), "\(row)")
    }
  }

  /// Exact, and the gradient is the transpose: Σ g·pad(x) = Σ pad'(g)·x.
  @Test func `on pads of every mode, also negative ones`() throws {
    let rows = try Self.rows("pad_modes.tsv")
    #expect(rows.count == 80)
    for row in rows {
      let shape = Self.numbers(row[1])
      let pads = Self.numbers(row[2]).map(Int64.init)
      let graph = try Self.graph(
        "Pad", shape, [OnnxTensor(elementType: .int64, dimensions: [10], values: .integers(pads))],
        ["mode": .string(row[0])])
      let count = shape.reduce(1, *)
      let image = Tensor((0..<count).map(Float.init), shape: Shape(shape))
      let output = try graph.run(image).ordered(.rowMajor)
      #expect(output.shape.dimensions == Self.numbers(row[3]) && output.values.map { Int($0) } == Self.numbers(row[4]))
      try Self.expectTranspose(graph, image, output, "\(row[0]) \(row[2])")
    }
  }

  /// Exact: whole numbers; and the gradient is the transpose.
  @Test func `on transposed convolutions, also with output pads of the stride and more`() throws {
    let rows = try Self.rows("conv_transpose.tsv")
    #expect(rows.count == 24)
    for row in rows {
      let all = row.map(Self.numbers)
      let (shape, values) = (Array(all[5][..<5]), all[5][5...].map(Float.init))
      let weights = OnnxTensor(
        elementType: .float, dimensions: [2, 1] + all[0], values: .floats(all[6].map(Float.init)))
      let graph = try Self.graph(
        "ConvTranspose", shape, [weights],
        [
          "strides": .ints(all[1]), "dilations": .ints(all[2]), "pads": .ints(all[3]), "output_padding": .ints(all[4]),
        ])
      let image = Tensor(values, shape: Shape(shape))
      let output = try graph.run(image).ordered(.rowMajor)
      #expect(output.shape.dimensions == all[7] && output.values.map { Int($0) } == all[8], "\(row)")
      try Self.expectTranspose(graph, image, output, "\(row)")
    }
  }

  /// The gradient of a linear graph is its transpose: Σ g·y = Σ y'(g)·x.
  private static func expectTranspose(_ graph: Graph, _ image: Tensor, _ output: Tensor, _ name: String) throws {
    let weights = Tensor((0..<output.count).map { Float($0 % 5) - 2 }, shape: output.shape)
    let trace = try graph.trace(image)
    let upstream = weights.reinterpreted(as: Shape([1, output.count]), order: .rowMajor)
    let gradient = try #require(try trace.backward(upstream, to: [graph.input])[graph.input]).ordered(.rowMajor)
    let left = weights.combined(.multiply, with: output).sum
    let right = gradient.combined(.multiply, with: image).sum
    #expect(abs(left - right) <= 1e-6 * max(1, abs(left)), "\(name)")
  }
}
