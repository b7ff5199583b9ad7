import PellucidFaults
import PellucidOnnxFormat
import PellucidOnnxSchema

/// Replaces calls of a model's own functions by the functions' bodies, so that only operators remain.
///
/// Tensors inside a body are renamed `call/tensor` and nodes `call/node`, after the calling node. PyTorch's dynamo exporter leaves
/// such functions where it was told not to optimise.
///
/// Nodes, calls, names and nesting are bounded (``ModelLimits``).
struct FunctionInliner {
  private let functions: [String: OnnxFunctionProto]
  private let file: String
  /// Nodes and calls that may be made, and those that still may.
  private let most: Int
  private var left: Int
  private var nameBytesLeft = ModelLimits.mostNameBytes

  /// - Parameter nodes: nodes of the graph that calls the functions.
  init(_ functions: [OnnxFunctionProto], file: String, nodes: Int) {
    self.functions = Dictionary(
      functions.map { (Self.key($0.domain, $0.name, $0.overload), $0) }, uniquingKeysWith: { first, _ in first })
    self.file = file
    most = ModelLimits.nodes(inFileOf: functions.reduce(nodes) { $0 + $1.node.count })
    left = most
  }

  /// The nodes with every call replaced, in the same order.
  mutating func inlined(_ nodes: [OnnxNodeProto]) throws(PellucidError) -> [OnnxNodeProto] {
    guard !functions.isEmpty else { return nodes }
    var result: [OnnxNodeProto] = []
    try inline(nodes, within: [], depth: 0, into: &result)
    return result
  }

  private mutating func inline(
    _ nodes: [OnnxNodeProto], within calls: [String], depth: Int, into result: inout [OnnxNodeProto]
  ) throws(PellucidError) {
    for node in nodes {
      let name = node.name.isEmpty ? "\(node.opType)_\(result.count)" : node.name
      guard depth <= ModelLimits.deepestNesting else { throw .functionsTooDeep(file, node: name) }
      left -= 1
      guard left >= 0, nameBytesLeft >= 0 else { throw .functionsTooLarge(file, node: name, nodes: most) }
      let key = Self.key(node.domain, node.opType, node.overload)
      if let function = functions[key] {
        guard !calls.contains(key) else { throw .endlessFunction(file, node.opType) }
        let body = Self.body(of: function, calledBy: node, named: name)
        for inner in body { nameBytesLeft -= Self.nameBytes(inner) }
        try inline(body, within: calls + [key], depth: depth + 1, into: &result)
      } else {
        var node = node
        for index in node.attribute.indices where node.attribute[index].hasG {
          var inner: [OnnxNodeProto] = []
          try inline(node.attribute[index].g.node, within: calls, depth: depth + 1, into: &inner)
          node.attribute[index].g.node = inner
        }
        result.append(node)
      }
    }
  }

  /// Bytes of a node's names, those in its branches included.
  private static func nameBytes(_ node: OnnxNodeProto) -> Int {
    var bytes = (node.input + node.output).reduce(node.name.utf8.count) { $0 + $1.utf8.count }
    for attribute in node.attribute where attribute.hasG {
      for inner in attribute.g.node { bytes += nameBytes(inner) }
    }
    return bytes
  }

  private static func key(_ domain: String, _ name: String, _ overload: String) -> String {
    [OnnxNode.plainDomain(domain), name, overload].joined(separator: "\n")
  }

  private static func body(
    of function: OnnxFunctionProto, calledBy call: OnnxNodeProto, named name: String
  ) -> [OnnxNodeProto] {
    var names: [String: String] = [:]
    for (index, formal) in function.output.enumerated() where index < call.output.count && !call.output[index].isEmpty {
      names[formal] = call.output[index]
    }
    for (index, formal) in function.input.enumerated() {
      names[formal] = index < call.input.count ? call.input[index] : ""
    }
    let defaults = function.attributeProto.map { ($0.name, $0) }
    let given = Dictionary(defaults + call.attribute.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    let renaming = Renaming(prefix: name + "/", names: names, attributes: given)
    var nodes = function.node.map { renaming.node($0) }
    for (index, formal) in function.output.enumerated()
    where function.input.contains(formal) && index < call.output.count {
      var passing = OnnxNodeProto()
      passing.opType = "Identity"
      passing.name = "\(name)/\(formal)"
      passing.input = [names[formal, default: ""]]
      passing.output = [call.output[index]]
      nodes.append(passing)
    }
    return nodes
  }
}

/// The new names of a function's tensors and the values of its attributes in one call.
private struct Renaming {
  let prefix: String
  let names: [String: String]
  let attributes: [String: OnnxAttributeProto]

  func node(_ node: OnnxNodeProto) -> OnnxNodeProto {
    var node = node
    node.name = node.name.isEmpty ? "" : prefix + node.name
    node.input = node.input.map(tensor)
    node.output = node.output.map(tensor)
    node.attribute = node.attribute.compactMap(attribute)
    return node
  }

  private func tensor(_ name: String) -> String {
    name.isEmpty ? "" : names[name] ?? prefix + name
  }

  private func attribute(_ attribute: OnnxAttributeProto) -> OnnxAttributeProto? {
    if !attribute.refAttrName.isEmpty {
      guard var value = attributes[attribute.refAttrName] else { return nil }
      value.name = attribute.name
      return value
    }
    guard attribute.hasG else { return attribute }
    var attribute = attribute
    attribute.g.node = attribute.g.node.map(node)
    for index in attribute.g.initializer.indices {
      attribute.g.initializer[index].name = tensor(attribute.g.initializer[index].name)
    }
    for index in attribute.g.input.indices { attribute.g.input[index].name = tensor(attribute.g.input[index].name) }
    for index in attribute.g.output.indices { attribute.g.output[index].name = tensor(attribute.g.output[index].name) }
    return attribute
  }
}
