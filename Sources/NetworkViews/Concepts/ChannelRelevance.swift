public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes

/// Which channels of a layer a decision went through, and the image's relevance through each of them alone: concept relevance propagation.
///
/// - Source: Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8; the walk back is LRP's, by the composite's rules.
public struct ChannelRelevance: Sendable {
  /// A channel.
  public struct Channel: Sendable {
    /// Its place, from 0.
    public let index: Int
    /// Σ of the relevance that arrives there.
    public let relevance: Double
    /// Its part of Σ|·| over all channels.
    public let share: Double
    /// Its largest value, of the layer's own.
    public let activation: Double
    /// Where the most relevance arrives, mm, RAS+: the centre of what that cell sees; nil: it has no place.
    public let peak: [Double]?
    /// The same along D, H, W of the network's input, voxels.
    public let peakOnInput: [Double]?
  }

  /// The layer.
  public let layer: LayerChoice
  /// All channels in order.
  public let channels: [Channel]
  /// Σ of what the outputs are given.
  public let start: Double
  /// What is to be told.
  public let notes: [Note]
  /// Where the network's input lies.
  let world: InputWorld
  /// What a cell of the layer sees along D, H, W, voxels of the network's input.
  let field: [Int]
  private let conditional: LayerRelevance
  private let map: LayerMap
  private let path: GridPath

  /// Walks a scan's answer back to a layer.
  ///
  /// - Parameters:
  ///   - layer: its name.
  ///   - method: the rules.
  /// - Throws: `.usage` for a layer that is not there; what the method throws.
  public init(
    at name: String, of subject: Explainer.Case, _ question: Question, in explainer: Explainer,
    by method: RelevancePropagation
  ) throws(PellucidError) {
    let network = question.network
    layer = try LayerChoice(name, in: network)
    path = subject.prepared.path
    world = InputWorld(path)
    field = ReceptiveField.of(layer.value, in: network.imported).size
    map = LayerMap(of: layer.value, in: network.imported)
    do {
      conditional = try method.relevance(
        at: layer.value, of: try explainer.subject(of: subject), to: explainer.score(of: question, on: .logit))
    } catch {
      throw explainer.located(error, subject)
    }
    notes =
      conditional.mergedWith.map { other in
        [
          Note(
            what: "the normalization behind \(name) is one step with it", how: "relevance is that of \(other)")
        ]
      } ?? []
    start = conditional.start
    let sums = map.sums(conditional.relevance)
    let whole = sums.reduce(0) { $0 + abs($1) }
    let world = world
    let grid = LayerGrid(of: layer.value, in: network, world: world)
    let values = map.map(conditional.activation)
    let arrived = map.map(conditional.relevance)
    channels = sums.indices.map { index in
      let peak = grid.flatMap { Self.peak(Self.plane(arrived, index), $0) }
      let point = peak.map { world.affine.worldPoint(i: $0[0], j: $0[1], k: $0[2]) }
      return Channel(
        index: index, relevance: sums[index], share: whole > 0 ? abs(sums[index]) / whole : 0,
        activation: Double(Self.plane(values, index).max() ?? 0), peak: point.map { [$0.x, $0.y, $0.z] },
        peakOnInput: peak)
    }
  }

  /// A channel's values, place after place.
  private static func plane(_ map: Tensor, _ channel: Int) -> [Float] {
    var plane = Tensor(unfilled: Shape([map.shape.voxels]), order: .rowMajor)
    plane.copy(
      from: map, sourceOffset: channel, sourceStrides: [map.shape[1]], targetStrides: [1], extents: [map.shape.voxels])
    return plane.values
  }

  /// Where the largest value lies, voxels of the network's input.
  private static func peak(_ plane: [Float], _ grid: LayerGrid) -> [Double]? {
    guard grid.axes != nil, plane.count == grid.shape.count,
      let largest = plane.indices.max(by: { plane[$0] < plane[$1] }),
      plane[largest] > 0
    else { return nil }
    // D, H, W: the last runs fastest.
    let (w, h) = (largest % grid.shape.k, largest / grid.shape.k % grid.shape.j)
    let cell = [largest / grid.shape.k / grid.shape.j, h, w]
    return (0..<3).map { grid.centre[$0] + Double(cell[$0]) * grid.jump[$0] }
  }

  /// The channels with the most relevance, by its magnitude, first the largest.
  public func strongest(_ count: Int) -> [Int] {
    Array(
      channels.sorted { (abs($0.relevance), -$0.index) > (abs($1.relevance), -$1.index) }.prefix(count).map(\.index))
  }

  /// - Throws: `.usage` for a channel that the layer does not have.
  public func check(_ wanted: [Int]) throws(PellucidError) {
    for channel in wanted where !channels.indices.contains(channel) {
      throw .noChannel(channel, of: layer.name, count: channels.count)
    }
  }

  /// The image's relevance through some channels alone, on the scan's grid; the parts of all channels add up to the whole map.
  public func volume(through channels: Set<Int>) throws(PellucidError) -> Volume {
    onScan(try relevance(through: channels))
  }

  /// The image's relevance through some channels alone, [1, C, D, H, W].
  func relevance(through channels: Set<Int>) throws(PellucidError) -> Tensor {
    let mask = map.mask(channels)
    return try conditional.onImage(conditional.relevance.combined(.multiply, with: mask))
  }

  /// An image's relevance on the scan's grid.
  func onScan(_ relevance: Tensor) -> Volume { path.back(relevance, extensive: true, channels: .sum) }
}
