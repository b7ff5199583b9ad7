internal import PellucidFaults
internal import PellucidNetworks
import PellucidOnnxFiles
internal import PellucidOnnxFormat
internal import PellucidTensors

/// The part of a VAE that makes an image of latent factors, as a network whose input is [1, K, 1, 1, 1].
struct LatentDecoder {
  /// The decoder.
  let network: Network
  /// Factors.
  let count: Int
  /// Extents of what it makes, [1, C, D, H, W].
  let shape: Shape

  /// The decoder of a file of its own.
  ///
  /// - Parameters:
  ///   - latent: the encoder's latent shape for one image.
  ///   - image: the encoder's input shape.
  /// - Throws: `.badData` where its input is not the encoder's latent, or what it makes is not the encoder's image.
  init(file path: String, latent: Shape, image: Shape) throws(PellucidError) {
    let model = try OnnxModel(contentsOf: path)
    let inputs = model.graph.inputs
    guard inputs.count == 1, let input = inputs.first else {
      throw .decoderInputs(path, inputs.map(\.description))
    }
    let given = input.dimensions
    var extents = latent.dimensions
    if let given {
      let known = given.dropFirst().compactMap { dimension -> Int? in
        if case .fixed(let extent) = dimension { extent } else { nil }
      }
      // What the decoder fixes must hold the encoder's factors, in whatever shape.
      if known.count == given.count - 1 {
        guard known.reduce(1, *) == latent.count / max(1, latent.dimensions.first ?? 1) else {
          throw .decoderLatent(path, input.description, encoder: latent.description)
        }
        extents = [1] + known
      } else if given.count != latent.rank {
        throw .decoderLatent(path, input.description, encoder: latent.description)
      }
    }
    let output = model.graph.outputs.first?.name ?? ""
    do throws(PellucidError) {
      try self.init(model, cutAt: input.name, latent: Shape(extents), output: output, inputs: [:], image: image)
    } catch {
      throw error.located(in: path)
    }
  }

  /// The decoder that follows a tensor of a model that holds both.
  ///
  /// - Parameters:
  ///   - tensor: the factors.
  ///   - output: the reconstruction.
  init(
    _ model: OnnxModel, cutAt tensor: String, latent: Shape, output: String, inputs: [String: [Float]], image: Shape
  ) throws(PellucidError) {
    let made = model.part(behind: tensor, shape: latent, output: output)
    network = try Network(made, inputs: inputs, output: output, answering: .values)
    count = latent.count
    shape = network.outputShape
    guard shape.rank == 5, shape.dimensions.dropFirst(2) == image.dimensions.dropFirst(2) else {
      throw .decoderImage(output, shape.description, encoder: image.description)
    }
  }

  /// The image of factors, [1, C, D, H, W].
  func image(of factors: [Float]) throws(PellucidError) -> Tensor {
    precondition(factors.count == count, "a number a factor")
    let input = Tensor(factors, shape: Shape([1, count, 1, 1, 1]))
    return try network.logits(input).reinterpreted(as: shape, order: .rowMajor)
  }

  /// ∂image/∂z_k: what a factor changes, per unit of it, by central differences of a tenth.
  func derivative(at factors: [Float], along factor: Int) throws(PellucidError) -> Tensor {
    let step: Float = 0.1
    var (low, high) = (factors, factors)
    low[factor] -= step
    high[factor] += step
    return try image(of: high).combined(.subtract, with: try image(of: low)).scaled(by: 1 / (2 * step))
  }
}
