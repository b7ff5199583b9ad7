public import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors
internal import PellucidVolumes

/// What each position of a layer answers to a stimulus: a ball at the centre of what it sees.
///
///     r_c(p) = A_c(x + k·ball(centre of p))(p) − A_c(x)(p)
///
/// Balls that lie farther apart than a field and a ball are wide do not meet in any cell, and share a pass.
public struct ResponseMap: Sendable {
  /// r, in the layer's shape.
  public let tensor: Tensor
  /// Forward passes that it took.
  public let passes: Int

  /// The most passes that are made.
  public static let mostPasses = 20_000

  /// - Parameters:
  ///   - radius: of the ball, mm.
  ///   - contrast: k, in the network's normalized units.
  ///   - image: x, [1, C, D, H, W]; the ball is added to all of its channels.
  /// - Throws: `.usage` where the layer has no place, the ball holds no voxel, or it would take too many passes.
  public init(
    of layer: LayerChoice, radius: Double, contrast: Float, on image: Tensor, in network: Network, world: InputWorld,
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) {
    let graph = network.imported
    let shape = graph.shape(of: layer.value)
    guard let grid = LayerGrid(of: layer.value, in: network, world: world), let axes = grid.axes else {
      throw .layerWithoutPlace(layer.name, shape.description)
    }
    let extents = network.inputShape.spatial
    let sizes = world.affine.voxelSizes
    let reach = sizes.map { radius / $0 }
    let cells = grid.shape.extents
    let field = ReceptiveField.of(layer.value, in: graph)
    let part = try network.ending(at: layer.value)
    let mixes = field.seesEverything || part.imported.normalizesByImage
    let step = (0..<3).map { axis in
      guard !mixes else { return cells[axis] }
      let apart = Double(field.size[axis]) + 2 * reach[axis].rounded(.up) + 1
      return min(cells[axis], Int((apart / max(grid.jump[axis], 1e-9)).rounded(.up)))
    }
    let passes = step.reduce(1, *)
    guard passes <= Self.mostPasses else { throw .tooManyPasses(layer.name, passes, most: Self.mostPasses) }
    let still = try part.logits(image).values
    let input = image.ordered(.rowMajor)
    let values = input.values
    let count = extents.reduce(1, *)
    let strides = shape.strides(in: .rowMajor)
    let free = shape.dimensions.indices.filter { !axes.contains($0) }
    var offsets = [0]
    for axis in free { offsets = offsets.flatMap { from in (0..<shape[axis]).map { from + $0 * strides[axis] } } }
    var result = [Float](repeating: 0, count: still.count)
    var done = 0
    var isEmpty = true
    for first in 0..<passes {
      let start = [first / (step[1] * step[2]), first / step[2] % step[1], first % step[2]]
      var changed = values
      var places: [Int] = []
      for d in stride(from: start[0], to: cells[0], by: step[0]) {
        for h in stride(from: start[1], to: cells[1], by: step[1]) {
          for w in stride(from: start[2], to: cells[2], by: step[2]) {
            let cell = [d, h, w]
            let centre = (0..<3).map { axis -> Double in grid.centre[axis] + grid.jump[axis] * Double(cell[axis]) }
            for voxel in Self.ball(centre, reach, extents) {
              isEmpty = false
              for channel in 0..<network.inputShape[1] { changed[channel * count + voxel] += contrast }
            }
            places.append(d * strides[axes[0]] + h * strides[axes[1]] + w * strides[axes[2]])
          }
        }
      }
      let answer = try part.logits(Tensor(changed, shape: image.shape)).values
      for place in places {
        for offset in offsets { result[place + offset] = answer[place + offset] - still[place + offset] }
      }
      done += 1
      progress.advanced(to: done, of: passes)
    }
    if isEmpty { throw .emptyBall(radius) }
    self.passes = passes
    tensor = Tensor(result, shape: shape)
  }

  /// The voxels of the input whose centres lie in a ball; where none does, the nearest one, if it is in the input.
  private static func ball(_ centre: [Double], _ reach: [Double], _ extents: [Int]) -> [Int] {
    let ranges = (0..<3).map { axis -> ClosedRange<Int>? in
      let low = max(0, Int((centre[axis] - reach[axis]).rounded(.up)))
      let high = min(extents[axis] - 1, Int((centre[axis] + reach[axis]).rounded(.down)))
      return low <= high ? low...high : nil
    }
    var found: [Int] = []
    if let rd = ranges[0], let rh = ranges[1], let rw = ranges[2] {
      for d in rd {
        for h in rh {
          for w in rw {
            let x = (Double(d) - centre[0]) / max(reach[0], 1e-9)
            let y = (Double(h) - centre[1]) / max(reach[1], 1e-9)
            let z = (Double(w) - centre[2]) / max(reach[2], 1e-9)
            if x * x + y * y + z * z <= 1 { found.append((d * extents[1] + h) * extents[2] + w) }
          }
        }
      }
    }
    if found.isEmpty {
      let near = centre.map { Int($0.rounded()) }
      guard zip(near, extents).allSatisfy({ (0..<$1).contains($0) }) else { return [] }
      return [(near[0] * extents[1] + near[1]) * extents[2] + near[2]]
    }
    return found
  }
}

extension Graph {
  /// Whether a step divides by statistics of the whole image, so that any voxel reaches every cell.
  fileprivate var normalizesByImage: Bool {
    nodes.contains { ["InstanceNormalization", "GroupNormalization", "MeanVarianceNormalization"].contains($0.type) }
  }
}

extension PellucidError {
  static func tooManyPasses(_ layer: String, _ passes: Int, most: Int) -> Self {
    .init(
      .usage, what: "the response map of the layer \(layer) takes \(passes) forward passes",
      why: "at most \(most) are made",
      remedy: "choose a layer of fewer cells, or one that sees less")
  }

  static func emptyBall(_ radius: Double) -> Self {
    .init(.usage, what: "a ball of \(radius) mm lies nowhere in the input", remedy: "give a larger radius with `ball`")
  }
}

extension Tensor {
  /// Standard deviation (population) of all values.
  public var deviation: Float {
    let values = values
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1))
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return Float((squares / Double(max(values.count, 1))).squareRoot())
  }
}
