import PellucidOnnxFormat
import TestSupport
import Testing

@Suite struct `ONNX's own node tests` {
  @Test func `are there`() { #expect(OnnxCase.all.count > 500) }

  @Test(arguments: OnnxCase.all)
  func `decode, with as many values as the graph has inputs and outputs`(reference: OnnxCase) throws {
    let model = try reference.model()
    #expect(model.graph.nodes.map(\.operation) == [reference.operation])
    #expect(model.opsetVersion == reference.opset)
    let inputs = try reference.inputs()
    let outputs = try reference.outputs()
    #expect(inputs.map(\.elementType) == model.graph.inputs.map(\.elementType))
    #expect(outputs.map(\.elementType) == model.graph.outputs.map(\.elementType))
  }
}
