internal import CPellucidKernels
public import PellucidFaults
public import PellucidTensors

/// Runs a network on changed copies of one image, recomputing only what the changes can reach.
///
/// The unchanged image is run once and what boxes are pasted over is kept. For a batch of changes each step takes the boxes of its inputs
/// that its own box needs (the baseline with the changed parts pasted over), computes that box and passes it on. Sums over all voxels are
/// updated by the difference. Where a box has become the whole map, or a step mixes all voxels, the rest runs in full. Exact up to
/// rounding, for every graph.
public struct IncrementalPass: Sendable {
  private let network: Network
  let plan: RegionPlan
  private let baselines: [Tensor?]
  private let sums: [ValueID: [Double]]
  /// The unchanged image's last values before the output activation, [1, K].
  public let logits: Tensor

  /// Bytes that values of the unchanged image may take only to recompute less, where there is memory enough.
  public static let spareBytes = 96 << 20

  /// - Parameters:
  ///   - image: [1, C, D, H, W].
  ///   - spare: bytes that values of the unchanged image may take only to recompute less.
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public init(_ network: Network, image: Tensor, spare: Int = spareBytes) throws(PellucidError) {
    self.network = network
    let plan = RegionPlan(network.graph, spare: spare)
    self.plan = plan
    let result = try Scoring.only(often: true) { () throws(PellucidError) in
      try ForwardPass(plan.graph).run(image.ordered(.channelsLast), keeping: plan.baselines)
    }
    if result.output.firstNonFinite != nil { _ = try network.logits(image) }
    logits = result.output
    baselines = result.kept.enumerated().map { index, tensor in
      plan.baselines.contains { $0.index == index }
        ? tensor.map { $0.shape.isMap ? $0.asVolume : $0 } : nil
    }
    var sums: [ValueID: [Double]] = [:]
    for (node, kind) in zip(plan.graph.nodes, plan.kinds) {
      guard case .voxelSum = kind, let input = baselines[node.inputs[0].index] else { continue }
      sums[node.inputs[0]] = input.channelSums
    }
    self.sums = sums
  }

  /// Whether steps in full can take several images.
  var supportsBatches: Bool { network.supportsBatches }

  /// Bytes of the values of the unchanged image that a pass over this network keeps, if it is made with so many bytes to spare.
  public static func bytesKept(_ network: Network, spare: Int) -> Int {
    RegionPlan(network.graph, spare: spare).baselineBytes
  }

  /// The last values before the output activation, [n, K], for the images of a batch, in its order.
  ///
  /// - Parameter paint: the changed image in boxes, [n, C, extents] channels last, for these places in the batch's order.
  public func logits(
    of batch: ChangeBatch, paint: (Range<Int>, Boxes) throws(PellucidError) -> Tensor
  ) throws(PellucidError) -> Tensor {
    PassCount.add(forward: batch.count)
    var fuses = true
    let state = try Scoring.only(often: true) { () throws(PellucidError) in
      try values(after: batch.segments.count - 1, of: batch, images: 0..<batch.count, &fuses, paint)
    }
    guard let last = state[plan.graph.output.index] else {
      preconditionFailure("a graph that does not make its output")
    }
    let output = whole(plan.graph.output, last)
    return output.ordered(.rowMajor).reinterpreted(
      as: Shape([batch.count, output.count / batch.count]), order: .rowMajor)
  }

  /// What some images of a batch hold after a segment, and all before it.
  ///
  /// A segment takes as many images as the segments before it have to be run for; so at most as many wait for each other as the next
  /// one takes at a time, and what it reads has just been written.
  private func values(
    after place: Int, of batch: ChangeBatch, images: Range<Int>, _ fuses: inout Bool,
    _ paint: (Range<Int>, Boxes) throws(PellucidError) -> Tensor
  ) throws(PellucidError) -> [Held?] {
    guard place >= 0 else {
      var state: [Held?] = Array(repeating: nil, count: plan.graph.values.count)
      let input = plan.graph.input
      if plan.graph.output == input, let boxes = batch.boxes[input.index]?[images] {
        // No layer asks for the image where it is the output itself.
        state[input.index] = held(input, boxes, try paint(images, boxes))
      }
      return state
    }
    let segment = batch.segments[place]
    var parts: [[Held?]] = []
    for round in images.pieces(of: segment.round) {
      var all = try values(after: place - 1, of: batch, images: round, &fuses, paint)
      if round.count <= segment.images {
        // Nobody else holds what comes in, so that a step's memory is free for the next ones.
        try run(segment.nodes, of: batch, images: round, &all, &fuses, paint)
        parts.append(all)
        continue
      }
      for piece in round.pieces(of: segment.images) {
        let own = piece.lowerBound - round.lowerBound..<piece.upperBound - round.lowerBound
        var some = all.map { $0?.images(own, of: round.count) }
        try run(segment.nodes, of: batch, images: piece, &some, &fuses, paint)
        parts.append(some)
      }
    }
    if parts.count == 1 { return parts[0] }
    return plan.graph.values.indices.map { index in Held.joined(parts.compactMap { $0[index] }) }
  }

  /// Above this a layer might overflow, which max(0, ·) fused into it would hide (see ``Magnitudes``).
  private static let safe: Float = 1e10

