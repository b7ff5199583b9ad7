public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidStatistics
internal import PellucidTensors
public import PellucidVolumes

/// A scan through a VAE: what is left of it, and what its factors draw.
public struct LatentScan: Sendable {
  /// The autoencoder.
  public let model: LatentModel
  /// The scan's factors.
  public let code: LatentModel.Code
  /// The scan as it was read.
  public let anatomy: Volume
  /// The scan on the network's grid, in its units, on the scan's grid again.
  public let input: Volume
  /// The decoder's image of the means, on the scan's grid.
  public let reconstruction: Volume
  /// The reconstruction less the input, on the scan's grid.
  public let error: Volume
  /// ‖x̂ − x‖²/‖x − mean(x)‖² on the network's grid: 0 for the same image, 1 for one that is the mean everywhere.
  public let relativeError: Double
  /// Pearson's correlation of the two there.
  public let correlation: Double
  /// What was mended on the way.
  public let notes: [Note]
  private let path: GridPath

  /// Encodes and decodes a scan.
  ///
  /// - Parameters:
  ///   - decoder: the decoder's file; nil: the encoder's holds it.
  ///   - reconstruction: the output that is the image again; nil: found by its extents.
  public init(
    _ reference: ScanReference, by explainer: Explainer, decoder: String?, reconstruction output: String? = nil
  ) throws(PellucidError) {
    let scan = try explainer.read(reference)
    let prepared = try explainer.prepared(scan)
    model = try LatentModel(explainer, decoder: decoder, reconstruction: output, input: prepared.input)
    path = prepared.path
    anatomy = scan.anatomy
    code = try model.code(of: prepared.input)
    let image = try model.image(of: code.means)
    let x = prepared.input
    guard image.shape == x.shape else {
      throw .decoderImage("image", image.shape.description, encoder: x.shape.description)
    }
    let difference = image.ordered(x.order).combined(.subtract, with: x)
    func back(_ tensor: Tensor) -> Volume { prepared.path.back(tensor, extensive: false) }
    (input, reconstruction, error) = (back(x), back(image), back(difference))
    let mean = x.sum / Double(x.count)
    let centred = x.combined(.subtract, with: Tensor(repeating: Float(mean), shape: Shape([1, 1, 1, 1, 1])))
    func product(_ a: Tensor, _ b: Tensor) -> Double { a.combined(.multiply, with: b).sum }
    let whole = product(centred, centred)
    relativeError = whole > 0 ? product(difference, difference) / whole : 0
    let other = image.ordered(x.order)
    let otherMean = Float(other.sum / Double(other.count))
    let others = other.combined(.subtract, with: Tensor(repeating: otherMean, shape: Shape([1, 1, 1, 1, 1])))
    let size = (whole * product(others, others)).squareRoot()
    correlation = size > 0 ? product(centred, others) / size : 0
    notes = scan.volumes.flatMap(\.notes) + prepared.notes + model.notes
  }

  /// The factors that say most of the scan, by their divergence from the standard normal, most first.
  public func strongest(_ count: Int) -> [Int] {
    let divergences = code.divergences
    return Array(divergences.indices.sorted { (-divergences[$0], $0) < (-divergences[$1], $1) }.prefix(count))
  }

  /// Images with a factor at each of some values, all others at their means; a volume a value, on the network's grid in the world.
  public func traversal(of factor: Int, at values: [Double]) throws(PellucidError) -> Volume {
    var volumes: [Volume] = []
    for value in values {
      var factors = code.means
      factors[factor] = Float(value)
      volumes.append(onModelGrid(try model.image(of: factors)))
    }
    return Volume.joined(volumes) ?? reconstruction
  }

  /// What a factor changes, per unit of it, at the scan's means; on the scan's grid.
  public func change(by factor: Int) throws(PellucidError) -> Volume {
    path.back(try model.derivative(at: code.means, along: factor), extensive: false)
  }

  /// Images of factors drawn from the standard normal, a volume each, on the network's grid in the world.
  public func samples(_ count: Int, seed: Int) throws(PellucidError) -> Volume {
    var volumes: [Volume] = []
    for place in 0..<count {
      var numbers = NormalNumbers(seed: seed, stream: place)
      volumes.append(onModelGrid(try model.image(of: (0..<model.count).map { _ in Float(numbers.next()) })))
    }
    return Volume.joined(volumes) ?? reconstruction
  }

  /// The image of factors on the network's grid in the world.
  public func image(of factors: [Float]) throws(PellucidError) -> Volume { onModelGrid(try model.image(of: factors)) }

  private func onModelGrid(_ tensor: Tensor) -> Volume {
    path.back(tensor, extensive: false, channels: .sum, onModelGrid: true)
  }
}

/// Independent standard normal numbers that are the same for a seed and a stream everywhere.
struct NormalNumbers {
  private var numbers: RandomNumbers

  init(seed: Int, stream: Int) {
    numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(seed)), stream: UInt64(stream))
  }

  /// The next one, by Box & Muller.
  mutating func next() -> Double {
    let (u, v) = (Double(numbers.next() >> 11) + 1, Double(numbers.next() >> 11))
    return (-2 * logarithm(u / 0x1p53)).squareRoot()
      * cosine(2 * .pi * v / 0x1p53)
  }
}
