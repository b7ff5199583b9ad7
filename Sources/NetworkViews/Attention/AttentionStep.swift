public import PellucidNetworks
public import PellucidTensors

/// A softmax inside a network that weighs tokens, or a gate that weighs places or channels.
public struct AttentionStep: Sendable {
  /// What it weighs.
  public enum Kind: String, Sendable, Hashable {
    /// Every token attends to every token, or to those of its window: `[…, T, T]`.
    case tokens
    /// One row of weights sums tokens or slices up: `[…, 1, S]` or `[S, 1]`.
    case pooling
    /// A sigmoid that is multiplied with features: of places, of channels, or of both.
    case gate
  }

  /// What it weighs.
  public let kind: Kind
  /// The tensor of weights.
  public let value: ValueID
  /// Its name in the file.
  public let tensor: String
  /// Its shape.
  public let shape: Shape
  /// The place of each token in voxels along D, H, W.
  ///
  /// One list for each entry of the leading axes (windows and heads), or for each element of a pooling; nil within: it has none. Of gates
  /// none: they are maps or channels themselves.
  let places: [[[Double]?]]

  /// Windows of tokens that see each other; each has its own list of tokens.
  var windows: [(tokens: [[Double]?], heads: [Int])] {
    var found: [(tokens: [[Double]?], heads: [Int])] = []
    for (lead, tokens) in places.enumerated() {
      if let same = found.firstIndex(where: { $0.tokens == tokens }) {
        found[same].heads.append(lead)
      } else {
        found.append((tokens, [lead]))
      }
    }
    return found
  }

  /// Heads of each window; of the first where they differ.
  public var headCount: Int { kind == .tokens ? windows.first?.heads.count ?? 0 : 1 }
  /// How many windows the tokens are divided into.
  public var windowCount: Int { kind == .tokens ? windows.count : 1 }

  /// All of a network, in the order in which they are computed.
  public static func all(in network: Network) -> [AttentionStep] {
    let graph = network.imported
    var readers: [ValueID: [Node]] = [:]
    for node in graph.nodes { for input in node.inputs { readers[input, default: []].append(node) } }
    var places = TokenPlaces(graph)
    var found: [AttentionStep] = []
    for node in graph.nodes {
      let shape = graph.shape(of: node.output)
      func step(_ kind: Kind, _ places: [[[Double]?]]) -> AttentionStep {
        AttentionStep(
          kind: kind, value: node.output, tensor: graph.values[node.output.index].name, shape: shape, places: places)
      }
      switch node.operation.role {
      case .softmax:
        guard let use = Self.use(of: node.output, readers) else { continue }
        let dims = shape.dimensions
        if use == .bilinear, shape.rank >= 2, dims[shape.rank - 1] == dims[shape.rank - 2], dims[shape.rank - 1] > 1 {
          let tokens = dims[shape.rank - 1]
          // Of each row the place of its first column: all are the query's.
          guard let rows = places.places(of: node.output, every: tokens) else { continue }
          let lists = stride(from: 0, to: rows.count, by: tokens).map { Array(rows[$0..<($0 + tokens)]) }
          found.append(step(.tokens, lists))
        } else if shape.count > 1 {
          let all = places.places(of: node.output, keys: use == .bilinear) ?? Array(repeating: nil, count: shape.count)
          found.append(step(.pooling, [all]))
        }
      case .activation where ["Sigmoid", "HardSigmoid"].contains(node.type):
        guard Self.use(of: node.output, readers) == .product, shape.count > 1,
          !Self.isSwish(node, graph, readers), !Self.isGatedUnit(node, graph, readers)
        else { continue }
        found.append(step(.gate, []))
      default: continue
      }
    }
    return found
  }

  /// Whether a value is at once multiplied with something, by elements or as a matrix; steps that move or resample it count as nothing.
  private static func use(of value: ValueID, _ readers: [ValueID: [Node]], depth: Int = 0) -> Role? {
    guard depth < 6 else { return nil }
    for reader in readers[value] ?? [] {
      switch reader.operation.role {
      case .bilinear, .product: return reader.operation.role
      case .rearrangement, .mixing:
        if let role = use(of: reader.output, readers, depth: depth + 1) { return role }
      default: continue
      }
    }
    return nil
  }

  /// tanh(v)·sigmoid(u) is one activation, too: the gated unit before the weights of a pooling.
  ///
  /// - Source: Ilse et al. 2018, arXiv:1802.04712, eq. 9.
  private static func isGatedUnit(_ node: Node, _ graph: Graph, _ readers: [ValueID: [Node]]) -> Bool {
    (readers[node.output] ?? []).contains { reader in
      reader.operation.role == .product && reader.inputs.contains { graph.maker(of: $0)?.type == "Tanh" }
    }
  }

  /// x·sigmoid(x) is an activation, no gate.
  private static func isSwish(_ node: Node, _ graph: Graph, _ readers: [ValueID: [Node]]) -> Bool {
    (readers[node.output] ?? []).contains { reader in
      reader.operation.role == .product && reader.inputs.contains(node.inputs[0])
    }
  }
}
