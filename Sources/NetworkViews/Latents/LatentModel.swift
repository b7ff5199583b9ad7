internal import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidOnnxFormat
public import PellucidTensors

/// A variational autoencoder: an encoder of images into latent factors, and a decoder back, in one ONNX file or two.
///
///     z ~ N(μ(x), exp(ℓ(x))),  x̂ = decoder(z)       μ: means, ℓ: logarithms of variances
///
/// - Source: Kingma & Welling 2014, arXiv:1312.6114.
public struct LatentModel: Sendable {
  /// Names of the outputs that hold means and logarithms of variances.
  public let mean, logVariance: String
  /// The tensor at which the decoder begins, where one file holds both; nil: it is a file of its own.
  public let cut: String?
  /// Factors.
  public var count: Int { decoder.count }
  /// What is to be told.
  public let notes: [Note]
  private let means: Network
  private let variances: Network
  private let decoder: LatentDecoder

  /// A scan's factors.
  public struct Code: Sendable {
    /// μ.
    public let means: [Float]
    /// ℓ.
    public let logVariances: [Float]
    /// ½(μ² + exp(ℓ) − ℓ − 1), each factor's divergence from the standard normal.
    public var divergences: [Double] {
      zip(means, logVariances).map { (mean: Float, log: Float) -> Double in
        let (own, logarithm) = (Double(mean), Double(log))
        let variance = exponential(logarithm)
        return (own * own + variance - logarithm - 1) / 2
      }
    }
    /// exp(ℓ/2).
    public var deviations: [Double] { logVariances.map { exponential(Double($0) / 2) } }
  }

  /// Finds encoder and decoder.
  ///
  /// - Parameters:
  ///   - explainer: of the encoder's file.
  ///   - decoder: the decoder's file; nil: the encoder's holds it.
  ///   - reconstruction: the output that is the image again, of one file; nil: the one with the image's extents.
  ///   - input: an image on the network's grid.
  /// - Throws: `.usage` where outputs are missing; `.badData` where decoder and encoder do not fit.
  public init(
    _ explainer: Explainer, decoder path: String?, reconstruction: String? = nil, input: Tensor
  ) throws(PellucidError) {
    let classifier = explainer.classifier
    (mean, logVariance) = try classifier.latentOutputs()
    let shape = input.shape
    func network(_ output: String) throws(PellucidError) -> Network {
      try classifier.network(
        classifier.model, output: output, called: "latent " + output, channels: shape[1], spatial: shape.spatial,
        answering: .values)
    }
    (means, variances) = (try network(mean), try network(logVariance))
    guard means.outputCount == variances.outputCount else {
      throw .latentCounts(classifier.model.path, means.outputCount, variances.outputCount)
    }
    if let path {
      decoder = try LatentDecoder(file: path, latent: means.outputShape, image: shape)
      (cut, notes) = (nil, [])
    } else {
      let output = try Self.reconstruction(
        reconstruction, classifier, apart: [mean, logVariance], image: shape, network)
      (decoder, cut) = try Self.decoder(classifier, output, mean, latent: means.outputShape, image: shape)
      notes =
        cut == mean
        ? []
        : [
          Note(
            what: "in the file, \(output) is made of \(cut ?? ""), not of the means \(mean)",
            how: "the decoder is given the means", weight: .told)
        ]
    }
  }

  /// The output that is the image again.
  private static func reconstruction(
    _ stated: String?, _ classifier: Classifier, apart: [String], image: Shape,
    _ network: (String) throws(PellucidError) -> Network
  ) throws(PellucidError) -> String {
    let names = classifier.model.graph.outputs.map(\.name)
    if let stated {
      guard names.contains(stated) else { throw .noReconstruction(stated, classifier.model.path, names) }
      return stated
    }
    for name in names where !apart.contains(name) {
      guard let found = try? network(name).outputShape, found.rank == 5,
        found.dimensions.dropFirst(2) == image.dimensions.dropFirst(2)
      else { continue }
      return name
    }
    throw .noReconstruction(nil, classifier.model.path, names)
  }

  /// The decoder behind the means, or behind the last tensor of their shape through which everything goes.
  private static func decoder(
    _ classifier: Classifier, _ output: String, _ mean: String, latent: Shape, image: Shape
  ) throws(PellucidError) -> (LatentDecoder, String) {
    let graph = classifier.model.graph
    let inputs = Dictionary(
      classifier.card.inputs.map { ($0.name, $0.values.map { Float($0) }) }, uniquingKeysWith: { $1 })
    let source = try classifier.model.imageInput().name
    let candidates = [mean] + graph.nodes.reversed().flatMap(\.outputs).filter { $0 != mean && !$0.isEmpty }
    for tensor in candidates where tensor != output && graph.separates(tensor, from: source, output) {
      if let found = try? LatentDecoder(
        classifier.model, cutAt: tensor, latent: latent, output: output, inputs: inputs, image: image),
        tensor == mean || found.isLatent(tensor, of: classifier, latent)
      {
        return (found, tensor)
      }
    }
    throw .noDecoder(classifier.model.path, output)
  }

  /// A scan's factors.
  /// - Parameter image: on the network's grid, [1, C, D, H, W].
  public func code(of image: Tensor) throws(PellucidError) -> Code {
    Code(means: try means.logits(image).values, logVariances: try variances.logits(image).values)
  }

  /// The image of factors, [1, C, D, H, W], in the network's units.
  public func image(of factors: [Float]) throws(PellucidError) -> Tensor { try decoder.image(of: factors) }

  /// What a factor changes of the image, per unit of it.
  public func derivative(at factors: [Float], along factor: Int) throws(PellucidError) -> Tensor {
    try decoder.derivative(at: factors, along: factor)
  }

  /// - Throws: `.usage` for a factor that is not there.
  public func check(_ factors: [Int]) throws(PellucidError) {
    for factor in factors where !(0..<count).contains(factor) { throw .noFactor(factor, count: count) }
  }
}

extension LatentDecoder {
  /// Whether a tensor of the whole model has the factors' shape.
  fileprivate func isLatent(_ tensor: String, of classifier: Classifier, _ latent: Shape) -> Bool {
    network.imported.value(named: tensor).map { network.imported.shape(of: $0) } == latent
  }
}

extension OnnxGraph {
  /// Whether every way from an input to an output leads through a tensor.
  fileprivate func separates(_ tensor: String, from source: String, _ output: String) -> Bool {
    var reached: Set<String> = [source]
    var passes = false
    for node in nodes where node.inputs.contains(where: reached.contains) {
      if node.outputs.contains(tensor) { passes = true }
      reached.formUnion(node.outputs.filter { $0 != tensor && !$0.isEmpty })
    }
    return passes && !reached.contains(output)
  }
}
