import PellucidFaults
import PellucidNetworks
import PellucidResults
import PellucidTables
import PellucidTensors

/// What `inspect` says of a layer.
struct LayerSummary {
  let name: String
  let type: String
  let output: String
  let shape: Shape
  let parameters: Int
  let multiplyAdds: Int
  let field: ReceptiveField?

  static func layers(of network: Network) -> [LayerSummary] {
    let graph = network.imported
    let fields = ReceptiveField.all(of: graph)
    return graph.nodes.map { node in
      let shape = graph.shape(of: node.output)
      return LayerSummary(
        name: node.name, type: node.type, output: graph.values[node.output.index].name, shape: shape,
        parameters: node.operation.parameterCount,
        multiplyAdds: node.operation.multiplyAdds(inputs: node.inputs.map { graph.shape(of: $0) }, output: shape),
        field: fields[node.output])
    }
  }

  var json: JSONValue {
    var value: JSONValue = [
      "name": .string(name), "operator": .string(type), "output": .string(output), "shape": .integers(shape.dimensions),
      "parameters": .integer(parameters), "multiply_adds": .integer(multiplyAdds),
    ]
    let place = field.flatMap { $0.axes == nil ? nil : $0 }
    value["receptive_field"] = place.flatMap { $0.seesEverything ? nil : .integers($0.size) } ?? .null
    value["jump"] = place.map { .numbers($0.jump) } ?? .null
    value["centre"] = place.map { .numbers($0.centre) } ?? .null
    return value
  }

  /// The sum over layers; the largest integer where it is more.
  static func total(_ layers: [LayerSummary], of count: (LayerSummary) -> Int) -> Int {
    layers.reduce(0) { sum, layer in
      let (next, overflows) = sum.addingReportingOverflow(count(layer))
      return overflows ? .max : next
    }
  }

  /// Lines with aligned columns.
  static func table(_ layers: [LayerSummary]) -> [String] {
    let rows =
      [["layer", "operator", "output", "shape", "parameters", "multiply-adds", "sees", "jump", "centre"]]
      + layers.map(\.columns)
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return [4, 5].contains(column) ? space + row[column] : row[column] + space
      }.joined(separator: "  ").trimmedEnd
    }
  }

  private var columns: [String] {
    let place = field.flatMap { $0.axes == nil ? nil : $0 }
    return [
      name.shown(), type.shown(), output.shown(), shape.description, parameters == 0 ? "" : Self.grouped(parameters),
      multiplyAdds == 0 ? "" : Self.grouped(multiplyAdds),
      field.map { $0.seesEverything ? "everything" : Self.times($0.size.map(String.init)) } ?? "",
      place.map {
        Self.times($0.jump.map { $0 == $0.rounded() && $0 < 1e15 ? String(Int($0)) : FixedPoint.text($0, digits: 2) })
      }
        ?? "",
      place.map { $0.centre.map { FixedPoint.text($0, digits: 1) }.joined(separator: ",") } ?? "",
    ]
  }

  /// `3` where all axes agree, else `3×3×5`.
  private static func times(_ values: [String]) -> String {
    Set(values).count == 1 ? values[0] : values.joined(separator: "×")
  }

  /// 1234567 as `1,234,567`.
  static func grouped(_ value: Int) -> String {
    var digits = String(value)
    var parts: [String] = []
    while digits.count > 3 {
      parts.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + parts).joined(separator: ",")
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var copy = self
    while copy.last == " " { copy.removeLast() }
    return copy
  }
}
