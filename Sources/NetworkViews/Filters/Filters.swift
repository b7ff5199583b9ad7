public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors
public import PellucidVolumes

/// What a layer looks for: its trained weights, where a kernel lies as a kernel, and those behind a flattened map laid back on it.
public struct Filters: Sendable {
  /// What the weights are.
  public enum Kind: String, Sendable, Hashable {
    /// Windows over D, H, W.
    case kernels
    /// One weight an input: 1 × 1 × 1 convolutions, dense layers that stand behind no map.
    case matrix
    /// A dense layer behind a flattened map: each unit has a weight a cell and channel of it.
    case map
  }

  /// The layer.
  public let layer: LayerChoice
  /// The step that makes it.
  public let node: Node
  /// Its weights, `[O, I, kD, kH, kW]` or `[O, I]`.
  public let layerWeights: LayerWeights
  /// What they are.
  public let kind: Kind
  /// The map that a dense layer stands behind, and its grid.
  public let map: (layer: LayerChoice, grid: LayerGrid)?
  /// A volume an output: `kernels` and `matrix` have the kernels of its inputs one after the other along the third axis;
  /// `map` has a volume a channel of the map, outputs slowest.
  public let volume: Volume
  /// The outputs, each beside the one it resembles (cosine of their weights), from the one with the largest norm on.
  public let order: [Int]
  /// The Euclidean norm of each output's weights.
  public let norms: [Double]

  /// The weights of a layer.
  /// - Throws: `.usage` where it has none.
  public init(of layer: LayerChoice, in network: Network, world: InputWorld) throws(PellucidError) {
    let graph = network.imported
    guard let node = graph.maker(of: layer.value), let own = node.layerWeights else {
      throw .noWeights(
        layer.name, type: graph.maker(of: layer.value)?.type,
        among: graph.nodes.filter { $0.layerWeights != nil }.map { graph.values[$0.output.index].name })
    }
    (self.layer, self.node, layerWeights) = (layer, node, own)
    let shape = own.weights.shape
    let outputs = shape[0]
    let kernel = shape.rank == 5 ? shape.spatial : [1, 1, 1]
    let behind = shape.rank == 2 ? Self.map(before: node, in: network, world) : nil
    map = behind.map { ($0.layer, $0.grid) }
    kind = behind != nil ? .map : kernel == [1, 1, 1] ? .matrix : .kernels
    if let behind {
      var voxels: [Float] = []
      voxels.reserveCapacity(own.weights.count)
      let values = own.weights.values
      let width = shape[1]
      for output in 0..<outputs {
        let row = Tensor(Array(values[(output * width)..<((output + 1) * width)]), shape: Shape([1, width]))
        voxels += behind.grid.volume(of: behind.back(row)).voxels
      }
      volume = Volume(
        shape: behind.grid.shape, channels: voxels.count / behind.grid.shape.count, voxels: voxels,
        affine: behind.grid.affine)
    } else {
      let field = ReceptiveField.of(node.inputs[0], in: graph)
      let dilation = own.dilation ?? [1, 1, 1]
      let jump = field.axes == nil ? [1, 1, 1] : (0..<3).map { field.jump[$0] * Double(dilation[$0]) }
      let middle = world.extents.map { Double($0 - 1) / 2 }
      let inputs = shape[1]
      let centre = (0..<3).map { axis -> Double in middle[axis] - jump[axis] * Double(kernel[axis] - 1) / 2 }
      let grid = LayerGrid(
        shape: [kernel[0], kernel[1], kernel[2] * inputs], jump: jump, centre: centre, axes: [2, 3, 4], world: world)
      // [O, I, kD, kH, kW] → [1, O, kD, kH, I·kW]: the kernels of an output's inputs stand side by side.
      var side = Tensor(
        repeating: 0, shape: Shape([1, outputs, kernel[0], kernel[1], kernel[2] * inputs]), order: .rowMajor)
      let wide = Shape([outputs, inputs] + kernel)
      let from = wide.strides(in: .rowMajor)
      let to = side.shape.strides(in: .rowMajor)
      side.copy(
        from: own.weights, sourceStrides: [from[0], from[1], from[2], from[3], 1],
        targetStrides: [to[1], kernel[2], to[2], to[3], 1], extents: wide.dimensions)
      volume = grid.volume(of: side)
    }
    let size = shape.count / max(outputs, 1)
    // Rows as channels: their products are the cosines' numerators.
    let products = Tensor(own.weights.values, shape: Shape([1, outputs, 1, 1, size])).channelProducts.values
    norms = (0..<outputs).map { Double(max(0, products[$0 * outputs + $0])).squareRoot() }
    order = Self.chain(products, norms)
  }

