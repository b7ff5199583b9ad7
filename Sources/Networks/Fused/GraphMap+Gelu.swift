internal import PellucidTensors

extension GraphMap {
  /// A GELU written out as ½·x·(1 + erf(x/√2)), in any order of its factors, around the step that makes erf.
  func gelu(around place: Int) -> Fusion? {
    let erf = graph.nodes[place]
    guard erf.operation is Erf, let scaling = maker(erf.inputs[0]), soleReader(erf.inputs[0]) != nil,
      let root = (scaling.operation as? Binary)?.factor, abs(root * root - 0.5) < 1e-5,
      let sum = soleReader(erf.output), (sum.operation as? Binary)?.summand == 1
    else { return nil }
    let x = scaling.inputs[0]
    var inner: Set<ValueID> = [scaling.output, erf.output, sum.output]
    // What is left are two products, with x and with ½.
    var (last, halved, multiplied) = (sum, false, false)
    while !halved || !multiplied {
      guard let next = soleReader(last.output), let product = next.operation as? Binary else { return nil }
      if let factor = product.factor {
        guard !halved, abs(factor - 0.5) < 1e-6 else { return nil }
        halved = true
      } else {
        guard !multiplied, product.isProduct, next.inputs.count == 2,
          let other = next.inputs.first(where: { $0 != last.output })
        else { return nil }
        if other != x {
          guard !halved, let half = maker(other), soleReader(other) != nil, half.inputs == [x],
            let factor = (half.operation as? Binary)?.factor, abs(factor - 0.5) < 1e-6
          else { return nil }
          inner.insert(other)
          halved = true
        }
        multiplied = true
      }
      inner.insert(next.output)
      last = next
    }
    guard shape(last.output) == shape(x) else { return nil }
    return Fusion(
      node: Node(
        name: last.name, type: last.type, operation: Gelu(isApproximate: false), inputs: [x], output: last.output),
      inner: inner.subtracting([last.output]))
  }
}
