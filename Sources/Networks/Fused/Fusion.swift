internal import PellucidTensors
internal import Synchronization

/// Steps that one step does in their place, in passes that ask for nothing of what lies between.
struct Fusion: Sendable {
  /// The step that takes their place; it makes the last one's output.
  let node: Node
  /// What the others make.
  let inner: Set<ValueID>
}

/// A graph's fusions, looked for when they are first asked for.
///
/// - Note: The class lets copies of a network share what was found; it is written under its lock alone.
final class Fusions: Sendable {
  private let found = Mutex<[Fusion]?>(nil)

  func of(_ graph: Graph) -> [Fusion] {
    found.withLock { found in
      if let found { return found }
      let made = graph.fusions()
      found = made
      return made
    }
  }
}

extension Graph {
  /// All fusions that the graph has room for.
  func fusions() -> [Fusion] {
    let map = GraphMap(self)
    let attentions = nodes.indices.compactMap { map.attention(around: $0) }
    let bypassed = attentions.reduce(into: Set<ValueID>()) { $0.formUnion($1.inner) }
    return attentions
      + nodes.indices.compactMap { map.gelu(around: $0) ?? map.layerNormalization(around: $0) }
      + nodes.indices.compactMap { bypassed.contains(nodes[$0].output) ? nil : map.rearrangement(endingAt: $0) }
  }

  /// The graph with steps done together.
  ///
  /// - Parameters:
  ///   - kept: values that somebody asks for.
  ///   - isFree: whether nobody asks for anything of a step, by its output.
  func fused(_ fusions: [Fusion], keeping kept: Set<ValueID>, isFree: (ValueID) -> Bool = { _ in true }) -> Graph {
    var replaced: [ValueID: Node] = [:]
    for fusion in fusions
    where fusion.inner.isDisjoint(with: kept) && isFree(fusion.node.output) && fusion.inner.allSatisfy(isFree) {
      replaced[fusion.node.output] = fusion.node
    }
    guard !replaced.isEmpty else { return self }
    var graph = self
    var alive = kept.union([output])
    graph.nodes = []
    for node in nodes.reversed() where alive.contains(node.output) {
      let own = replaced[node.output] ?? node
      alive.formUnion(own.inputs)
      graph.nodes.append(own)
    }
    graph.nodes.reverse()
    return graph
  }
}

/// A graph with what makes and what reads each value at hand.
struct GraphMap {
  let graph: Graph
  private let makers: [Int?]
  private let readers: [[Int]]
  private let origins: [ValueID]
  private let rowMajor: [Bool]

  init(_ graph: Graph) {
    self.graph = graph
    var makers: [Int?] = Array(repeating: nil, count: graph.values.count)
    var readers: [[Int]] = Array(repeating: [], count: graph.values.count)
    for (place, node) in graph.nodes.enumerated() {
      makers[node.output.index] = place
      for input in node.inputs { readers[input.index].append(place) }
    }
    var origins = graph.values.indices.map { ValueID($0) }
    var rowMajor = Array(repeating: false, count: graph.values.count)
    for node in graph.nodes {
      let own = node.inputs.map { origins[$0.index] }
      if Self.moves(node), let first = own.first, own.allSatisfy({ $0 == first }) { origins[node.output.index] = first }
      rowMajor[node.output.index] = Self.liesRowMajor(
        node, node.inputs.map { rowMajor[$0.index] }, graph.shape(of: node.output))
    }
    (self.makers, self.readers, self.origins, self.rowMajor) = (makers, readers, origins, rowMajor)
  }

  /// Place of the step that makes a value.
  func place(making value: ValueID) -> Int? { makers[value.index] }

  /// The value whose values a value's are, only moved; itself where they are computed.
  func origin(_ value: ValueID) -> ValueID { origins[value.index] }

  /// Whether a value lies in memory as ONNX numbers it.
  func liesRowMajor(_ value: ValueID) -> Bool { rowMajor[value.index] }

  func shape(_ value: ValueID) -> Shape { graph.shape(of: value) }

  func maker(_ value: ValueID) -> Node? { makers[value.index].map { graph.nodes[$0] } }

  /// The steps that read a value.
  func readers(of value: ValueID) -> [Node] { readers[value.index].map { graph.nodes[$0] } }

  /// The one step that reads a value, once; nil where others do, or the network answers it.
  func soleReader(_ value: ValueID) -> Node? {
    guard value != graph.output, readers[value.index].count == 1 else { return nil }
    return graph.nodes[readers[value.index][0]]
  }
}
