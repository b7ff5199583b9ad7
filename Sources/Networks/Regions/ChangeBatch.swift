internal import PellucidTensors

/// Changes of an image that are run together: their boxes have equal extents in every value.
public struct ChangeBatch: Sendable {
  /// Nodes that are run for so many images at a time.
  struct Segment: Sendable {
    var nodes: Range<Int>
    var images: Int
    /// For how many images the nodes before it are run before it is: as many as it takes, or as they take.
    var round = 1
  }

  /// Which changes, by their place in the list they came from.
  public let members: [Int]
  /// The boxes in each value that is known by boxes.
  let boxes: [Boxes?]
  /// How the nodes are run.
  let segments: [Segment]
  /// What its values may take, at most.
  public let bytes: Int

  /// Number of images.
  public var count: Int { members.count }
}

extension IncrementalPass {
  /// Puts changes together so that little is recomputed without need and each pass has enough to do.
  ///
  /// - Parameters:
  ///   - changes: boxes of the image that hold every changed voxel; none may be empty or leave the image.
  ///   - bytes: what a batch's values may take.
  /// - Returns: batches, and the changes that reach so much that even one by one they take more. Every change once; the order depends on
  ///   the changes and the bytes alone.
  public func batches(of changes: [Box], bytes: Int) -> (batches: [ChangeBatch], tooLarge: [Int]) {
    let grouping = ChangeGrouping(plan, changes, bytes: bytes)
    let (groups, tooLarge) = grouping.groups()
    let batches = Workers.values(groups.count) { group in
      let members = groups[group]
      let boxes = plan.boxes(members.map(grouping.reaches))
      let segments = ChangeBatch.segments(plan, boxes, count: members.count, single: !supportsBatches)
      return ChangeBatch(
        members: members, boxes: boxes, segments: segments,
        bytes: ChangeBatch.bytes(plan, boxes, segments, count: members.count))
    }
    return (batches, tooLarge)
  }
}

extension ChangeBatch {
  /// Values that a step reads and writes for all images it runs on should stay in a core's second cache, or be no more than its weights, which
  /// it reads for them.
  static let cacheBytes = 1 << 20

  /// Runs of nodes with the number of images each can take, growing as maps shrink.
  static func segments(_ plan: RegionPlan, _ boxes: [Boxes?], count: Int, single: Bool) -> [Segment] {
    let graph = plan.graph
    func bytes(_ value: ValueID) -> Int {
      let shape = graph.shape(of: value)
      guard let own = boxes[value.index] else { return 4 * shape.count }
      return 4 * shape[1] * own.extents.reduce(1, *)
    }
    var images = graph.nodes.map { node in
      let each = node.inputs.reduce(bytes(node.output)) { $0 + bytes($1) }
      var fitting = 1
      while fitting < count, 2 * fitting * each <= max(cacheBytes, 4 * node.operation.parameterCount) { fitting *= 2 }
      return fitting
    }
    for place in images.indices.dropLast().reversed() { images[place] = min(images[place], images[place + 1]) }
    // A network that takes one image at a time takes several as long as it works on boxes.
    for (place, kind) in plan.kinds.enumerated() where single { if case .full = kind { images[place] = 1 } }
    // Values without axes cannot be put side by side on the way: each image is then run to the end.
    if graph.nodes.contains(where: { graph.shape(of: $0.output).rank == 0 }) {
      images = Array(repeating: 1, count: images.count)
    }
    var segments: [Segment] = []
    for (place, number) in images.enumerated() {
      let isApplied = place > 0 && plan.rectifier[place - 1] != nil
      if let last = segments.last, last.images == number || isApplied {
        segments[segments.count - 1].nodes = last.nodes.lowerBound..<(place + 1)
      } else {
        segments.append(Segment(nodes: place..<(place + 1), images: number))
      }
    }
    var round = 1
    for place in segments.indices {
      round = max(round, segments[place].images)
      segments[place].round = round
    }
    return segments
  }

  /// What the values of a batch may take: those of the segment that is being run, and what waits between the segments behind it.
  static func bytes(_ plan: RegionPlan, _ boxes: [Boxes?], _ segments: [Segment], count: Int) -> Int {
    let live = plan.live(boxes.map { $0?.extents ?? [] })
    var waiting = 0
    var most = 0
    for (place, segment) in segments.enumerated().reversed() {
      let next = place + 1 < segments.count ? segments[place + 1].round : count
      // Images are joined: for a while they are there twice.
      waiting += 2 * min(next, count) * live.after[segment.nodes.upperBound - 1]
      let own = segment.nodes.reduce(0) { max($0, live.during[$1]) } * min(segment.images, count)
      let apart = segment.images < segment.round && place > 0 ? live.after[segment.nodes.lowerBound - 1] : 0
      most = max(most, waiting + own + apart * min(segment.round, count))
    }
    // Blocks that are used again may be larger than what they hold.
    return max(1, most + most / 2)
  }
}
