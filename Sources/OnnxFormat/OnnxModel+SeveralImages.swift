public import PellucidFaults

// Networks of several images: they become one image whose channels are those of all.
extension OnnxModel {
  /// An image input of a network that takes several: its channels among those of all.
  public struct ImageInput: Hashable, Sendable {
    /// The graph input's name.
    public let name: String
    /// Which of the joined image's channels are its.
    public let channels: Range<Int>
  }

  /// The float inputs of rank 5, besides the image input, that are more than one voxel.
  public var furtherImages: [String] {
    guard let first = try? imageInput().name, !takesSlicesAsChannels else { return [] }
    return graph.inputs.compactMap { input in
      guard input.name != first, input.elementType?.isFloat ?? true, let dimensions = input.dimensions,
        dimensions.count == 5, dimensions[2...].contains(where: { $0 != .fixed(1) })
      else { return nil }
      return input.name
    }
  }

  /// The same network with some further image inputs joined to the first along the channels, and what became of each.
  ///
  /// Their slices are cut out again in first steps, so that maps, boxes and everything else know one image.
  /// - Throws: `.unsupported` where channels stand last; `.badData` for images of unlike extents.
  public func joiningImages(_ names: [String]) throws(PellucidError) -> (model: OnnxModel, images: [ImageInput]) {
    let first = try imageInput()
    guard !takesChannelsLast else { throw .channelsLastImages(path, names) }
    var extents = first.dimensions ?? []
    var images: [ImageInput] = []
    var channels = 0
    for name in [first.name] + names {
      guard let dimensions = graph.inputs.first(where: { $0.name == name })?.dimensions, extents.count == 5 else {
        throw .noImageInput(path, inputs: graph.inputs)
      }
      for axis in 2..<5 {
        switch (extents[axis], dimensions[axis]) {
        case (.fixed(let one), .fixed(let other)) where one != other:
          throw .unlikeImages(path, first.name, name, extents, dimensions)
        case (.symbolic, .fixed): extents[axis] = dimensions[axis]
        default: break
        }
      }
      let count = channelCount(of: name, dimensions[1])
      images.append(ImageInput(name: name, channels: channels..<(channels + count)))
      channels += count
    }
    extents[1] = .fixed(channels)
    let joined = ([first.name] + names).joined(separator: "+")
    var graph = graph
    var nodes: [OnnxNode] = []
    for image in images {
      let bounds = [image.channels.lowerBound, image.channels.upperBound, 1].map { Int64($0) }
      let places = zip(bounds, ["start", "end", "axis"]).map { bound, what in
        ("\(joined), \(what) of \(image.name)", bound)
      }
      for (name, bound) in places {
        graph.initializers[name] = OnnxTensor(elementType: .int64, dimensions: [1], values: .integers([bound]))
      }
      nodes.append(
        OnnxNode(
          name: "\(joined), \(image.name)", operation: "Slice", inputs: [joined] + places.map(\.0),
          outputs: [image.name],
          attributes: [
            "starts": .ints([image.channels.lowerBound]), "ends": .ints([image.channels.upperBound]),
            "axes": .ints([1]),
          ]))
    }
    graph.nodes = nodes + graph.nodes
    graph.inputs.removeAll { ([first.name] + names).contains($0.name) }
    graph.inputs.insert(OnnxValueInfo(name: joined, elementType: first.elementType, dimensions: extents), at: 0)
    let model = OnnxModel(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata,
      sha256: sha256, weightFiles: weightFiles)
    return (model, images)
  }

  private func channelCount(of name: String, _ stated: OnnxDimension) -> Int {
    if case .fixed(let count) = stated { return count }
    return firstLayersChannels(name) ?? 1
  }
}