  /// Each output beside the one that resembles it most of those that are left.
  private static func chain(_ products: [Float], _ norms: [Double]) -> [Int] {
    let count = norms.count
    var left = Set(0..<count)
    guard var here = left.max(by: { (norms[$0], $1) < (norms[$1], $0) }) else { return [] }
    var order: [Int] = []
    while true {
      order.append(here)
      left.remove(here)
      let cosine = { (other: Int) in
        Double(products[here * count + other]) / max(norms[here] * norms[other], 1e-30)
      }
      guard let next = left.max(by: { (cosine($0), $1) < (cosine($1), $0) }) else { return order }
      here = next
    }
  }

  /// The map whose cells and channels are the inputs of a dense layer, and the way back to it.
  private static func map(
    before node: Node, in network: Network, _ world: InputWorld
  ) -> (layer: LayerChoice, grid: LayerGrid, back: (Tensor) -> Tensor)? {
    let graph = network.imported
    var steps: [Node] = []
    var here = node.inputs[0]
    while let maker = graph.maker(of: here), maker.operation.role == .rearrangement, maker.inputs.count == 1 {
      steps.append(maker)
      here = maker.inputs[0]
    }
    guard !steps.isEmpty, let grid = LayerGrid(of: here, in: network, world: world), grid.axes != nil,
      grid.shape.count > 1, graph.shape(of: here).count == graph.shape(of: node.inputs[0]).count,
      let layer = try? LayerChoice(graph.values[here.index].name, in: network)
    else { return nil }
    let path = steps
    return (
      layer, grid,
      { row in
        var tensor = row.reinterpreted(as: graph.shape(of: node.inputs[0]), order: .rowMajor)
        for step in path {
          guard let moved = step.movedBack(tensor, to: graph.shape(of: step.inputs[0])) else {
            preconditionFailure("a step that moves values has a way back")
          }
          tensor = moved
        }
        return tensor
      }
    )
  }

  /// Outputs of the layer.
  public var outputCount: Int { norms.count }

  /// For a dense layer behind a map: what each cell adds to each unit for a scan's map.
  ///
  ///     e_o(p) = Σ_c w_oc(p)·A_c(p);  Σ_p e_o(p) + b_o is the unit's value
  ///
  /// - Parameter activation: A, the map's tensor.
  /// - Returns: a volume a unit; nil where there is no map.
  public func evidence(of activation: Tensor) -> Volume? {
    guard let map else { return nil }
    let own = map.grid.volume(of: activation)
    let count = own.shape.count
    var voxels = [Float](repeating: 0, count: outputCount * count)
    for output in 0..<outputCount {
      for channel in 0..<own.channels {
        let weights = (output * own.channels + channel) * count
        for cell in 0..<count {
          voxels[output * count + cell] += volume.voxels[weights + cell] * own.voxels[channel * count + cell]
        }
      }
    }
    return Volume(shape: own.shape, channels: outputCount, voxels: voxels, affine: own.affine)
  }
}

extension PellucidError {
  static func noWeights(_ name: String, type: String?, among layers: [String]) -> Self {
    .init(
      .usage, what: "the layer \(name) has no filters",
      why: type.map { "it is made by \($0)" } ?? "it is the image",
      remedy: "those that have are \(layers.prefix(12).joined(separator: ", "))"
        + (layers.count > 12 ? ", … (\(layers.count) in all)" : ""))
  }
}
