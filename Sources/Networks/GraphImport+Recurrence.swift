internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

// Recurrent layers, unrolled: LSTM, GRU and RNN become the plain steps that they stand for, so that gradients, rules of relevance
// propagation and everything else need nothing of their own. A gate is a sigmoid that multiplies a signal, which is what rules look for
// (Arras et al. 2017, arXiv:1706.07206: the signal takes all).
extension GraphImport {
  /// What an operator calls itself, how many gates its weights hold one below another, and its usual functions.
  private static let recurrent: [String: (gates: Int, activations: [String])] = [
    "LSTM": (4, ["Sigmoid", "Tanh", "Tanh"]), "GRU": (3, ["Sigmoid", "Tanh"]), "RNN": (1, ["Tanh"]),
  ]

  /// One direction of a recurrent layer, with what its steps need.
  private struct Direction {
    let node: OnnxNode
    let isReverse: Bool
    let activations: [String]
    let hidden: Int
    /// Rₙᵀ and its bias, [H, H] and [H], for each gate.
    let recurrent: [(weights: String, bias: String?)]
    /// Names of the initial states, [1, N, H]; nil: zeros.
    var state: String?
    var cell: String?
    /// LSTM's peepholes for the input, output and forget gates, [H].
    let peepholes: [String]?
    let resetsAfter: Bool

    func name(_ what: String, _ step: Int) -> String {
      "\(node.name), \(isReverse ? "backward" : "forward") step \(step), \(what)"
    }
  }

  /// Replaces a recurrent layer by its steps.
  ///
  /// Source: ONNX operators LSTM, GRU and RNN (versions 7, 14, 22).
  mutating func addRecurrence(_ context: OperatorContext) throws(PellucidError) {
    let node = context.node
    guard let (gates, usual) = Self.recurrent[node.operation] else { return }
    let isBatchFirst = try node.flag("layout", default: false)
    let input = try context.shape()
    let (weights, extents) = try context.requiredFloats(1, "weights")
    let (recurrent, own) = try context.requiredFloats(2, "recurrent weights")
    let hidden = own.last ?? 0
    guard try node.int("hidden_size", default: hidden) == hidden, hidden > 0 else {
      throw .malformed(node, "its recurrent weights are \(Shape(own))")
    }
    let directions = try directions(of: node)
    guard input.rank == 3, extents == [directions.count, gates * hidden, input[2]],
      own == [directions.count, gates * hidden, hidden]
    else { throw .malformed(node, "its weights \(extents) and \(own) do not fit an input of shape \(input)") }
    try refuseForms(context, steps: input[isBatchFirst ? 1 : 0])
    let biases = try context.floats(3, "biases")
    if let biases, biases.count != directions.count * 2 * gates * hidden {
      throw .malformed(node, "it has \(biases.count) biases")
    }
    let activations = try functions(of: node, usual: usual, directions: directions.count)
    var sequence = node.inputs[0]
    if isBatchFirst {
      sequence = part("time first", of: node)
      try add("Transpose", [node.inputs[0]], as: sequence, for: node, ["perm": .ints([1, 0, 2])])
    }
    let steps = input[isBatchFirst ? 1 : 0]
    var states: [[String]] = []
    var last: [String] = []
    var cells: [String] = []
    for (place, isReverse) in directions.enumerated() {
      let name = isReverse ? "backward" : "forward"
      let bias = biases.map { Array($0[(2 * place * gates * hidden)..<(2 * (place + 1) * gates * hidden)]) }
      // A GRU that resets after the product keeps the bias of the recurrent part inside it.
      let resets = try node.flag("linear_before_reset", default: false)
      let resetsAfter = resets && node.operation == "GRU"
      var summed = [Float](repeating: 0, count: gates * hidden)
      var kept: [Float]?
      if let bias {
        for index in summed.indices {
          let stays = resetsAfter && index >= 2 * hidden
          summed[index] = bias[index] + (stays ? 0 : bias[gates * hidden + index])
        }
        kept = resetsAfter ? Array(bias[(gates * hidden + 2 * hidden)...]) : nil
      }
      let size = gates * hidden
      let matrix = Self.transposed(
        Array(weights[(place * size * input[2])..<((place + 1) * size * input[2])]), rows: size, columns: input[2])
      let product = part("\(name), product", of: node)
      let all = part("\(name), inputs", of: node)
      try add(
        "MatMul", [sequence, constant(.floats(matrix, [input[2], size]), "\(name), weights", of: node)], as: product,
        for: node)
      try add("Add", [product, constant(.floats(summed, [size]), "\(name), bias", of: node)], as: all, for: node)
      let square = hidden * hidden
      let parts = (0..<gates).map { gate -> (weights: String, bias: String?) in
        let first = (place * gates + gate) * square
        let matrix = Self.transposed(Array(recurrent[first..<(first + square)]), rows: hidden, columns: hidden)
        let bias = gate == 2 ? kept : nil
        return (
          constant(.floats(matrix, [hidden, hidden]), "\(name), recurrent weights \(gate)", of: node),
          bias.map { constant(.floats($0, [hidden]), "\(name), recurrent bias", of: node) }
        )
      }
      let count = usual.count
      var direction = Direction(
        node: node, isReverse: isReverse, activations: Array(activations[(place * count)..<((place + 1) * count)]),
        hidden: hidden, recurrent: parts, state: try initial(5, context, place, isBatchFirst),
        cell: try initial(6, context, place, isBatchFirst), peepholes: try peepholes(context, place, hidden),
        resetsAfter: resetsAfter)
      states.append(try unroll(&direction, all, steps: steps))
      last.append(direction.state ?? "")
      cells.append(direction.cell ?? "")
    }
    try addOutputs(context, states, last, cells, isBatchFirst)
  }

