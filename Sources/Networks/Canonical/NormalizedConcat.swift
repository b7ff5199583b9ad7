internal import PellucidFaults
internal import PellucidTensors

/// BatchNormalization of activations that lie one after another along the channels, without laying them so first.
///
/// A DenseNet's layers read all the maps before them so: concatenation and normalization would each move all of them once more.
struct NormalizedConcat: Rectifying, RegionOperator {
  static let onnxNames: [String] = []
  let role = Role.normalization
  let gradientNeeds: GradientNeeds = []
  let normalization: BatchNormalization

  init(_ normalization: BatchNormalization) { self.normalization = normalization }

  init(_ node: OperatorContext) throws(PellucidError) {
    preconditionFailure("no ONNX operator is a NormalizedConcat")
  }

  var parameterCount: Int { normalization.parameterCount }

  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var out = inputs[0].dimensions
    out[1] = inputs.reduce(0) { $0 + $1[1] }
    return Shape(out)
  }

  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { try forward(inputs, rectified: false) }

  func forward(_ inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor {
    let first = inputs[0].shape.asVolume
    let everything = Boxes(whole: first.spatial, count: first[0])
    let maps = inputs.map { x in
      ChangedMap(shape: x.shape.asVolume.withBatch(1), baseline: nil, boxes: everything, parts: x.asVolume)
    }
    return try forward(maps, onto: everything, rectified: rectified).asRank(inputs[0].shape.rank)
  }

  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    preconditionFailure("a form for passes that are not walked back")
  }

  func regionWindow(_ inputs: [Shape]) -> Window? { .pointwise }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    ChangedMap.joined(
      inputs, onto: boxes, change: (scale: normalization.scale, shift: normalization.shift, rectified: rectified))
  }
}

extension Graph {
  /// The graph for passes that are not walked back: normalizations read the parts of a concatenation themselves.
  ///
  /// Parts of parts are taken apart too. Values that nobody reads any more are no longer made; all others keep their names.
  func normalizingParts() -> Graph {
    var graph = self
    var parts: [ValueID: [ValueID]] = [:]
    for (place, node) in nodes.enumerated() {
      if let concat = node.operation as? Concat, concat.axis == 1, concat.constants.allSatisfy({ $0 == nil }),
        shape(of: node.output).isMap
      {
        parts[node.output] = node.inputs.flatMap { parts[$0] ?? [$0] }
      } else if let normalization = node.operation as? BatchNormalization, let inputs = parts[node.inputs[0]] {
        graph.nodes[place] = Node(
          name: node.name, type: node.type, operation: NormalizedConcat(normalization), inputs: inputs,
          output: node.output)
      }
    }
    return graph.withoutDeadNodes()
  }
}
