public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidTensors
internal import PellucidVolumes

extension Explainer.Case {
  /// A layer's tensor of the scan as the file defines it, in its own shape.
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func activation(of layer: LayerChoice) throws(PellucidError) -> Tensor {
    let value = layer.value
    if value == network.imported.input { return prepared.input }
    let shape = network.imported.shape(of: value)
    do {
      let row = try network.ending(at: value).logits(prepared.input)
      return row.reinterpreted(as: shape, order: .rowMajor)
    } catch {
      throw error.located(in: scan.text)
    }
  }

  /// Where the scan lies as the network sees it.
  public var inputWorld: InputWorld { InputWorld(prepared.path) }
}
