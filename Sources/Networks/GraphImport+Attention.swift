internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Attention and rotary embeddings, written out at load as the plain steps that they stand for: gradients, rules of relevance propagation
// and the view of attention then need nothing of their own.
extension GraphImport {
  /// Replaces an Attention.
  ///
  ///     softmax(cap·tanh(scale·Q·Kᵀ/cap) + bias)·V
  ///
  /// Source: ONNX operator Attention (versions 23 to 25).
  mutating func addAttention(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard node.inputs.count >= 3, let output = node.outputs.first else { throw .malformed(node, "it lacks operands") }
    let ranks = try (0..<3).map { (place) throws(PellucidError) in try context.shape(place).rank }
    guard Set(ranks).count == 1, [3, 4].contains(ranks[0]) else {
      throw .malformed(node, "its operands have \(ranks) axes")
    }
    let isFlat = ranks[0] == 3
    var parts = Array(node.inputs.prefix(3))
    if isFlat {
      let heads = try (node.int("q_num_heads", default: 0), node.int("kv_num_heads", default: 0))
      for (place, name) in ["query", "key", "value"].enumerated() {
        let count = place == 0 ? heads.0 : heads.1
        let width = try context.shape(place)[2]
        guard count > 0, width % count == 0 else { throw .malformed(node, "\(count) heads of \(width) features") }
        let split = part("\(name), heads", of: node)
        let extents = constant(
          .integers([0, 0, Int64(count), Int64(width / count)], [4]), "\(name), extents", of: node)
        try add("Reshape", [parts[place], extents], as: split, for: node)
        parts[place] = part("\(name), heads first", of: node)
        try add("Transpose", [split], as: parts[place], for: node, ["perm": .ints([0, 2, 1, 3])])
      }
    }
    // What earlier steps left comes before the keys and values.
    let past = node.inputs.count > 4 && !node.inputs[4].isEmpty ? try context.shape(4) : nil
    if past != nil {
      guard node.inputs.count > 5, !node.inputs[5].isEmpty else {
        throw .malformed(node, "its past values are missing")
      }
      for (place, name) in [(1, "present key"), (2, "present value")] {
        let joined = part(name, of: node)
        try add("Concat", [node.inputs[place + 3], parts[place]], as: joined, for: node, ["axis": .int(2)])
        parts[place] = joined
      }
    }
    for (place, name) in node.outputs.enumerated().dropFirst().prefix(2) where !name.isEmpty {
      pass(parts[place], as: name)
    }
    let (query, key) = try (extents(parts[0], node), extents(parts[1], node))
    let value = try extents(parts[2], node)
    guard query[3] == key[3], key[1] == value[1], key[2] == value[2], query[1] % key[1] == 0 else {
      throw .malformed(node, "\(query), \(key) and \(value) make no attention")
    }
    if query[1] != key[1] {
      for (place, name) in [(1, "key"), (2, "value")] {
        parts[place] = try repeatedHeads(parts[place], by: query[1] / key[1], "\(name), a head a query", node)
      }
    }
    let weights = try addAttentionWeights(context, parts, query: query, key: key, past: past?[2] ?? 0)
    guard isFlat else {
      try add("MatMul", [weights, parts[2]], as: output, for: node)
      return
    }
    let (product, joined) = (part("product with the values", of: node), part("heads last", of: node))
    try add("MatMul", [weights, parts[2]], as: product, for: node)
    try add("Transpose", [product], as: joined, for: node, ["perm": .ints([0, 2, 1, 3])])
    let flat = constant(.integers([0, 0, Int64(query[1] * value[3])], [3]), "output extents", of: node)
    try add("Reshape", [joined, flat], as: output, for: node)
  }

  /// Extents of a tensor that was made for `node`.
  private func extents(_ name: String, _ node: OnnxNode) throws(PellucidError) -> Shape {
    let shape: Shape? =
      switch operand(name) {
      case .constant(let tensor): Shape(tensor.dimensions)
      case .dynamic(let shape): shape
      case .absent: nil
      }
    guard let shape, shape.rank == 4 else { throw .malformed(node, "\(name) is no tensor of heads") }
    return shape
  }

  /// Each head so many times: h0 h0 h1 h1.
  private mutating func repeatedHeads(
    _ name: String, by count: Int, _ what: String, _ node: OnnxNode
  ) throws(PellucidError) -> String {
    let shape = try extents(name, node)
    let (open, tiled, output) = (
      part("\(what), axis", of: node), part("\(what), tiled", of: node), part(what, of: node)
    )
    let axes = constant(.integers([2], [1]), "\(what), axes", of: node)
    try add("Unsqueeze", [name, axes], as: open, for: node, ["axes": .ints([2])])
    let repeats = constant(.integers([1, 1, Int64(count), 1, 1], [5]), "\(what), repeats", of: node)
    try add("Tile", [open, repeats], as: tiled, for: node)
    let extents = [0, Int64(shape[1] * count), Int64(shape[2]), Int64(shape[3])]
    try add("Reshape", [tiled, constant(.integers(extents, [4]), "\(what), extents", of: node)], as: output, for: node)
    return output
  }

