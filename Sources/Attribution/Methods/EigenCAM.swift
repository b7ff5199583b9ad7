public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer along the direction in which they vary most; the score has no part in it.
///
///     R = ReLU( ±X·v )        X: the activations, voxels × channels, less each channel's mean; v: the first principal component
///
/// The sign, which a principal component leaves open, is the one whose largest magnitude is positive. It tells what the layer sees, not
/// what speaks for a class: the same map comes out for every target.
/// - Source: Muhammad & Yeasin 2020, arXiv:2008.00299; centred as pytorch-grad-cam does; sign as Chung & Ying 2025, doi:10.3390/app15137562.
/// - Complexity: one forward pass.
public struct EigenCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension EigenCAM: LayeredCAM {
  public static let name = "eigen-cam"
  public static let summary = "a layer's first principal component: what it sees, whatever the class"
  public static let paper = "Muhammad & Yeasin 2020, arXiv:2008.00299"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let (exposed, values, activations) = try layers.activations(of: subject, to: score, for: Self.name)
    let cells = activations.map { activation in
      let centred = activation.combined(.subtract, with: activation.meanOverVoxels)
      let component = PrincipalComponent.first(of: centred.channelProducts.values, count: activation.shape[1])
      let direction = Tensor(component, shape: Shape([1, component.count, 1, 1, 1])).ordered(.channelsLast)
      let projection = centred.combined(.multiply, with: direction).sumOverChannels
      let range = projection.range
      return -range.lowerBound > range.upperBound ? projection.scaled(by: -1) : projection
    }
    return layers.assembled(cells, of: values, activations, in: exposed.network, subject)
  }
}

/// The eigenvector of a symmetric matrix's largest eigenvalue.
enum PrincipalComponent {
  /// By the power method in double, begun at the largest column, until it stands still to 1e-10 or for 10,000 rounds.
  /// - Parameter matrix: row-major, `count` × `count`, without negative eigenvalues.
  /// - Returns: a vector of length 1; of zeros for a matrix of zeros.
  static func first(of matrix: [Float], count: Int) -> [Float] {
    let a = matrix.map(Double.init)
    let largest = (0..<count).max { a[$0 * count + $0] < a[$1 * count + $1] } ?? 0
    var v = Array(a[(largest * count)..<((largest + 1) * count)])
    guard normalize(&v) else { return v.map { Float($0) } }
    for _ in 0..<10_000 {
      var next = (0..<count).map { row in
        var sum = 0.0
        for column in 0..<count { sum += a[row * count + column] * v[column] }
        return sum
      }
      guard normalize(&next) else { break }
      let change = zip(v, next).reduce(0) { max($0, abs($1.0 - $1.1)) }
      v = next
      if change < 1e-10 { break }
    }
    return v.map { Float($0) }
  }

  private static func normalize(_ v: inout [Double]) -> Bool {
    let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm > 0 else { return false }
    for n in v.indices { v[n] /= norm }
    return true
  }
}
