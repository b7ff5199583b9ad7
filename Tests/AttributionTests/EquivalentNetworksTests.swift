import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// Networks that are the same function, written in two ways; and what a map must add up to whatever the steps are.
@Suite struct `The same function` {
  private static let voxels = [6, 5, 7]

  private func image(_ scale: Float = 1) -> Tensor {
    var random = RandomValues(seed: 21)
    let shape = Shape([1, 1] + Self.voxels)
    return Tensor((0..<shape.count).map { _ in (random.next() * 2 - 1) * scale }, shape: shape)
  }

  private func map(_ network: Network, _ method: String, _ options: [String: String]) throws -> Relevance {
    let classes = try Classes(outputs: network.outputCount, activation: .softmax, names: nil)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    return try MethodCatalogue.method(named: method).init(OptionValues(options)).relevance(
      of: Subject(image: image()), to: score, progress: SilentProgress())
  }

  /// Ends in two outputs from `channels`.
  private func ended(_ sketch: inout NetworkSketch, _ value: String, _ channels: Int) throws -> Network {
    let mean = sketch.add("GlobalAveragePool", [value])
    let output = sketch.dense(mean, (channels, 2))
    return try sketch.network(output)
  }

  private func number(_ value: Float) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: [], values: .floats([value]))
  }

  @Test(arguments: ["epsilon", "epsilon-plus", "epsilon-gamma-box", "deep-taylor"])
  func `has one map, as a transposed convolution too`(_ composite: String) throws {
    let maps = try [false, true].map { transposed in
      var sketch = NetworkSketch([1] + Self.voxels, seed: 10)
      let first = sketch.conv("image", (1, 3), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
      let normalized = sketch.batchNorm(sketch.relu(first), 3)
      // Weights [O, I] and [I, O] of a kernel of one voxel.
      let weights = sketch.floats([2, 3, 1, 1, 1], scale: 0.6)
      let bias = sketch.floats([2], scale: 0.2)
      var turned = weights
      if transposed, let values = weights.floats {
        turned = OnnxTensor(
          elementType: .float, dimensions: [3, 2, 1, 1, 1],
          values: .floats((0..<6).map { values[$0 % 2 * 3 + $0 / 2] }))
      }
      let second = sketch.add(transposed ? "ConvTranspose" : "Conv", [normalized], constants: [turned, bias])
      return try map(ended(&sketch, sketch.relu(second), 2), "lrp", ["composite": composite]).map
    }
    #expect(relativeError(maps[1].values, maps[0].values) < 1e-5)
    #expect(maps[0].range != 0...0)
  }

  @Test(arguments: ["epsilon", "epsilon-plus", "deep-taylor"], [0, 1])
  func `has one map, however many steps scale before a layer`(_ composite: String, _ pad: Int) throws {
    let maps = try [false, true].map { divides in
      var sketch = NetworkSketch([1] + Self.voxels, seed: 6)
      let shifted = sketch.add("Sub", ["image"], constants: [number(0.7)])
      let scaled = divides ? sketch.add("Div", [shifted], constants: [number(2)]) : shifted
      var weights = sketch.floats([4, 1, 3, 3, 3], scale: 0.4)
      if !divides, let values = weights.floats { weights.values = .floats(values.map { $0 / 2 }) }
      let bias = sketch.floats([4], scale: 0.2)
      let layer = sketch.add(
        "Conv", [scaled], constants: [weights, bias], ["pads": ints(Array(repeating: pad, count: 6))])
      return try map(ended(&sketch, sketch.relu(layer), 4), "lrp", ["composite": composite]).map
    }
    #expect(relativeError(maps[1].values, maps[0].values) < 1e-5)
    #expect(maps[0].range != 0...0)
  }

  @Test(arguments: ["epsilon", "epsilon-plus", "excitation-backprop"])
  func `has one map, as an activation that is written out too`(_ composite: String) throws {
    let maps = try [false, true].map { isWrittenOut in
      var sketch = NetworkSketch([1] + Self.voxels, seed: 7)
      let x = sketch.conv("image", (1, 3), kernel: [3, 3, 3])
      let active: String
      if isWrittenOut {
        let divided = sketch.add("Div", [x], constants: [number(Float(2).squareRoot())])
        let sum = sketch.add("Add", [sketch.add("Erf", [divided])], constants: [number(1)])
        active = sketch.add("Mul", [sketch.add("Mul", [x, sum])], constants: [number(0.5)])
      } else {
        active = sketch.add("Gelu", [x])
      }
      let second = sketch.conv(active, (3, 4), kernel: [2, 2, 2])
      return try map(ended(&sketch, sketch.relu(second), 4), "lrp", ["composite": composite]).map
    }
    #expect(relativeError(maps[1].values, maps[0].values) < 1e-4)
    #expect(maps[0].range != 0...0)
  }

  @Test(
    arguments: [
      ("InstanceNormalization", [:], 3), ("GroupNormalization", ["num_groups": .int(2)], 4),
      ("LayerNormalization", ["axis": .int(2)], 0),
    ] as [(String, [String: OnnxAttribute], Int)],
    [["baseline": "0"], ["baseline": "0.4"], ["baseline": "blur", "sigma": "2"]])
  func `of statistics of the input is shared out in full by DeepLIFT`(
    _ step: (name: String, attributes: [String: OnnxAttribute], channels: Int), _ baseline: [String: String]
  ) throws {
    var sketch = NetworkSketch([1] + Self.voxels, seed: 8)
    let channels = max(step.channels, 3)
    let x = sketch.conv("image", (1, channels), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
    // Before operator set 21 a group has one factor.
    let dimensions =
      switch step.name {
      case "LayerNormalization": Self.voxels
      case "GroupNormalization": [2]
      default: [channels]
      }
    let parts = [sketch.floats(dimensions, scale: 1), sketch.floats(dimensions, scale: 0.3)]
    let normalized = sketch.add(step.name, [x], constants: parts, step.attributes)
    try expectFullSum(of: map(ended(&sketch, sketch.relu(normalized), channels), "deeplift", baseline))
  }

  @Test(arguments: [["baseline": "0"], ["baseline": "0.4"], ["baseline": "blur", "sigma": "2"]])
  func `of a layer normalization, a softsign and a maximum that are written out too`(
    _ baseline: [String: String]
  ) throws {
    let maps = try [false, true].map { isWrittenOut in
      var sketch = NetworkSketch([1] + Self.voxels, seed: 9)
      let x = sketch.conv("image", (1, 3), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
      let (scale, shift) = (sketch.floats(Self.voxels, scale: 1), sketch.floats(Self.voxels, scale: 0.3))
      var value: String
      if isWrittenOut {
        let axes: [String: OnnxAttribute] = ["axes": ints([2, 3, 4])]
        let centred = sketch.add("Sub", [x, sketch.add("ReduceMean", [x], axes)])
        let variance = sketch.add("ReduceMean", [sketch.add("Pow", [centred], constants: [number(2)])], axes)
        let deviation = sketch.add("Sqrt", [sketch.add("Add", [variance], constants: [number(1e-5)])])
        let scaled = sketch.add("Mul", [sketch.add("Div", [centred, deviation])], constants: [scale])
        value = sketch.add("Add", [scaled], constants: [shift])
      } else {
        value = sketch.add("LayerNormalization", [x], constants: [scale, shift], ["axis": .int(2)])
      }
      let below = sketch.add("Add", [sketch.add("Abs", [value])], constants: [number(1)])
      value = sketch.add("Div", [value, below])
      let other = sketch.conv("image", (1, 3), kernel: [1, 1, 1])
      value = sketch.add("Max", [value, other])
      let found = try map(ended(&sketch, value, 3), "deeplift", baseline)
      try expectFullSum(of: found)
      return found.map
    }
    #expect(relativeError(maps[1].values, maps[0].values) < 1e-4)
  }

  private func expectFullSum(of found: Relevance) throws {
    var residual = Double.nan
    if case .number(let value)? = found.facts.first(where: { $0.name == "completeness_residual" })?.value {
      residual = value
    }
    let size = found.map.values.reduce(0.0) { $0 + Double(abs($1)) }
    #expect(abs(residual) < 1e-4 * size, "\(residual) beside \(size)")
    #expect(size > 0.01)
  }
}
