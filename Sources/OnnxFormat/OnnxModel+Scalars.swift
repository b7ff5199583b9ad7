// Inputs that are numbers, such as an age: they become channels of the image, so that a score has a slope along them.
extension OnnxModel {
  /// The same network with some of its further inputs read from channels behind those of the image, in which the first voxel counts.
  ///
  /// - Parameters:
  ///   - inputs: names and how many values each has; the channels stand in this order.
  ///   - channels: those of the image alone.
  /// - Returns: nil where the image's channels stand last or are slices, or an input is no row of numbers.
  public func readingScalars(_ inputs: [(name: String, count: Int)], behind channels: Int) -> OnnxModel? {
    guard !takesChannelsLast, !takesSlicesAsChannels, let image = try? imageInput(), var extents = image.dimensions,
      extents.count == 5
    else { return nil }
    let total = inputs.reduce(channels) { $0 + $1.count }
    extents[1] = .fixed(total)
    let joined = image.name + " with " + inputs.map(\.name).joined(separator: ", ")
    var graph = graph
    var nodes: [OnnxNode] = []
    func cut(_ name: String, _ from: [Int], _ to: [Int], _ axes: [Int], as output: String) {
      for (what, values) in [("start", from), ("end", to), ("axes", axes)] {
        graph.initializers["\(output), \(what)"] = OnnxTensor(
          elementType: .int64, dimensions: [values.count], values: .integers(values.map(Int64.init)))
      }
      nodes.append(
        OnnxNode(
          name: "\(joined), \(output)", operation: "Slice",
          inputs: [name] + ["start", "end", "axes"].map { "\(output), \($0)" }, outputs: [output],
          attributes: ["starts": .ints(from), "ends": .ints(to), "axes": .ints(axes)]))
    }
    cut(joined, [0], [channels], [1], as: image.name)
    var start = channels
    for (name, count) in inputs {
      guard let input = graph.inputs.first(where: { $0.name == name }), let dimensions = input.dimensions,
        (1...2).contains(dimensions.count), count > 0
      else { return nil }
      let voxel = name + ", of the first voxel"
      cut(joined, [start, 0, 0, 0], [start + count, 1, 1, 1], [1, 2, 3, 4], as: voxel)
      let shape: [Int64] = dimensions.count == 1 ? [0] : [0, Int64(count)]
      guard dimensions.count == 2 || count == 1 else { return nil }
      graph.initializers[name + ", extents"] = OnnxTensor(
        elementType: .int64, dimensions: [shape.count], values: .integers(shape))
      // [N, count, 1, 1, 1] has [N, count] before the last axes go.
      nodes.append(
        OnnxNode(
          name: "\(joined), \(name)", operation: "Reshape", inputs: [voxel, name + ", extents"], outputs: [name],
          attributes: ["shape": .ints(shape.map { Int($0) })]))
      start += count
    }
    graph.nodes = nodes + graph.nodes
    graph.inputs.removeAll { input in input.name == image.name || inputs.contains { $0.name == input.name } }
    graph.inputs.insert(OnnxValueInfo(name: joined, elementType: image.elementType, dimensions: extents), at: 0)
    return OnnxModel(
      path: path, irVersion: irVersion, producer: producer, opsets: opsets, graph: graph, metadata: metadata,
      sha256: sha256, weightFiles: weightFiles)
  }
}