  /// The layer's directions: whether each runs from the last step to the first.
  private func directions(of node: OnnxNode) throws(PellucidError) -> [Bool] {
    switch try node.string("direction", default: "forward").lowercased() {
    case "forward": return [false]
    case "reverse": return [true]
    case "bidirectional": return [false, true]
    case let other: throw .malformed(node, "direction \(other)")
    }
  }

  /// The names of its functions, those of each direction one after another.
  private func functions(of node: OnnxNode, usual: [String], directions: Int) throws(PellucidError) -> [String] {
    guard case .strings(let given)? = node.attributes["activations"] else {
      return (0..<directions).flatMap { _ in usual }
    }
    let known = ["Sigmoid", "Tanh", "Relu"]
    let names = given.map { name in known.first { $0.lowercased() == name.lowercased() } ?? name }
    guard names.count == directions * usual.count else { throw .malformed(node, "activations \(given)") }
    if let other = names.first(where: { !known.contains($0) }) {
      throw .form(node, "its activations hold \(other)", wanted: known.joined(separator: ", "))
    }
    return names
  }

  private func refuseForms(_ context: OperatorContext, steps: Int) throws(PellucidError) {
    let node = context.node
    if node.attributes["clip"] != nil { throw .form(node, "it clips", wanted: "it without clip") }
    if try node.flag("input_forget", default: false) {
      throw .form(node, "it couples input and forget gate", wanted: "input_forget 0")
    }
    if let lengths = try context.constant(4, "sequence lengths")?.integers,
      lengths.contains(where: { $0 != Int64(steps) })
    {
      throw .form(node, "its sequences have lengths of their own", wanted: "all \(steps) steps")
    }
  }

  /// The initial state of a direction, [1, N, H]; nil where it is left out or zero.
  private mutating func initial(
    _ index: Int, _ context: OperatorContext, _ place: Int, _ isBatchFirst: Bool
  ) throws(PellucidError) -> String? {
    let node = context.node
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    if case .constant(let tensor) = context.operands[index], tensor.asFloats.allSatisfy({ $0 == 0 }) { return nil }
    var whole = node.inputs[index]
    if isBatchFirst {
      whole = part("initial \(index), first axes exchanged", of: node)
      try add("Transpose", [node.inputs[index]], as: whole, for: node, ["perm": .ints([1, 0, 2])])
    }
    let name = part("initial \(index) of direction \(place)", of: node)
    try slice(whole, axis: 0, place..<(place + 1), as: name, for: node)
    return name
  }

