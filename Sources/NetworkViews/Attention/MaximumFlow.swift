/// The largest flow between two nodes of a graph whose edges hold so much and no more.
///
/// - Source: Dinitz 1970, by shortest augmenting paths level by level; exact but for rounding, since each path fills an edge to the last digit.
package struct MaximumFlow {
  private var edges: [[Int]]
  private var ends: [Int] = []
  private var capacities: [Double] = []
  private var left: [Double] = []

  /// A graph without edges.
  package init(nodes: Int) { edges = Array(repeating: [], count: nodes) }

  /// Adds an edge.
  package mutating func connect(_ start: Int, _ end: Int, _ capacity: Double) {
    guard capacity > 0 else { return }
    edges[start].append(ends.count)
    edges[end].append(ends.count + 1)
    ends += [end, start]
    capacities += [capacity, 0]
  }

  /// The largest flow from one node to another.
  package mutating func flow(from source: Int, to sink: Int) -> Double {
    left = capacities
    var total = 0.0
    while let levels = levels(from: source, to: sink) {
      var next = Array(repeating: 0, count: edges.count)
      while true {
        let pushed = push(.infinity, from: source, to: sink, levels, &next)
        if pushed <= 0 { break }
        total += pushed
      }
    }
    return total
  }

  /// How many edges with room lead to each node; nil where none lead to the sink.
  private func levels(from source: Int, to sink: Int) -> [Int]? {
    var levels = Array(repeating: -1, count: edges.count)
    levels[source] = 0
    var (queue, place) = ([source], 0)
    while place < queue.count {
      let node = queue[place]
      place += 1
      for edge in edges[node] where left[edge] > 0 && levels[ends[edge]] < 0 {
        levels[ends[edge]] = levels[node] + 1
        queue.append(ends[edge])
      }
    }
    return levels[sink] < 0 ? nil : levels
  }

  private mutating func push(
    _ most: Double, from node: Int, to sink: Int, _ levels: [Int], _ next: inout [Int]
  ) -> Double {
    if node == sink { return most }
    while next[node] < edges[node].count {
      let edge = edges[node][next[node]]
      if left[edge] > 0, levels[ends[edge]] == levels[node] + 1 {
        let pushed = push(min(most, left[edge]), from: ends[edge], to: sink, levels, &next)
        if pushed > 0 {
          left[edge] -= pushed
          left[edge ^ 1] += pushed
          return pushed
        }
      }
      next[node] += 1
    }
    return 0
  }
}
