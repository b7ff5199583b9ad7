import PellucidFaults
import PellucidOnnxFormat

/// Holds a decoded graph against what ``OnnxGraph`` promises, and brings its nodes into an order in which they can run.
struct GraphCheck {
  private let graph: OnnxGraph
  private let file: String
  /// The index of the node that makes each tensor.
  private var maker: [String: Int] = [:]

  init(_ graph: OnnxGraph, file: String) throws(PellucidError) {
    self.graph = graph
    self.file = file
    var given: Set<String> = []
    for input in graph.inputs where !given.insert(input.name).inserted {
      throw .madeTwice(file, input.name, by: "a graph input", and: "another")
    }
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        if let other = maker.updateValue(index, forKey: output) {
          throw .madeTwice(file, output, by: "node \(graph.nodes[other].name)", and: "node \(node.name)")
        }
        if given.contains(output) { throw .madeTwice(file, output, by: "a graph input", and: "node \(node.name)") }
        if graph.initializers[output] != nil {
          throw .madeTwice(file, output, by: "an initializer", and: "node \(node.name)")
        }
      }
    }
    given.formUnion(graph.initializers.keys)
    for node in graph.nodes {
      if let missing = node.needs.first(where: { maker[$0] == nil && !given.contains($0) }) {
        throw .dangling(file, node: node.name, tensor: missing)
      }
    }
    guard !graph.outputs.isEmpty else { throw .noOutput(file) }
    for output in graph.outputs where maker[output.name] == nil && !given.contains(output.name) {
      throw .outputNotMade(file, output.name)
    }
  }

  /// The graph with every node behind those that it needs; nodes keep the file's order as far as that allows.
  ///
  /// - Throws: `.badData` if nodes lie on a cycle, naming them.
  func sorted() throws(PellucidError) -> OnnxGraph {
    enum State { case untouched, open, done }
    var state = [State](repeating: .untouched, count: graph.nodes.count)
    var order: [Int] = []
    for start in graph.nodes.indices where state[start] == .untouched {
      // A walk in depth with its own stack: file sizes, not the call stack, bound its depth.
      var path: [(node: Int, waiting: [Int])] = [(start, suppliers(of: start))]
      state[start] = .open
      while let (node, waiting) = path.last {
        guard let next = waiting.last else {
          state[node] = .done
          order.append(node)
          path.removeLast()
          continue
        }
        path[path.count - 1].waiting.removeLast()
        if state[next] == .open {
          let cycle = path.map(\.node).drop { $0 != next }
          throw .cyclic(file, cycle.map { graph.nodes[$0].name })
        }
        if state[next] == .untouched {
          state[next] = .open
          path.append((next, suppliers(of: next)))
        }
      }
    }
    var sorted = graph
    sorted.nodes = order.map { graph.nodes[$0] }
    return sorted
  }

  /// The nodes that make what a node needs, the first of its inputs last.
  private func suppliers(of node: Int) -> [Int] {
    graph.nodes[node].needs.reversed().compactMap { maker[$0] }
  }
}