  /// What each query takes of each key, [N, heads, queries, keys].
  private mutating func addAttentionWeights(
    _ context: OperatorContext, _ parts: [String], query: Shape, key: Shape, past: Int
  ) throws(PellucidError) -> String {
    let node = context.node
    let scale = try node.float("scale") ?? 1 / Float(query[3]).squareRoot()
    let (scaled, transposed) = (part("query, scaled", of: node), part("key, transposed", of: node))
    try add("Mul", [parts[0], constant(.floats([scale], []), "scale", of: node)], as: scaled, for: node)
    try add("Transpose", [parts[1]], as: transposed, for: node, ["perm": .ints([0, 1, 3, 2])])
    var last = part("scores", of: node)
    try add("MatMul", [scaled, transposed], as: last, for: node)
    var stages = [last]
    let cap = try node.float("softcap", default: 0)
    if cap > 0 {
      let limit = constant(.floats([cap], []), "cap", of: node)
      let names = ["share of the cap", "squashed", "capped scores"].map { part($0, of: node) }
      try add("Div", [last, limit], as: names[0], for: node)
      try add("Tanh", [names[0]], as: names[1], for: node)
      try add("Mul", [names[1], limit], as: names[2], for: node)
      last = names[2]
    }
    stages.append(last)
    let bias = try AttentionBias(context, queries: query[2], keys: key[2], past: past)
    if !bias.dependsOnImage.isEmpty {
      let sum = part("scores with the image's bias", of: node)
      try add("Add", [last, bias.dependsOnImage], as: sum, for: node)
      last = sum
    }
    if let tensor = bias.tensor {
      let sum = part("scores with the bias", of: node)
      try add("Add", [last, constant(tensor, "bias", of: node)], as: sum, for: node)
      last = sum
    }
    stages.append(last)
    let softmax = part("weights", of: node)
    try add("Softmax", [last], as: softmax, for: node, ["axis": .int(-1)])
    last = softmax
    // A query that may look at nothing takes nothing.
    if let rows = bias.keptRows {
      let kept = part("weights of queries that see a key", of: node)
      try add("Mul", [last, constant(rows, "queries that see a key", of: node)], as: kept, for: node)
      last = kept
    }
    stages.append(last)
    if node.outputs.count > 3, !node.outputs[3].isEmpty {
      let mode = try node.int("qk_matmul_output_mode", default: 0)
      guard stages.indices.contains(mode) else { throw .malformed(node, "qk_matmul_output_mode is \(mode)") }
      if mode == 2, bias.hides, read.contains(node.outputs[3]) {
        throw .form(node, "its masked scores are read", wanted: "its weights")
      }
      pass(stages[mode], as: node.outputs[3])
    }
    return last
  }

