public import PellucidFaults
public import PellucidNetworks
internal import PellucidTensors

/// A unit of a layer: a channel at a cell, or all channels of the cell together.
public struct LayerUnit: Hashable, Sendable {
  /// The layer.
  public let layer: LayerChoice
  /// The channel; nil: the sum of all.
  public let channel: Int?
  /// The cell (d, h, w); nil: the layer's values have no place.
  public let cell: [Int]?
  /// The places in the layer's tensor, row by row, that are summed.
  let places: [Int]

  /// A unit of a layer.
  ///
  /// - Parameters:
  ///   - channel: nil: the sum of all.
  ///   - cell: nil: the middle one.
  /// - Throws: `.usage` where there is no such channel or cell.
  public init(
    _ layer: LayerChoice, channel: Int?, cell: [Int]?, in network: Network
  ) throws(PellucidError) {
    let graph = network.imported
    let dimensions = graph.shape(of: layer.value).dimensions
    guard layer.value != graph.input else { throw .unitOfImage(layer.name) }
    let axes = ReceptiveField.of(layer.value, in: graph).axes.flatMap { axes in
      axes.allSatisfy { $0 < dimensions.count } ? axes : nil
    }
    let strides = Shape(dimensions).strides(in: .rowMajor)
    let free = dimensions.indices.filter { !(axes ?? []).contains($0) }
    let channels = free.reduce(1) { $0 * dimensions[$1] }
    if let channel, !(0..<channels).contains(channel) { throw .noChannel(channel, of: layer.name, count: channels) }
    var start = 0
    if let axes {
      let extents = axes.map { dimensions[$0] }
      let own = cell ?? extents.map { $0 / 2 }
      guard own.count == 3, zip(own, extents).allSatisfy({ (0..<$1).contains($0) }) else {
        throw .noCell(own, of: layer.name, extents)
      }
      for (place, axis) in zip(own, axes) { start += place * strides[axis] }
      self.cell = own
    } else {
      if let cell { throw .noCell(cell, of: layer.name, nil) }
      self.cell = nil
    }
    func place(of channel: Int) -> Int {
      var (rest, at) = (channel, start)
      for axis in free.reversed() {
        at += rest % dimensions[axis] * strides[axis]
        rest /= dimensions[axis]
      }
      return at
    }
    (self.layer, self.channel) = (layer, channel)
    places = channel.map { [place(of: $0)] } ?? (0..<channels).map(place)
  }

  /// What the unit is called.
  public var text: String {
    let own = channel.map { "channel \($0)" } ?? "all channels"
    return own + (cell.map { " at cell " + $0.map(String.init).joined(separator: ", ") } ?? "")
  }
}

extension PellucidError {
  static func unitOfImage(_ name: String) -> Self {
    .init(.usage, what: "\(name) is the image itself", remedy: "name a layer behind it with `layer`")
  }

  static func noCell(_ cell: [Int], of layer: String, _ extents: [Int]?) -> Self {
    let own = cell.map(String.init).joined(separator: ",")
    guard let extents else {
      return .init(
        .usage, what: "the values of the layer \(layer) have no cell \(own)", why: "they belong to the whole input",
        remedy: "leave `at` out")
    }
    return .init(
      .usage, what: "the layer \(layer) has no cell \(own)",
      remedy: "its cells are 0,0,0 to " + extents.map { String($0 - 1) }.joined(separator: ","))
  }
}
