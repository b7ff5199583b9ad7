import PellucidFaults
import PellucidOnnxFormat
import PellucidOnnxSchema

/// Turns decoded protobuf messages into plain values; sets each message free as it goes, so that weights are not held twice.
struct GraphDecoder {
  let file: String
  private var tensors: TensorDecoder
  /// The files beside the model from which tensors were taken.
  var weightFiles: [OnnxModel.WeightFile] { tensors.weightFiles }

  /// - Parameter bytes: size of the model file.
  init(file: String, bytes: Int) {
    self.file = file
    tensors = TensorDecoder(file: file, bytes: bytes)
  }

  /// The graph of a message, whose initializers are taken out of it one by one.
  mutating func graph(emptying proto: inout OnnxGraphProto) throws(PellucidError) -> OnnxGraph {
    if let sparse = proto.sparseInitializer.first { throw .sparse(file, sparse.values.name) }
    var initializers: [String: OnnxTensor] = [:]
    for index in proto.initializer.indices {
      let tensor = try tensors.tensor(proto.initializer[index])
      proto.initializer[index] = OnnxTensorProto()
      guard initializers.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .madeTwice(file, tensor.name, by: "an initializer", and: "another")
      }
    }
    let names = Self.uniqueNames(proto.node)
    var nodes: [OnnxNode] = []
    for (node, name) in zip(proto.node, names) { nodes.append(try self.node(node, name: name)) }
    return OnnxGraph(
      name: proto.name,
      inputs: proto.input.filter { initializers[$0.name] == nil }.map(Self.value),
      outputs: proto.output.map(Self.value), nodes: nodes, initializers: initializers,
      valueInfo: Dictionary(proto.valueInfo.map { ($0.name, Self.value($0)) }, uniquingKeysWith: { first, _ in first }))
  }

  /// The nodes' names, with `Operator_index` for those that have none or one that an earlier node has.
  private static func uniqueNames(_ nodes: [OnnxNodeProto]) -> [String] {
    var taken: Set<String> = [], names: [String] = []
    let given = Set(nodes.map(\.name))
    for (index, node) in nodes.enumerated() {
      var name = node.name
      if name.isEmpty || taken.contains(name) {
        name = "\(node.opType)_\(index)"
        while taken.contains(name) || given.contains(name) { name += "_" }
      }
      taken.insert(name)
      names.append(name)
    }
    return names
  }

  private mutating func node(_ proto: OnnxNodeProto, name: String) throws(PellucidError) -> OnnxNode {
    var attributes: [String: OnnxAttribute] = [:]
    for attribute in proto.attribute {
      do { attributes[attribute.name] = try self.attribute(attribute) } catch {
        var error = error
        error.place.part = "node \(name), attribute \(attribute.name)"
        throw error
      }
    }
    return OnnxNode(
      name: name, operation: proto.opType, domain: OnnxNode.plainDomain(proto.domain), inputs: proto.input,
      outputs: proto.output, attributes: attributes)
  }

  private mutating func attribute(_ proto: OnnxAttributeProto) throws(PellucidError) -> OnnxAttribute {
    func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
    switch proto.type == 0 ? Self.impliedType(proto) : proto.type {
    case 1: return .float(proto.f)
    case 2: return .int(Int(proto.i))
    case 3: return .string(text(proto.s))
    case 4: return .tensor(try tensors.tensor(proto.t))
    case 5:
      var inner = proto.g
      return .graph(try graph(emptying: &inner))
    case 6: return .floats(proto.floats)
    case 7: return .ints(proto.ints.map { Int($0) })
    case 8: return .strings(proto.strings.map { text($0) })
    case 9: return .other("a list of tensors")
    case 10: return .other("a list of graphs")
    case 11, 12: return .other("a sparse tensor")
    default: return .other("of kind \(proto.type), which Pellucid does not know")
    }
  }

  /// The type of an attribute of IR version 1, which does not state it: the field that is there.
  private static func impliedType(_ proto: OnnxAttributeProto) -> Int32 {
    if proto.hasF { return 1 }
    if proto.hasI { return 2 }
    if proto.hasS { return 3 }
    if proto.hasT { return 4 }
    if proto.hasG { return 5 }
    if !proto.floats.isEmpty { return 6 }
    return proto.strings.isEmpty ? 7 : 8
  }

  private static func value(_ proto: OnnxValueInfoProto) -> OnnxValueInfo {
    guard case .tensorType(let tensor)? = proto.type.value else {
      return OnnxValueInfo(name: proto.name, elementType: nil, dimensions: nil)
    }
    let extents = tensor.shape.dim.map { dim -> OnnxDimension in
      switch dim.value {
      case .dimValue(let extent)? where extent >= 0: .fixed(Int(extent))
      case .dimParam(let name)? where !name.isEmpty: .symbolic(name)
      default: .symbolic("?")
      }
    }
    return OnnxValueInfo(
      name: proto.name, elementType: OnnxElementType(rawValue: Int(tensor.elemType)),
      dimensions: tensor.hasShape ? extents : nil)
  }
}

extension OnnxNode {
  /// The domain with both spellings of ONNX's own, `` and `ai.onnx`, made one.
  static func plainDomain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}
