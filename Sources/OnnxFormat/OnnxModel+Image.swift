public import PellucidFaults

// Which input takes the image, and how its axes lie.
extension OnnxModel {
  /// The input that takes the image: the first that is a float tensor of rank 5 (or of unknown rank), else the first of rank 4.
  ///
  /// Its extents are given in the order N, C, D, H, W, also where ``takesChannelsLast``; C left open is what the first layer with
  /// weights takes. An input [N, S, H, W] (``takesSlicesAsChannels``) is an image of one channel whose D is S.
  ///
  /// - Throws: `.badData` if there is none, naming the inputs that there are.
  public func imageInput() throws(PellucidError) -> OnnxValueInfo {
    var image = try firstImage()
    guard var dimensions = image.dimensions else { return image }
    if takesSlicesAsChannels {
      if case .symbolic = dimensions[1], let slices = firstLayersChannels(image.name) {
        dimensions[1] = .fixed(slices)
      }
      image.dimensions = [dimensions[0], .fixed(1)] + dimensions[1...]
      return image
    }
    if takesChannelsLast { dimensions = [0, 4, 1, 2, 3].map { dimensions[$0] } }
    if case .symbolic = dimensions[1], let channels = firstLayersChannels(image.name) {
      dimensions[1] = .fixed(channels)
    }
    image.dimensions = dimensions
    return image
  }

  /// Whether the image input is [N, D, H, W, C], as TensorFlow's are: the first thing that its readers do is to move C forward.
  public var takesChannelsLast: Bool {
    guard let image = try? firstImage(), let dimensions = image.dimensions, dimensions.count == 5 else { return false }
    let readers = layers(behind: image.name)
    let moved = readers.filter { node in
      switch node.operation {
      // Slices along the last axis are brought in front in the same way: then it is the second axis that is short.
      case "Transpose":
        node.attributes["perm"] == .ints([0, 4, 1, 2, 3]) && !Self.isShorter(dimensions[1], dimensions[4])
      // With one channel exporters write the same as a Reshape.
      case "Reshape": dimensions[4] == .fixed(1) && dimensions[1] != .fixed(1) && bringsChannelForward(node)
      default: false
      }
    }
    return !moved.isEmpty && moved.count == readers.count
  }

  private static func isShorter(_ one: OnnxDimension, _ other: OnnxDimension) -> Bool {
    guard case .fixed(let extent) = one else { return false }
    guard case .fixed(let last) = other else { return extent <= 4 }
    return extent < last
  }

  /// Whether the image input is [N, S, H, W]: slices of a scan as channels of a network on two axes; S may be 1.
  public var takesSlicesAsChannels: Bool { (try? firstImage())?.dimensions?.count == 4 }

  private func firstImage() throws(PellucidError) -> OnnxValueInfo {
    func first(ofRank rank: Int) -> OnnxValueInfo? {
      graph.inputs.first { input in
        (input.elementType?.isFloat ?? true) && (input.dimensions.map { $0.count == rank } ?? (rank == 5))
      }
    }
    guard let image = first(ofRank: 5) ?? first(ofRank: 4) else { throw .noImageInput(path, inputs: graph.inputs) }
    return image
  }

  /// Steps that work on single values, or pass them through, and so leave the axes as they are.
  private static let pointwise: Set<String> = [
    "Identity", "Cast", "CastLike", "Dropout", "Add", "Sub", "Mul", "Div", "Clip", "Min", "Max", "Pad", "Sqrt", "Pow",
  ]

  /// The first nodes behind a tensor that are more than arithmetic on single values; reading its shape does not count.
  private func layers(behind name: String) -> [OnnxNode] {
    var names: Set<String> = [name]
    var found: [OnnxNode] = []
    for node in graph.nodes where !["Shape", "Size"].contains(node.operation) {
      guard node.inputs.contains(where: names.contains) else { continue }
      if Self.pointwise.contains(node.operation) { names.formUnion(node.outputs) } else { found.append(node) }
    }
    return found
  }

  private func bringsChannelForward(_ node: OnnxNode) -> Bool {
    guard node.inputs.count == 2, let target = constant(node.inputs[1])?.integers else { return false }
    return target.count == 5 && target[1] == 1
  }

  private func constant(_ name: String) -> OnnxTensor? {
    if let tensor = graph.initializers[name] { return tensor }
    let maker = graph.nodes.first { $0.outputs.contains(name) }
    guard let maker, maker.operation == "Constant", case .tensor(let value)? = maker.attributes["value"] else {
      return nil
    }
    return value
  }

  /// The channels that the first layer with weights takes; nil where the graph does not say.
  func firstLayersChannels(_ name: String) -> Int? {
    var found: [OnnxNode] = layers(behind: name)
    // One or two move the axes; a file with thousands is not walked through once for each.
    found += found.filter { $0.operation == "Transpose" }.prefix(8).flatMap { $0.outputs.flatMap(layers(behind:)) }
    for node in found where node.inputs.count > 1 {
      guard let weights = constant(node.inputs[1]) else { continue }
      switch node.operation {
      case "Conv" where (4...5).contains(weights.dimensions.count):
        guard case .int(let groups)? = node.attributes["group"] else { return weights.dimensions[1] }
        let (channels, overflows) = weights.dimensions[1].multipliedReportingOverflow(by: groups)
        return overflows || channels <= 0 ? nil : channels
      case "BatchNormalization", "InstanceNormalization": return weights.count
      default: continue
      }
    }
    return nil
  }
}