  /// Replaces a RotaryEmbedding: pairs of features turned by angles that grow with the place.
  ///
  ///     (a, b) → (a·cos − b·sin, a·sin + b·cos)
  ///
  /// Source: Su et al. 2021 (RoFormer), arXiv:2104.09864; ONNX operator RotaryEmbedding (version 23).
  mutating func addRotation(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    let input = try context.shape()
    guard node.inputs.count >= 3, let output = node.outputs.first, [3, 4].contains(input.rank) else {
      throw .malformed(node, "an input of shape \(input)")
    }
    let heads = try node.int("num_heads", default: 0)
    let isFlat = input.rank == 3
    guard !isFlat || (heads > 0 && input[2] % heads == 0) else {
      throw .malformed(node, "\(heads) heads of \(input[2]) features")
    }
    let size = isFlat ? input[2] / heads : input[3]
    let given = try node.int("rotary_embedding_dim", default: 0)
    let turned = given == 0 ? size : given
    guard turned > 0, turned <= size, turned % 2 == 0 else {
      throw .malformed(node, "\(turned) features of \(size) turn")
    }
    var source = node.inputs[0]
    if isFlat {
      source = part("heads", of: node)
      let extents = constant(.integers([0, 0, Int64(heads), Int64(size)], [4]), "extents", of: node)
      try add("Reshape", [node.inputs[0], extents], as: source, for: node)
    }
    // Angles [N, places, half], with an axis for the heads.
    var waves: [String] = []
    for (place, name) in [(1, "cosines"), (2, "sines")] {
      guard try context.shape(place).dimensions.last == turned / 2 else {
        throw .malformed(node, "\(name) of shape \(try context.shape(place)) for \(turned) features")
      }
      var wave = node.inputs[place]
      if node.inputs.count > 3, !node.inputs[3].isEmpty {
        wave = part("\(name) of the places", of: node)
        try add("Gather", [node.inputs[place], node.inputs[3]], as: wave, for: node)
      }
      let axis = isFlat ? 2 : 1
      let open = part("\(name), an axis for heads", of: node)
      let axes = constant(.integers([Int64(axis)], [1]), "\(name), axes", of: node)
      try add("Unsqueeze", [wave, axes], as: open, for: node, ["axes": .ints([axis])])
      waves.append(open)
    }
    let isInterleaved = try node.flag("interleaved", default: false)
    let half = turned / 2
    let (first, second) = (part("first of each pair", of: node), part("second of each pair", of: node))
    let step = isInterleaved ? 2 : 1
    try slice(source, axis: 3, 0..<(isInterleaved ? turned : half), step: step, as: first, for: node)
    try slice(source, axis: 3, (isInterleaved ? 1 : half)..<turned, step: step, as: second, for: node)
    let names = ["a·cos", "b·sin", "a·sin", "b·cos", "first turned", "second turned"].map { part($0, of: node) }
    for (place, factors) in [(first, waves[0]), (second, waves[1]), (first, waves[1]), (second, waves[0])].enumerated()
    {
      try add("Mul", [factors.0, factors.1], as: names[place], for: node)
    }
    try add("Sub", [names[0], names[1]], as: names[4], for: node)
    try add("Add", [names[2], names[3]], as: names[5], for: node)
    var pieces = Array(names[4...])
    if isInterleaved {
      let axes = constant(.integers([4], [1]), "pair axis", of: node)
      for place in pieces.indices {
        let open = part("piece \(place), an axis for pairs", of: node)
        try add("Unsqueeze", [pieces[place], axes], as: open, for: node, ["axes": .ints([4])])
        pieces[place] = open
      }
      let (pairs, joined) = (part("pairs", of: node), part("turned", of: node))
      try add("Concat", pieces, as: pairs, for: node, ["axis": .int(4)])
      let extents = constant(.integers([0, 0, 0, Int64(turned)], [4]), "turned extents", of: node)
      try add("Reshape", [pairs, extents], as: joined, for: node)
      pieces = [joined]
    }
    if turned < size {
      let rest = part("what does not turn", of: node)
      try slice(source, axis: 3, turned..<size, as: rest, for: node)
      pieces.append(rest)
    }
    let joined = isFlat ? part("turned heads", of: node) : output
    if pieces.count > 1 {
      try add("Concat", pieces, as: joined, for: node, ["axis": .int(3)])
    } else {
      pass(pieces[0], as: joined, node: isFlat ? nil : node)
    }
    guard isFlat else { return }
    let extents = constant(.integers([0, 0, Int64(input[2])], [3]), "output extents", of: node)
    try add("Reshape", [joined, extents], as: output, for: node)
  }

  /// Replaces an AffineGrid: the places of a regular grid, each [x, y, (z,) 1], by a matrix.
  ///
  /// Source: ONNX operator AffineGrid (version 20).
  mutating func addAffineGrid(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let size = try context.constant(1, "size")?.integers, [4, 5].contains(size.count),
      let output = node.outputs.first,
      size.allSatisfy({ (1..<(1 << 20)).contains($0) })
    else { throw .malformed(node, "its size makes no grid") }
    let spatial = size[2...].map(Int.init)
    let points = try context.claim([spatial.count + 1] + spatial, from: []) / (spatial.count + 1)
    let alignsCorners = try node.flag("align_corners", default: false)
    var rows: [Float] = []
    let strides = Shape(spatial).strides(in: .rowMajor)
    for axis in spatial.indices.reversed() {
      let extent = spatial[axis]
      let places = (0..<extent).map { place -> Float in
        guard alignsCorners else { return (2 * Float(place) + 1) / Float(extent) - 1 }
        return extent > 1 ? 2 * Float(place) / Float(extent - 1) - 1 : -1
      }
      rows += (0..<points).map { places[$0 / strides[axis] % extent] }
    }
    rows += Array(repeating: 1, count: points)
    let (product, places) = (part("product", of: node), part("places", of: node))
    let base = constant(.floats(rows, [spatial.count + 1, points]), "regular grid", of: node)
    try add("MatMul", [node.inputs[0], base], as: product, for: node)
    try add("Transpose", [product], as: places, for: node, ["perm": .ints([0, 2, 1])])
    let extents = [0] + spatial.map(Int64.init) + [Int64(spatial.count)]
    try add(
      "Reshape", [places, constant(.integers(extents, [extents.count]), "extents", of: node)], as: output, for: node)
  }
}
