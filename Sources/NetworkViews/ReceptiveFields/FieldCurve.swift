public import PellucidAttribution
public import PellucidFaults
public import PellucidFigures
public import PellucidNetworks
public import PellucidTables
public import PellucidTensors

/// How the field of a network's middle units grows with depth: by the windows, and by the gradient.
public struct FieldCurve: Sendable {
  /// A layer.
  public struct Point: Hashable, Sendable {
    /// The layer's tensor and its operator.
    public let layer, type: String
    /// Its place among all steps of the network, from 1 on.
    public let depth: Int
    /// Cube root of the theoretical box's volume, cut at the input.
    public let theoretical: Double
    /// The measured size, voxels; nil: the gradient is 0 everywhere.
    public let measured: Double?
  }

  /// The layers, in the file's order.
  public let points: [Point]

  /// Measures the middle unit, all channels together, of layers up to one.
  ///
  /// - Parameters:
  ///   - most: how many layers; where there are more, they are spread evenly over them.
  ///   - samples: how many images are looked at for each.
  public init(
    upTo last: LayerChoice, most: Int = 12, samples: Int, in network: Network,
    progress: any ProgressObserver = SilentProgress(), image: (Int) throws(PellucidError) -> Tensor
  ) throws(PellucidError) {
    let graph = network.imported
    let fields = ReceptiveField.all(of: graph)
    let end = graph.nodes.firstIndex { $0.output == last.value } ?? graph.nodes.count - 1
    let layers = graph.nodes[...end].indices.filter { place in
      let node = graph.nodes[place]
      if place == end { return true }
      let widens: Bool =
        switch node.operation.field {
        case .window: node.operation.parameterCount > 0
        default: false
        }
      return widens && fields[node.output]?.axes != nil
    }
    var chosen = layers
    if layers.count > most {
      chosen = (0..<most).map { number in
        let place: Double = Double(number) * Double(layers.count - 1) / Double(most - 1)
        return layers[Int(place.rounded())]
      }
    }
    var found: [Point] = []
    for (done, place) in chosen.enumerated() {
      let node = graph.nodes[place]
      let name = graph.values[node.output.index].name
      let unit = try LayerUnit(try LayerChoice(name, in: network), channel: nil, cell: nil, in: network)
      let box = TheoreticalField(of: unit, in: network).box
      var measured: Double?
      do {
        measured = try MeasuredField(of: unit, in: network, over: samples, image: image).size
      } catch  where error.kind == .usage {
        measured = nil
      }
      found.append(
        Point(
          layer: name, type: node.type, depth: place + 1,
          theoretical: cubeRoot(box.reduce(1) { $0 * Double($1.count) }), measured: measured))
      progress.advanced(to: done + 1, of: chosen.count)
    }
    points = found
  }

  /// A row a layer.
  /// - Parameter voxel: the edge of a voxel of the input, mm.
  public func table(voxel: Double) -> Table {
    Table([
      .text("layer", points.map(\.layer)), .text("operator", points.map(\.type)), .whole("depth", points.map(\.depth)),
      .number("theoretical_voxels", points.map(\.theoretical)), .number("measured_voxels", points.map(\.measured)),
      .number("theoretical_mm", points.map { $0.theoretical * voxel }),
      .number("measured_mm", points.map { $0.measured.map { $0 * voxel } }),
    ])
  }

  /// The two curves over depth.
  public func chart(voxel: Double, title: String, subtitle: String) throws(PellucidError) -> LineChart {
    let depth = points.map { Double($0.depth) }
    var options = ChartOptions()
    options.title = title
    options.subtitle = subtitle
    options.label = "size of the field (mm)"
    return try LineChart(
      [
        .init(
          title: "",
          lines: [
            .init(name: "by the windows", x: depth, y: points.map { $0.theoretical * voxel }),
            .init(name: "measured (95.45 %)", x: depth, y: points.map { ($0.measured ?? .nan) * voxel }),
          ])
      ], axis: "step of the network", options: options)
  }
}