  private mutating func peepholes(
    _ context: OperatorContext, _ place: Int, _ hidden: Int
  ) throws(PellucidError) -> [String]? {
    guard context.node.operation == "LSTM", let values = try context.floats(7, "peepholes") else { return nil }
    guard values.count >= 3 * hidden * (place + 1) else { throw .malformed(context.node, "its peepholes do not fit") }
    return (0..<3).map { gate in
      let first = (3 * place + gate) * hidden
      return constant(
        .floats(Array(values[first..<(first + hidden)]), [hidden]), "direction \(place), peephole \(gate)",
        of: context.node)
    }
  }

  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
  }

  mutating func slice(
    _ name: String, axis: Int, _ range: Range<Int>, step: Int = 1, as output: String, for node: OnnxNode
  ) throws(PellucidError) {
    let bounds = [range.lowerBound, range.upperBound, axis, step].map { OnnxTensor.integers([Int64($0)], [1]) }
    let names = zip(bounds, ["start", "end", "axis", "step"]).map { constant($0, "\(output), \($1)", of: node) }
    try add("Slice", [name] + names, as: output, for: node)
  }

  /// Adds a direction's steps and leaves its last states in it.
  /// - Returns: the states of all steps, [1, N, H], by time.
  private mutating func unroll(
    _ direction: inout Direction, _ inputs: String, steps: Int
  ) throws(PellucidError) -> [String] {
    var states = [String](repeating: "", count: steps)
    for step in direction.isReverse ? Array((0..<steps).reversed()) : Array(0..<steps) {
      let input = direction.name("input", step)
      try slice(inputs, axis: 0, step..<(step + 1), as: input, for: direction.node)
      switch direction.node.operation {
      case "LSTM": try addLSTM(&direction, input, step)
      case "GRU": try addGRU(&direction, input, step)
      default:
        let sum = try summed(direction, input, gate: 0, step, "sum")
        direction.state = try applied(direction, 0, sum, direction.name("state", step))
      }
      states[step] = direction.state ?? ""
    }
    return states
  }

  /// A gate's part of the inputs plus the product of the state before.
  private mutating func summed(
    _ direction: Direction, _ input: String, gate: Int, _ step: Int, _ what: String, recurs: Bool = true
  ) throws(PellucidError) -> String {
    let own = direction.name("\(what), input", step)
    let range = (gate * direction.hidden)..<((gate + 1) * direction.hidden)
    try slice(input, axis: 2, range, as: own, for: direction.node)
    guard recurs, let state = direction.state else { return own }
    let product = try recurred(direction, state, gate, direction.name("\(what), recurrent", step))
    return try added(direction, own, product, direction.name("\(what), sum", step))
  }

  private mutating func recurred(
    _ direction: Direction, _ state: String, _ gate: Int, _ name: String
  ) throws(PellucidError) -> String {
    let (weights, bias) = direction.recurrent[gate]
    guard let bias else {
      try add("MatMul", [state, weights], as: name, for: direction.node)
      return name
    }
    try add("MatMul", [state, weights], as: name + " product", for: direction.node)
    return try added(direction, name + " product", bias, name)
  }

  private mutating func added(
    _ direction: Direction, _ a: String, _ b: String, _ name: String
  ) throws(PellucidError) -> String {
    try add("Add", [a, b], as: name, for: direction.node)
    return name
  }

  private mutating func multiplied(
    _ direction: Direction, _ a: String, _ b: String, _ name: String
  ) throws(PellucidError) -> String {
    try add("Mul", [a, b], as: name, for: direction.node)
    return name
  }

  private mutating func applied(
    _ direction: Direction, _ function: Int, _ input: String, _ name: String
  ) throws(PellucidError) -> String {
    try add(direction.activations[function], [input], as: name, for: direction.node)
    return name
  }

  /// Gates in the order input, output, forget, cell.
  private mutating func addLSTM(_ direction: inout Direction, _ input: String, _ step: Int) throws(PellucidError) {
    let name = { [direction] (what: String) in direction.name(what, step) }
    func peeped(_ walk: inout GraphImport, _ sum: String, _ gate: Int, at cell: String?, _ what: String)
      throws(PellucidError) -> String
    {
      guard let peepholes = direction.peepholes, let cell else { return sum }
      let seen = try walk.multiplied(direction, cell, peepholes[gate], name("\(what), peephole"))
      return try walk.added(direction, sum, seen, name("\(what), sum with peephole"))
    }
    let before = direction.cell
    var sum = try summed(direction, input, gate: 0, step, "input gate")
    let gate = try applied(direction, 0, try peeped(&self, sum, 0, at: before, "input gate"), name("input gate"))
    sum = try summed(direction, input, gate: 3, step, "candidate")
    let candidate = try applied(direction, 1, sum, name("candidate"))
    var cell = try multiplied(direction, gate, candidate, name("new part"))
    if let before {
      sum = try summed(direction, input, gate: 2, step, "forget gate")
      let forget = try applied(direction, 0, try peeped(&self, sum, 2, at: before, "forget gate"), name("forget gate"))
      let kept = try multiplied(direction, forget, before, name("kept part"))
      cell = try added(direction, kept, cell, name("cell"))
    }
    sum = try summed(direction, input, gate: 1, step, "output gate")
    let output = try applied(direction, 0, try peeped(&self, sum, 1, at: cell, "output gate"), name("output gate"))
    let shown = try applied(direction, 2, cell, name("cell, squashed"))
    direction.state = try multiplied(direction, output, shown, name("state"))
    direction.cell = cell
  }

  /// Gates in the order update, reset, hidden.
  private mutating func addGRU(_ direction: inout Direction, _ input: String, _ step: Int) throws(PellucidError) {
    let name = { [direction] (what: String) in direction.name(what, step) }
    let one = constant(.floats([1], []), "one", of: direction.node)
    let update = try applied(
      direction, 0, try summed(direction, input, gate: 0, step, "update gate"), name("update gate"))
    var sum = try summed(direction, input, gate: 2, step, "candidate", recurs: false)
    if direction.state != nil || (direction.resetsAfter && direction.recurrent[2].bias != nil) {
      let reset = try applied(
        direction, 0, try summed(direction, input, gate: 1, step, "reset gate"), name("reset gate"))
      let product: String
      if direction.resetsAfter {
        // Before the first step the state is 0 and a signal still, which takes the relevance that its gate must not have.
        var before = direction.state ?? ""
        if direction.state == nil {
          before = try multiplied(
            direction, update, constant(.floats([0], []), "no state", of: direction.node), name("state before"))
        }
        let inner = try recurred(direction, before, 2, name("candidate, recurrent"))
        product = try multiplied(direction, reset, inner, name("candidate, reset"))
      } else {
        let kept = try multiplied(direction, reset, direction.state ?? "", name("state, reset"))
        product = try recurred(direction, kept, 2, name("candidate, recurrent"))
      }
      sum = try added(direction, sum, product, name("candidate, sum"))
    }
    let candidate = try applied(direction, 1, sum, name("candidate"))
    let rest = name("1 - update gate")
    try add("Sub", [one, update], as: rest, for: direction.node)
    var state = try multiplied(direction, rest, candidate, name("new part"))
    if let before = direction.state {
      state = try added(
        direction, state, try multiplied(direction, update, before, name("kept part")), name("state"))
    }
    direction.state = state
  }

  /// Y [T, D, N, H], the last states [D, N, H] and the last cells, of those that are read.
  private mutating func addOutputs(
    _ context: OperatorContext, _ states: [[String]], _ last: [String], _ cells: [String], _ isBatchFirst: Bool
  ) throws(PellucidError) {
    let node = context.node
    func output(_ index: Int) -> String? {
      index < node.outputs.count && read.contains(node.outputs[index]) ? node.outputs[index] : nil
    }
    if let name = output(0) {
      var directions: [String] = []
      for (place, own) in states.enumerated() {
        let all = part("direction \(place), states", of: node)
        try add("Concat", own, as: all, for: node, ["axis": .int(0)])
        let axes = constant(.integers([1], [1]), "axis of directions", of: node)
        directions.append(part("direction \(place), states apart", of: node))
        try add("Unsqueeze", [all, axes], as: directions[place], for: node, ["axes": .ints([1])])
      }
      try join(directions, axis: 1, as: name, for: node, moving: isBatchFirst ? [2, 0, 1, 3] : nil)
    }
    for (index, parts) in [(1, last), (2, cells)] {
      if let name = output(index) {
        try join(parts, axis: 0, as: name, for: node, moving: isBatchFirst ? [1, 0, 2] : nil)
      }
    }
  }

  private mutating func join(
    _ parts: [String], axis: Int, as name: String, for node: OnnxNode, moving axes: [Int]?
  ) throws(PellucidError) {
    let joined = axes == nil ? name : name + ", time first"
    try add("Concat", parts, as: joined, for: node, ["axis": .int(axis)])
    if let axes { try add("Transpose", [joined], as: name, for: node, ["perm": .ints(axes)]) }
  }
}
