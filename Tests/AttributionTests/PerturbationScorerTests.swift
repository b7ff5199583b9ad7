import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import Synchronization
import TestSupport
import Testing

/// Incremental scoring against running every changed image in full.
@Suite struct PerturbationScorerTests {
  /// A network by what it has that regions must get right.
  enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case windows, overlappingPools, residual, concatenated, convolutionalHead, instanceNorm, grouped, gated, pointwise
    case fixedBatch, dense, padded, late, wide

    var testDescription: String { rawValue }

    /// C, D, H, W.
    var image: [Int] {
      switch self {
      case .grouped: [2, 13, 16, 11]
      case .convolutionalHead: [1, 16, 20, 16]
      default: [1, 17, 21, 15]
      }
    }

    func network() throws -> Network {
      var s = NetworkSketch(image, seed: UInt64(rawValue.count + 7))
      switch self {
      case .windows:
        // Strides, dilation, asymmetric pads, an average that leaves out padding, a pool that rounds up.
        var x = s.conv(
          "image", (1, 4), kernel: [3, 2, 3], stride: [2, 1, 1], dilation: [1, 2, 1], pads: [0, 1, 2, 1, 0, 1])
        x = s.pool("MaxPool", s.relu(x), kernel: [2, 2, 2], stride: [2, 2, 2], ceil: true)
        x = s.relu(s.conv(x, (4, 6), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        x = s.pool("AveragePool", x, kernel: [3, 3, 3], stride: [2, 2, 2], pads: [1, 0, 1, 1, 1, 0])
        return try s.network(s.dense(s.add("GlobalAveragePool", [x]), (6, 3)))
      case .overlappingPools:
        // As many channels as fill a vector, half of one, and a rest.
        var x = s.relu(s.batchNorm(s.conv("image", (1, 27), kernel: [3, 3, 3]), 27))
        x = s.pool("MaxPool", x, kernel: [3, 3, 3], stride: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1])
        x = s.pool(
          "AveragePool", x, kernel: [2, 3, 2], stride: [1, 2, 1], pads: [1, 1, 0, 0, 1, 1], countPadding: true)
        x = s.conv(x, (27, 4), kernel: [2, 2, 2], stride: [2, 2, 2])
        return try s.network(s.dense(s.add("GlobalMaxPool", [x]), (4, 2)))
      case .residual:
        var x = s.relu(s.conv("image", (1, 4), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        for (channels, stride) in [((4, 4), 1), ((4, 8), 2), ((8, 8), 1)] {
          let pads = [1, 1, 1, 1, 1, 1]
          var y = s.relu(s.conv(x, channels, kernel: [3, 3, 3], stride: [stride, stride, stride], pads: pads))
          y = s.conv(y, (channels.1, channels.1), kernel: [3, 3, 3], pads: pads)
          let short = stride == 1 ? x : s.conv(x, channels, kernel: [1, 1, 1], stride: [2, 2, 2])
          x = s.relu(s.add("Add", [y, short]))
        }
        let mean = s.add("ReduceMean", [x], ["axes": ints([2, 3, 4]), "keepdims": .int(0)])
        return try s.network(s.dense(mean, (8, 2)))
      case .concatenated:
        // As DenseNet: normalizations before the convolutions, features piled up.
        var x = s.conv("image", (1, 4), kernel: [3, 3, 3], stride: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1])
        for layer in 0..<3 {
          let channels = 4 + 3 * layer
          let y = s.relu(s.conv(s.relu(s.batchNorm(x, channels)), (channels, 5), kernel: [1, 1, 1]))
          let new = s.conv(y, (5, 3), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1])
          x = s.add("Concat", [x, new], ["axis": .int(1)])
        }
        let mean = s.add("GlobalAveragePool", [s.relu(s.batchNorm(x, 13))])
        return try s.network(s.dense(mean, (13, 2)))
      case .convolutionalHead:
        var x = "image"
        for channels in [(1, 4), (4, 6)] {
          x = s.batchNorm(s.conv(x, channels, kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]), channels.1)
          x = s.relu(s.pool("MaxPool", x, kernel: [2, 2, 2], stride: [2, 2, 2]))
        }
        x = s.pool("AveragePool", s.relu(s.conv(x, (6, 5), kernel: [1, 1, 1])), kernel: [4, 5, 4], stride: [1, 1, 1])
        return try s.network(s.add("LogSoftmax", [s.conv(x, (5, 4), kernel: [1, 1, 1])], ["axis": .int(1)]))
      case .instanceNorm:
        var x = s.conv("image", (1, 4), kernel: [3, 3, 3])
        x = s.pool("MaxPool", s.relu(x), kernel: [2, 2, 2], stride: [2, 2, 2])
        x = s.conv(x, (4, 6), kernel: [3, 3, 3], dilation: [2, 2, 1], pads: [1, 1, 1, 1, 1, 1])
        let parts = [s.floats([6], scale: 1), s.floats([6], scale: 0.3)]
        x = s.relu(s.add("InstanceNormalization", [x], constants: parts))
        return try s.network(s.dense(s.add("GlobalAveragePool", [x]), (6, 2)))
      case .grouped:
        var x = s.relu(s.conv("image", (2, 8), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1], groups: 2))
        x = s.conv(x, (8, 8), kernel: [3, 3, 3], stride: [2, 2, 2], groups: 8)
        let slopes = [s.floats([8, 1, 1, 1], scale: 0.5)]
        x = s.add("PRelu", [x], constants: slopes)
        x = s.relu(s.batchNorm(x, 8))
        return try s.network(s.dense(s.add("ReduceSum", [x], constants: [integers([2, 3, 4])]), (8, 3)))
      case .gated:
        // Squeeze and excite: a gate a channel, computed from all voxels, then a gate a voxel.
        let x = s.relu(s.conv("image", (1, 6), kernel: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1]))
        let mean = s.add("GlobalAveragePool", [x])
        let gate = s.add("Sigmoid", [s.conv(mean, (6, 6), kernel: [1, 1, 1])])
        let deeper = s.relu(s.conv(x, (6, 6), kernel: [3, 3, 3]))
        let gated = s.conv(s.add("Mul", [x, gate]), (6, 6), kernel: [3, 3, 3])
        let sum = s.add("Add", [gated, deeper])
        return try s.network(s.dense(s.add("GlobalAveragePool", [sum]), (6, 2)))
      case .pointwise:
        var x = s.conv("image", (1, 5), kernel: [3, 3, 3])
        x = s.add("Mul", [x, s.add("Sigmoid", [x])])
        x = s.add("Add", [x], constants: [s.floats([5, 1, 1, 1], scale: 1)])
        x = s.add("Elu", [s.conv(s.add("LeakyRelu", [x]), (5, 4), kernel: [2, 2, 2], stride: [2, 1, 2])])
        x = s.add("Tanh", [s.add("Softplus", [s.add("Abs", [x])])])
        x = s.add("Softmax", [x], ["axis": .int(1)])
        let map = s.add("ReduceMax", [x], ["axes": ints([1]), "keepdims": .int(1)])
        return try s.network(
          s.dense(s.add("GlobalAveragePool", [s.add("Concat", [x, map], ["axis": .int(1)])]), (5, 2)))
      case .fixedBatch:
        // A reshape that names the batch: several images cannot go through it together.
        let x = s.pool(
          "MaxPool", s.relu(s.conv("image", (1, 2), kernel: [3, 3, 3])), kernel: [5, 6, 6], stride: [5, 6, 6])
        let flat = s.add("Reshape", [x], constants: [integers([1, 36])])
        return try s.network(s.dense(flat, (36, 2)))
      case .dense:
        var x = s.relu(s.conv("image", (1, 6), kernel: [3, 3, 3]))
        x = s.pool("MaxPool", x, kernel: [2, 2, 2], stride: [2, 2, 2])
        x = s.pool("MaxPool", s.relu(s.conv(x, (6, 8), kernel: [3, 3, 3])), kernel: [2, 2, 2], stride: [2, 2, 2])
        return try s.network(s.dense(x, (8 * 12, 3)))
      case .padded:
        // Pad before a pool, slices of voxels and channels, a border that is mirrored.
        var x = s.relu(s.conv("image", (1, 4), kernel: [3, 3, 3]))
        x = s.add("Pad", [x], constants: [integers([0, 0, 1, 0, 0, 0, 0, 2, -1, 1])])
        x = s.pool("MaxPool", x, kernel: [2, 2, 2], stride: [2, 2, 2])
        x = s.add(
          "Slice", [x], constants: [integers([1, 1]), integers([9, 4]), integers([3, 1]), integers([2, 1])])
        x = s.relu(s.conv(x, (3, 4), kernel: [2, 2, 3]))
        x = s.add("Pad", [x], constants: [integers([0, 0, 1, 1, 1, 0, 0, 1, 1, 1])], ["mode": .string("reflect")])
        return try s.network(s.dense(s.add("GlobalAveragePool", [s.conv(x, (4, 4), kernel: [3, 3, 3])]), (4, 2)))
      case .wide:
        // Whole vectors of channels, whose 3³ convolutions save products.
        let pads = [1, 1, 1, 1, 1, 1]
        var x = s.relu(s.conv("image", (1, 16), kernel: [3, 3, 3]))
        x = s.pool("MaxPool", s.relu(s.conv(x, (16, 32), kernel: [3, 3, 3])), kernel: [2, 2, 2], stride: [2, 2, 2])
        var y = s.relu(s.conv(x, (32, 32), kernel: [3, 3, 3], pads: pads))
        y = s.conv(y, (32, 32), kernel: [3, 3, 3], pads: pads)
        x = s.relu(s.conv(s.relu(s.add("Add", [y, x])), (32, 48), kernel: [3, 3, 3], pads: pads))
        return try s.network(s.dense(s.add("GlobalAveragePool", [x]), (48, 3)))
      case .late:
        // Operators of newer operator sets, and powers that differ by channel.
        var x = s.add("Gelu", [s.conv("image", (1, 4), kernel: [3, 3, 3])], ["approximate": .string("tanh")])
        x = s.add("Softsign", [s.conv(x, (4, 6), kernel: [2, 3, 2], stride: [2, 2, 2])])
        x = s.conv(s.add("Gelu", [x]), (6, 6), kernel: [2, 2, 2])
        x = s.add("Pow", [s.add("Abs", [x])], constants: [PerturbationScorerTests.powers([1, 1.5, 2, 2.5, 3, 0.5])])
        let parts = [s.floats([3], scale: 1), s.floats([3], scale: 0.3)]
        x = s.add(
          "GroupNormalization", [s.conv(x, (6, 6), kernel: [1, 1, 1])], constants: parts, ["num_groups": .int(3)])
        return try s.network(s.dense(s.add("GlobalAveragePool", [s.relu(x)]), (6, 2)))
      }
    }

    func score() throws -> ScoreFunction {
      let network = try network()
      let classes = try Classes(outputs: network.outputCount, activation: .softmax, names: nil)
      return ScoreFunction(network: network, classes: classes, target: Target(classIndex: 1, of: classes), kind: .logit)
    }

    func imageTensor() -> Tensor {
      var random = RandomValues(seed: 3)
      let shape = Shape([1] + image)
      return Tensor((0..<shape.count).map { _ in random.next() * 2 - 1 }, shape: shape)
    }
  }

  /// Exponents of channels.
  private static func powers(_ values: [Float]) -> OnnxTensor {
    OnnxTensor(elementType: .float, dimensions: [values.count, 1, 1, 1], values: .floats(values))
  }

  /// Windows at corners, borders and centres, from one voxel to everything; voxel sets; weights; other images.
  static func perturbations(_ spatial: [Int], fillFrom other: Tensor) -> [Perturbation] {
    var random = RandomValues(seed: 11)
    var all: [Perturbation] = []
    for size in [1, 2, 3, 5, 8, (spatial.max() ?? 0) / 2, 100] {
      for place in 0..<6 {
        var box = Box(lower: [0, 0, 0], upper: [0, 0, 0])
        for axis in 0..<3 {
          let extent = min(size, spatial[axis])
          let room = spatial[axis] - extent
          let corner = [0, room, room / 2, random.next(below: room + 1), (place + axis) % 2 * room, room / 3][place]
          box.lower[axis] = corner
          box.upper[axis] = corner + extent
        }
        all.append(Perturbation(.box(box), fill: random.next() * 4 - 2))
        let voxels = (0..<box.count).filter { _ in random.next() < 0.4 }.map { offset in
          let extents = box.extents
          let d = box.lower[0] + offset / (extents[1] * extents[2])
          let h = box.lower[1] + offset / extents[2] % extents[1]
          return Int32((d * spatial[1] + h) * spatial[2] + box.lower[2] + offset % extents[2])
        }
        all.append(Perturbation(.voxels(voxels, within: box), fill: random.next() * 4 - 2))
        if place % 3 == 0 {
          all.append(
            Perturbation(.weights((0..<box.count).map { _ in random.next() }, within: box), fill: .image(other)))
        }
      }
    }
    return all
  }

  /// The image under a perturbation, made voxel by voxel.
  static func changed(_ image: Tensor, _ perturbation: Perturbation) -> Tensor {
    var values = image.values
    let (d, h, w) = (image.shape[2], image.shape[3], image.shape[4])
    let box = perturbation.box
    let others: [Float] = if case .image(let other) = perturbation.fill { other.values } else { [] }
    func set(_ voxel: Int, weight: Float) {
      for c in 0..<image.shape[1] {
        let place = c * d * h * w + voxel
        switch perturbation.fill {
        case .value(let value): values[place] = weight == 1 ? value : values[place] + weight * (value - values[place])
        case .image: values[place] += weight * (others[place] - values[place])
        }
      }
    }
    if case .voxels(let voxels, _) = perturbation.place {
      for voxel in voxels { set(Int(voxel), weight: 1) }
      return Tensor(values, shape: image.shape)
    }
    var place = 0
    for i in box.lower[0]..<box.upper[0] {
      for j in box.lower[1]..<box.upper[1] {
        for k in box.lower[2]..<box.upper[2] {
          var weight: Float = 1
          if case .weights(let weights, _) = perturbation.place { weight = weights[place] }
          set((i * h + j) * w + k, weight: weight)
          place += 1
        }
      }
    }
    return Tensor(values, shape: image.shape)
  }

  @Test(arguments: Kind.allCases) func `scores are those of the whole network`(_ kind: Kind) throws {
    let score = try kind.score()
    let image = kind.imageTensor()
    let all = Self.perturbations(image.shape.spatial, fillFrom: image.scaled(by: -0.5))
    let scorer = try PerturbationScorer(score, image: image)
    let found = try scorer.scores(of: all, progress: SilentProgress())
    var wanted: [Double] = []
    for perturbation in all { wanted += try score.scores(ofImages: Self.changed(image, perturbation)) }
    let range = (wanted.max() ?? 0) - (wanted.min() ?? 0)
    #expect(range > 0.01)
    for index in all.indices {
      #expect(
        abs(found[index] - wanted[index]) <= 1e-5 * range, "\(all[index].place): \(found[index]), not \(wanted[index])")
    }
  }

  /// With nothing to spare boxes grow to whole windows of pools; with more, pools read what is beside them.
  @Test(arguments: Kind.allCases) func `outputs are the same whatever is kept beside the changes`(_ kind: Kind) throws {
    let network = try kind.network()
    let image = kind.imageTensor().ordered(.channelsLast)
    let boxes = Self.perturbations(image.shape.spatial, fillFrom: image).map(\.box).filter {
      2 * $0.count <= image.shape.voxels
    }
    let wanted = try boxes.map { box in
      try network.logits(Self.changed(kind.imageTensor(), Perturbation(.box(box), fill: 1.5))).values
    }
    let range = (wanted.joined().max() ?? 0) - (wanted.joined().min() ?? 0)
    for spare in [0, 20_000, IncrementalPass.spareBytes] {
      let pass = try IncrementalPass(network, image: image, spare: spare)
      let (batches, tooLarge) = pass.batches(of: boxes, bytes: 1 << 24)
      #expect(batches.flatMap(\.members).sorted() + tooLarge == Array(boxes.indices))
      for batch in batches {
        let outputs = try pass.logits(of: batch) { (images, painted) throws(PellucidError) in
          var crops = image.crops(painted)
          for place in 0..<painted.count {
            let box = boxes[batch.members[images.lowerBound + place]]
            crops.paint(place, of: painted, from: image, box, weights: nil, with: .value(1.5))
          }
          return crops
        }.values
        for (place, member) in batch.members.enumerated() {
          for (a, b) in zip(outputs.dropFirst(place * wanted[member].count), wanted[member]) {
            #expect(abs(a - b) <= 1e-5 * range, "\(boxes[member]) with \(spare) bytes: \(a), not \(b)")
          }
        }
      }
    }
  }

  @Test func `the box that a change reaches is the smallest that holds it`() {
    var random = RandomValues(seed: 5)
    let shape = Shape([1, 2, 7, 9, 11])
    for round in 0..<300 {
      // Few voxels differ from the fill, or many, or all; some have no weight.
      let share = [0.002, 0.05, 0.5, 1][round % 4]
      let image = Tensor((0..<shape.count).map { _ in Double(random.next()) < share ? 1 : 0.25 }, shape: shape).ordered(
        .channelsLast)
      var box = Box(lower: [0, 0, 0], upper: [0, 0, 0])
      for axis in 0..<3 {
        box.lower[axis] = random.next(below: shape.spatial[axis])
        box.upper[axis] = box.lower[axis] + 1 + random.next(below: shape.spatial[axis] - box.lower[axis])
      }
      let weights = (0..<box.count).map { _ in random.next() < 0.3 ? Float(0) : 1 }
      let values = image.ordered(.rowMajor).values
      for weights in [nil, weights] {
        var bounds: (lower: [Int], upper: [Int])?
        for place in 0..<box.count where weights?[place] != 0 {
          let own = box.extents
          let at = [place / (own[1] * own[2]), place / own[2] % own[1], place % own[2]].enumerated().map {
            box.lower[$0] + $1
          }
          let voxel = (at[0] * 9 + at[1]) * 11 + at[2]
          guard values[voxel] != 0.25 || values[shape.voxels + voxel] != 0.25 else { continue }
          bounds = (
            (0..<3).map { min(bounds?.lower[$0] ?? .max, at[$0]) },
            (0..<3).map { max(bounds?.upper[$0] ?? 0, at[$0] + 1) }
          )
        }
        let wanted = bounds.map { Box(lower: $0.lower, upper: $0.upper) }
        #expect(image.changedBox(painting: box, weights: weights, with: .value(0.25)) == wanted)
      }
    }
  }

  @Test func `what changes nothing has the baseline's score to the last bit`() throws {
    let score = try Kind.dense.score()
    let image = Tensor(repeating: 0.25, shape: Shape([1] + Kind.dense.image))
    let scorer = try PerturbationScorer(score, image: image)
    let nothing = [
      Perturbation(.box(Box(lower: [2, 2, 2], upper: [9, 9, 9])), fill: 0.25),
      Perturbation(.voxels([], within: Box(lower: [0, 0, 0], upper: [1, 1, 1])), fill: 9),
      Perturbation(.weights(Array(repeating: 0, count: 8), within: Box(lower: [0, 0, 0], upper: [2, 2, 2])), fill: 9),
    ]
    let scores = try scorer.scores(of: nothing, progress: SilentProgress())
    #expect(scores == Array(repeating: scorer.baseline, count: 3))
    #expect(try score.scores(ofImages: image)[0] == scorer.baseline)
  }

  @Test(arguments: Kind.allCases) func `little memory is kept to and gives the same scores`(_ kind: Kind) throws {
    let score = try kind.score()
    let image = kind.imageTensor()
    let all = Self.perturbations(image.shape.spatial, fillFrom: image)
    let plenty = try PerturbationScorer(score, image: image).scores(of: all, progress: SilentProgress())
    let range = (plenty.max() ?? 0) - (plenty.min() ?? 0)
    let needed = try Engine.peak { () throws(PellucidError) in try score.network.logits(image) }.bytes + 8 * image.count
    for factor in [2, 3, 6, 20] {
      let limit = Engine.bytesTaken + factor * needed
      let held = Engine.bytesTaken
      let (little, bytes) = try Engine.peak { () throws(PellucidError) in
        try PerturbationScorer(score, image: image, memoryLimit: limit).scores(of: all, progress: SilentProgress())
      }
      #expect(held + bytes <= limit, "\(held + bytes) bytes at \(factor) passes, \(limit)")
      for (a, b) in zip(plenty, little) { #expect(abs(a - b) <= 1e-5 * range) }
    }
  }

  @Test func `memory that is less than a pass takes is refused, with what it takes`() throws {
    let error = #expect(throws: PellucidError.self) {
      _ = try PerturbationScorer(Kind.residual.score(), image: Kind.residual.imageTensor(), memoryLimit: 20_000)
    }
    #expect(error?.kind == .usage)
    #expect(error?.what.contains("20000 bytes") == true && error?.remedy.contains("`memory`") == true)
  }

  @Test func `the same work gives the same bytes and reports all of it`() throws {
    let score = try Kind.concatenated.score()
    let image = Kind.concatenated.imageTensor()
    let all = Self.perturbations(image.shape.spatial, fillFrom: image)
    let log = ProgressLog()
    let first = try PerturbationScorer(score, image: image).scores(of: all, progress: log)
    let second = try PerturbationScorer(score, image: image).scores(of: all, progress: SilentProgress())
    #expect(first == second)
    let reports = log.reports
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.0 < $1.0 })
    #expect(reports.last?.0 == all.count && reports.allSatisfy { $0.1 == all.count })
  }

  @Test func `a change that makes the network overflow names the step`() throws {
    let scorer = try PerturbationScorer(Kind.dense.score(), image: Kind.dense.imageTensor())
    let huge = Perturbation(.box(Box(lower: [4, 4, 4], upper: [8, 8, 8])), fill: .greatestFiniteMagnitude)
    let error = #expect(throws: PellucidError.self) { _ = try scorer.scores(of: [huge], progress: SilentProgress()) }
    #expect(error?.description.contains("Conv_0") == true)
  }
}

/// Remembers what it hears.
private final class ProgressLog: ProgressObserver {
  private let heard = Mutex<[(Int, Int)]>([])
  var reports: [(Int, Int)] { heard.withLock { $0 } }
  func advanced(to done: Int, of total: Int) { heard.withLock { $0.append((done, total)) } }
}
