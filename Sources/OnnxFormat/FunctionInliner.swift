import Faults
import OnnxSchema

/// Replaces calls of a model's own functions by the functions' bodies, so that only operators remain.
///
/// Tensors inside a body are renamed `call/tensor` and nodes `call/node`, after the calling node. PyTorch's dynamo exporter leaves
/// such functions where it was told not to optimise.
struct FunctionInliner {
  /// More nodes than any network has: a file of a few kilobytes can describe functions that call each other without end.
  static let mostNodes = 1_000_000

  private let functions: [String: OnnxFunctionProto]
  private let file: String

  init(_ functions: [OnnxFunctionProto], file: String) {
    self.functions = Dictionary(
      functions.map { (Self.key($0.domain, $0.name, $0.overload), $0) }, uniquingKeysWith: { first, _ in first })
    self.file = file
  }

  /// The nodes with every call replaced, in the same order.
  func inlined(_ nodes: [OnnxNodeProto]) throws(PellucidError) -> [OnnxNodeProto] {
    guard !functions.isEmpty else { return nodes }
    var result: [OnnxNodeProto] = []
    try inline(nodes, within: [], into: &result)
    return result
  }

  private func inline(
    _ nodes: [OnnxNodeProto], within calls: [String], into result: inout [OnnxNodeProto]
  ) throws(PellucidError) {
    for node in nodes {
      let key = Self.key(node.domain, node.opType, node.overload)
      if let function = functions[key] {
        guard !calls.contains(key), result.count < Self.mostNodes else { throw .endlessFunction(file, node.opType) }
        let call = node.name.isEmpty ? "\(node.opType)_\(result.count)" : node.name
        try inline(Self.body(of: function, calledBy: node, named: call), within: calls + [key], into: &result)
      } else {
        var node = node
        for index in node.attribute.indices where node.attribute[index].hasG {
          var inner: [OnnxNodeProto] = []
          try inline(node.attribute[index].g.node, within: calls, into: &inner)
          node.attribute[index].g.node = inner
        }
        result.append(node)
      }
    }
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
