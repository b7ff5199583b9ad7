import PellucidExplaining
import PellucidFaults
import PellucidModelCards
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import PellucidVolumes

let fixtures = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Fixtures/"

/// An explainer of a fixture's network.
func explainer(_ model: String, card: String? = nil) throws -> Explainer {
  Explainer(try Classifier(model: fixtures + model + ".onnx", card: card.map { fixtures + $0 + ".yaml" }))
}

/// A fixture's volume.
func volume(_ name: String) throws -> Volume { try Volume(contentsOf: fixtures + name + ".nii.gz") }

/// The largest difference between two affines' numbers.
func distance(_ a: Affine, _ b: Affine) -> Double {
  zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
}

/// A model of an image `x` [1, 1, D, H, W] with nodes in a row.
struct RowModel {
  var nodes: [OnnxNode] = []
  var initializers: [String: OnnxTensor] = [:]
  let extents: [Int]
  private var last = "x"

  init(_ extents: [Int]) { self.extents = extents }

  mutating func add(
    _ operation: String, _ constants: [(shape: [Int], values: [Float])] = [],
    _ attributes: [String: OnnxAttribute] = [:]
  ) {
    let name = "\(operation)\(nodes.count)"
    var inputs = [last]
    for (index, constant) in constants.enumerated() {
      initializers["\(name)_\(index)"] = OnnxTensor(
        elementType: .float, dimensions: constant.shape, values: .floats(constant.values))
      inputs.append("\(name)_\(index)")
    }
    nodes.append(
      OnnxNode(name: name, operation: operation, inputs: inputs, outputs: [name + "_out"], attributes: attributes))
    last = name + "_out"
  }

  func network() throws -> Network {
    let info = OnnxValueInfo(name: "x", elementType: .float, dimensions: ([1, 1] + extents).map { .fixed($0) })
    let graph = OnnxGraph(
      inputs: [info], outputs: [OnnxValueInfo(name: last, elementType: .float, dimensions: nil)], nodes: nodes,
      initializers: initializers)
    return try Network(OnnxModel(path: "row.onnx", opsets: ["": 17], graph: graph))
  }

  /// A world of 1 mm voxels, the middle of the input at the origin.
  func world(_ network: Network) throws -> InputWorld { try InputWorld(of: network, card: .default) }
}