  /// Runs some nodes on some images of a batch; `state` holds those images' values, and loses those that nobody reads later.
  private func run(
    _ nodes: Range<Int>, of batch: ChangeBatch, images: Range<Int>, _ state: inout [Held?],
    _ fuses: inout Bool, _ paint: (Range<Int>, Boxes) throws(PellucidError) -> Tensor
  ) throws(PellucidError) {
    let graph = plan.graph
    var place = nodes.lowerBound
    while place < nodes.upperBound {
      let node = graph.nodes[place]
      if node.inputs.contains(graph.input), state[graph.input.index] == nil,
        let boxes = batch.boxes[graph.input.index]?[images]
      {
        let painted = try paint(images, boxes)
        fuses = fuses && painted.withValues { unsafe pk_largest_magnitude(Int64($0.count), $0.start) } <= Self.safe
        state[graph.input.index] = held(graph.input, boxes, painted)
      }
      let end = (fuses ? plan.rectifier[place] : nil) ?? place
      let target = graph.nodes[end].output
      do {
        state[target.index] = try step(place, onto: target, batch.boxes[target.index]?[images], state, fuses: fuses)
      } catch {
        var placed = error
        placed.place.part =
          placed.place.part.map { $0.hasPrefix("node") ? $0 : "node \(node.name), \($0)" } ?? "node \(node.name)"
        throw placed
      }
      for input in node.inputs where plan.lastUse[input.index] <= end { state[input.index] = nil }
      place = end + 1
    }
    // Whoever reads the image later paints it again.
    state[graph.input.index] = nil
  }

  /// One node's output on some images.
  private func step(
    _ place: Int, onto target: ValueID, _ boxes: Boxes?, _ state: [Held?], fuses: Bool
  ) throws(PellucidError) -> Held {
    let node = plan.graph.nodes[place]
    let inputs = node.inputs.compactMap { value in state[value.index].map { (value, $0) } }
    let rectified = fuses && plan.rectifier[place] != nil
    let areWhole = inputs.allSatisfy { if case .whole = $0.1 { true } else { false } }
    switch plan.kinds[place] {
    case .boxes(let operation, _, _) where !areWhole:
      guard let boxes else { preconditionFailure("a step on boxes without a box") }
      let maps = inputs.map { value, held in map(value, held) }
      return held(target, boxes, try operation.forward(maps, onto: boxes, rectified: rectified))
    case .voxelSum(let factor) where !areWhole:
      let value = node.inputs[0]
      let changed = map(value, inputs[0].1)
      let sum = changed.summed(sums[value] ?? [], factor: factor)
      return .whole(
        sum.reinterpreted(as: plan.graph.shape(of: target).withBatch(changed.boxes.count), order: .rowMajor))
    default:
      let all = inputs.map { whole($0.0, $0.1) }
      var fuses = rectified
      if rectified, let layer = node.operation as? Conv { fuses = Magnitudes.isSafe(layer, on: all[0]) }
      let result = try ForwardPass.run(node.operation, on: all, rectified: fuses)
      return .whole(rectified && !fuses ? result.clamped(low: 0) : result)
    }
  }

  /// Parts in boxes; the whole value where the boxes are as large as the map.
  private func held(_ value: ValueID, _ boxes: Boxes, _ parts: Tensor) -> Held {
    let shape = plan.graph.shape(of: value)
    return boxes.extents == shape.asVolume.spatial ? .whole(parts.asRank(shape.rank)) : .parts(boxes, parts)
  }

  private func map(_ value: ValueID, _ held: Held) -> ChangedMap {
    let shape = plan.graph.shape(of: value)
    switch held {
    case .parts(let boxes, let parts):
      return ChangedMap(shape: shape, baseline: baselines[value.index], boxes: boxes, parts: parts)
    case .whole(let tensor):
      let images = tensor.count / shape.count
      return ChangedMap(
        shape: shape, baseline: nil, boxes: Boxes(whole: shape.asVolume.spatial, count: images),
        parts: tensor.volume(images: images))
    }
  }

  private func whole(_ value: ValueID, _ held: Held) -> Tensor {
    switch held {
    case .parts: map(value, held).whole.asRank(plan.graph.shape(of: value).rank)
    case .whole(let tensor): tensor
    }
  }
}

extension Range<Int> {
  /// Its parts of so many numbers, the last with what is left.
  fileprivate func pieces(of size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
  }
}

/// A value of several images.
private enum Held: Sendable {
  /// What changed, in boxes.
  case parts(Boxes, Tensor)
  /// All of it.
  case whole(Tensor)

  /// Some of `count` images; a value's first axis may have several places an image.
  func images(_ range: Range<Int>, of count: Int) -> Held {
    switch self {
    case .parts(let boxes, let tensor): return .parts(boxes[range], tensor.images(range))
    case .whole(let tensor):
      let each = tensor.shape[0] / count
      return .whole(tensor.images((range.lowerBound * each)..<(range.upperBound * each)))
    }
  }

  /// Images one after another; nil where there are none.
  static func joined(_ all: [Held]) -> Held? {
    guard let first = all.first else { return nil }
    let tensors = all.map { held in
      switch held {
      case .parts(_, let tensor), .whole(let tensor): tensor
      }
    }
    guard case .parts(let boxes, _) = first else {
      // A single number has no axis of its own for the images.
      return .whole(
        Tensor.joined(
          tensors.map { $0.shape.rank == 0 ? $0.reinterpreted(as: Shape([1]), order: .rowMajor) : $0 }))
    }
    let corners = all.flatMap { held -> [Int64] in
      if case .parts(let boxes, _) = held { return boxes.corners }
      return []
    }
    return .parts(Boxes(extents: boxes.extents, corners: corners), Tensor.joined(tensors))
  }
}
