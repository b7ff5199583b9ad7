public import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors

/// How far a unit sees: what it could, by the windows before it, and what it does, by its gradient.
///
///     F(p) = mean over images of Σ_c |∂unit/∂x_c(p)|
///     size = (number of voxels with F ≥ 4.55 % of the largest F)^⅓          (95.45 %: two standard deviations)
///
/// - Source: Luo et al. 2016, arXiv:1701.04128.
public struct MeasuredField: Sendable {
  /// The part of the largest value from which a voxel counts.
  public static let part: Float = 0.0455

  /// The unit.
  public let unit: LayerUnit
  /// F, [1, 1, D, H, W].
  public let map: Tensor
  /// How many images it is the mean of.
  public let samples: Int
  /// Voxels that count.
  public let voxels: Int
  /// The box around them, along D, H, W, both ends included.
  public let box: [ClosedRange<Int>]
  /// The largest value.
  public let largest: Float

  /// Cube root of the number of voxels that count.
  public var size: Double { cubeRoot(Double(voxels)) }

  /// Measures a unit's field.
  ///
  /// - Parameters:
  ///   - images: [1, C, D, H, W] each, made one after the other.
  /// - Throws: `.usage` where the gradient is 0 everywhere for all images: the unit is dead, or sees nothing.
  public init(
    of unit: LayerUnit, in network: Network, over samples: Int, progress: any ProgressObserver = SilentProgress(),
    image: (Int) throws(PellucidError) -> Tensor
  ) throws(PellucidError) {
    let part = try network.ending(at: unit.layer.value)
    var seed = [Float](repeating: 0, count: part.outputCount)
    for place in unit.places { seed[place] = 1 }
    let upstream = Tensor(seed, shape: Shape([1, seed.count]))
    let spatial = network.inputShape.spatial
    let count = spatial.reduce(1, *)
    var sum = [Float](repeating: 0, count: count)
    for sample in 0..<samples {
      let trace = try part.trace(try image(sample))
      let input = part.graph.input
      if let gradient = try trace.backward(upstream, to: [input])[input] {
        let channels = network.inputShape[1]
        let values = gradient.ordered(.rowMajor).values
        for channel in 0..<channels {
          for voxel in 0..<count { sum[voxel] += values[channel * count + voxel].magnitude }
        }
      }
      progress.advanced(to: sample + 1, of: samples)
    }
    let largest = (sum.max() ?? 0) / Float(samples)
    guard largest > 0 else { throw .deadUnit(unit, samples: samples) }
    let least = Self.part * largest * Float(samples)
    var low = spatial
    var high = [0, 0, 0]
    var voxels = 0
    for voxel in 0..<count where sum[voxel] >= least {
      voxels += 1
      let place = [voxel / (spatial[1] * spatial[2]), voxel / spatial[2] % spatial[1], voxel % spatial[2]]
      for axis in 0..<3 {
        low[axis] = min(low[axis], place[axis])
        high[axis] = max(high[axis], place[axis])
      }
    }
    (self.unit, self.samples, self.voxels, self.largest) = (unit, samples, voxels, largest)
    box = (0..<3).map { low[$0]...high[$0] }
    map = Tensor(sum, shape: Shape([1, 1] + spatial)).scaled(by: 1 / Float(samples))
  }
}

/// The box that a unit could see by the windows before it.
public struct TheoreticalField: Hashable, Sendable {
  /// Voxels along D, H, W, padding included.
  public let size: [Int]
  /// Its middle, in voxels of the input.
  public let centre: [Double]
  /// The part of it within the input, along D, H, W.
  public let box: [ClosedRange<Int>]
  /// Whether it is the whole input whatever the windows say: a step before looks at everything.
  public let seesEverything: Bool

  /// The field of a unit.
  public init(of unit: LayerUnit, in network: Network) {
    let field = ReceptiveField.of(unit.layer.value, in: network.imported)
    let extents = network.inputShape.spatial
    seesEverything = field.seesEverything || unit.cell == nil
    guard let cell = unit.cell, !field.seesEverything else {
      size = extents
      centre =
        if let cell = unit.cell {
          (0..<3).map { field.centre[$0] + field.jump[$0] * Double(cell[$0]) }
        } else {
          extents.map { Double($0 - 1) / 2 }
        }
      box = extents.map { 0...($0 - 1) }
      return
    }
    let own = (0..<3).map { field.centre[$0] + field.jump[$0] * Double(cell[$0]) }
    centre = own
    size = field.size
    box = (0..<3).map { axis in
      let half = Double(field.size[axis] - 1) / 2
      let low = min(max(0, Int((own[axis] - half).rounded(.down))), extents[axis] - 1)
      return low...max(low, min(extents[axis] - 1, Int((own[axis] + half).rounded(.up))))
    }
  }
}

extension PellucidError {
  static func deadUnit(_ unit: LayerUnit, samples: Int) -> Self {
    .init(
      .usage, what: "the unit (\(unit.text)) of \(unit.layer.name) is dead",
      why: "its gradient is 0 everywhere for \(samples == 1 ? "this image" : "all \(samples) images")",
      remedy: "choose another `channel` or cell, or more `samples`")
  }
}
