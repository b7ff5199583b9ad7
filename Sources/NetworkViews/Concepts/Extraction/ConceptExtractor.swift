public import PellucidStatistics

/// A model agnostic concept extractor (MACE): what stands in for the part of a network behind a layer, and answers by way of concepts.
///
///     m_ck = max(0, W·x + b)                     map generator: a convolution of one cell on the layer's values x
///     e_ck = h_c(m_ck) / ‖h_c(m_ck)‖             embeddings: dense layers of 128, 64 (rectified) and 32 (tanh) numbers, those of a class its own
///     r_c  = σ(b_c + Σ_k w_ck·e_ck)              relevance estimator, of which each concept's part is w_ck·e_ck
///     ŷ    = a(V·[r_c·e_ck] + d)                 output generator: the network's first row of numbers behind the layer
///
/// - Source: Kumar et al. 2020, arXiv:2011.01472, on three axes; activations and initial weights (Glorot's) are those of the authors' program.
public struct ConceptExtractor: Sendable {
  /// The extents of an extractor.
  public struct Form: Sendable, Hashable {
    /// Classes, and concepts of each.
    public let classes, concepts: Int
    /// The layer's channels, and its places.
    public let channels, places: Int
    /// Numbers of the row behind the layer.
    public let row: Int
    /// Whether they are never negative.
    public let isRectified: Bool
    /// Outputs of the three dense layers that make an embedding of a map.
    public let widths: [Int]

    /// The extents.
    public init(
      classes: Int, concepts: Int, channels: Int, places: Int, row: Int, isRectified: Bool,
      widths: [Int] = [128, 64, 32]
    ) {
      precondition(widths.count == 3, "an embedding is made by three layers")
      (self.classes, self.concepts, self.channels, self.places) = (classes, concepts, channels, places)
      (self.row, self.isRectified, self.widths) = (row, isRectified, widths)
    }

    /// Maps of all classes.
    public var maps: Int { classes * concepts }
    /// Numbers of an embedding.
    public var embedding: Int { widths[2] }
  }

  /// The extents.
  public let form: Form
  /// What the layer's values are divided by: the root mean square of them over the training scans.
  public let unit: Float
  /// The map generator.
  public package(set) var maps: PointConvolution
  /// The layers that make embeddings, of each class.
  public package(set) var embeddings: [[DenseLayer]]
  /// The relevance estimator of each class.
  public package(set) var relevances: [DenseLayer]
  /// The output generator.
  public package(set) var output: DenseLayer
  /// The maps as they usually are, in the mean over the training scans; class by class, concept by concept.
  public internal(set) var usual: [Double]

  /// An extractor that has learned nothing yet.
  public init(_ form: Form, unit: Float, seed: Int) {
    var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(seed)), stream: 0x6d616365)
    (self.form, self.unit) = (form, unit)
    usual = Array(repeating: 0, count: form.maps * form.places)
    maps = PointConvolution(
      inputs: form.channels, outputs: form.maps,
      weights: TrainedWeights(inputs: form.channels, outputs: form.maps, from: &numbers).values,
      bias: Array(repeating: 0, count: form.maps))
    embeddings = []
    relevances = []
    for _ in 0..<form.classes {
      var layers: [DenseLayer] = []
      var before = form.places
      for (place, width) in form.widths.enumerated() {
        layers.append(DenseLayer(inputs: before, outputs: width, place < 2 ? .rectified : .tanh, from: &numbers))
        before = width
      }
      embeddings.append(layers)
      relevances.append(
        DenseLayer(inputs: form.concepts * form.embedding, outputs: 1, .linear, from: &numbers))
    }
    output = DenseLayer(
      inputs: form.maps * form.embedding, outputs: form.row, form.isRectified ? .rectified : .linear, from: &numbers)
  }

  package init(
    _ form: Form, unit: Float, maps: PointConvolution, embeddings: [[DenseLayer]], relevances: [DenseLayer],
    output: DenseLayer
  ) {
    (self.form, self.unit, self.maps) = (form, unit, maps)
    (self.embeddings, self.relevances, self.output) = (embeddings, relevances, output)
    usual = Array(repeating: 0, count: form.maps * form.places)
  }

  /// The least length that an embedding is divided by.
  static let least = 1e-6

  /// What the extractor makes of some scans.
  /// - Parameter values: a layer's values of each, place after place, the channels of each together.
  public func pass(_ values: [[Float]]) -> ConceptPass {
    let (scans, form) = (values.count, form)
    let scaled = values.map { scan in scan.map { $0 / unit } }
    let made = scaled.map { maps.applied(to: $0) }
    let own = form.concepts * form.places
    var parts: [ConceptPass.Part] = []
    var weighted = [Double](repeating: 0, count: scans * form.maps * form.embedding)
    let width = form.concepts * form.embedding
    for place in 0..<form.classes {
      let inputs = made.flatMap { $0[(place * own)..<((place + 1) * own)] }
      var layers = [inputs]
      for layer in embeddings[place] { layers.append(layer.applied(to: layers[layers.count - 1])) }
      let (units, lengths) = Self.normalized(layers[3], form.embedding)
      let sums = relevances[place].applied(to: units)
      let part = ConceptPass.Part(
        layers: layers, lengths: lengths, embeddings: units, sums: sums, relevances: sums.map(logistic))
      for scan in 0..<scans {
        let (from, to) = (scan * width, (scan * form.classes + place) * width)
        for k in 0..<width { weighted[to + k] = part.relevances[scan] * units[from + k] }
      }
      parts.append(part)
    }
    return ConceptPass(
      values: scaled, maps: made, parts: parts, weighted: weighted, row: output.applied(to: weighted))
  }

  private static func normalized(_ rows: [Double], _ width: Int) -> (units: [Double], lengths: [Double]) {
    var (units, lengths) = (rows, [Double]())
    for from in stride(from: 0, to: rows.count, by: width) {
      var sum = 0.0
      for k in from..<(from + width) { sum += rows[k] * rows[k] }
      let length = max(sum.squareRoot(), least)
      for k in from..<(from + width) { units[k] /= length }
      lengths.append(length)
    }
    return (units, lengths)
  }

  /// Adds the slopes along all weights.
  ///
  /// - Parameters:
  ///   - row: dL/dŷ.
  ///   - sums: of each class dL/d(b + Σ w·e) of the relevance estimator itself.
  ///   - embeddings: of each class dL/de of the embeddings themselves.
  public mutating func takeBack(row: [Double], sums: [[Double]], embeddings slopes: [[Double]], of pass: ConceptPass) {
    let (scans, form) = (pass.values.count, form)
    let weighted = output.takeBack(row, of: pass.weighted, made: pass.row)
    let (width, own) = (form.concepts * form.embedding, form.concepts * form.places)
    var mapSlopes = [[Double]](repeating: [Double](repeating: 0, count: form.maps * form.places), count: scans)
    for place in 0..<form.classes {
      let part = pass.parts[place]
      var (arrived, sum) = (slopes[place], sums[place])
      for scan in 0..<scans {
        let (at, from) = (scan * width, (scan * form.classes + place) * width)
        let relevance = part.relevances[scan]
        var own = 0.0
        for k in 0..<width {
          arrived[at + k] += relevance * weighted[from + k]
          own += part.embeddings[at + k] * weighted[from + k]
        }
        sum[scan] += own * relevance * (1 - relevance)
      }
      let more = relevances[place].takeBack(sum, of: part.embeddings, made: part.sums)
      for k in arrived.indices { arrived[k] += more[k] }
      var back = Self.throughLength(arrived, part, form.embedding)
      for layer in (0..<3).reversed() {
        back = embeddings[place][layer].takeBack(back, of: part.layers[layer], made: part.layers[layer + 1])
      }
      for scan in 0..<scans {
        mapSlopes[scan].replaceSubrange(
          (place * own)..<((place + 1) * own), with: back[(scan * own)..<((scan + 1) * own)])
      }
    }
    for scan in 0..<scans { maps.takeBack(mapSlopes[scan], of: pass.values[scan], made: pass.maps[scan]) }
  }

  /// dL/dh of dL/de, e = h/‖h‖.
  static func throughLength(_ slopes: [Double], _ part: ConceptPass.Part, _ width: Int) -> [Double] {
    var back = slopes
    for (row, length) in part.lengths.enumerated() {
      let range = (row * width)..<((row + 1) * width)
      // Below the least length it is a constant that is divided by.
      let along = length > least ? range.reduce(0.0) { $0 + part.embeddings[$1] * slopes[$1] } : 0
      for k in range { back[k] = (slopes[k] - part.embeddings[k] * along) / length }
    }
    return back
  }

  /// A step of Adam along all slopes, which are then 0.
  public mutating func step(_ count: Int, rate: Double) {
    maps.step(count, rate: rate)
    for place in 0..<form.classes {
      for layer in 0..<3 { embeddings[place][layer].step(count, rate: rate) }
      relevances[place].step(count, rate: rate)
    }
    output.step(count, rate: rate)
  }
}

/// What an extractor made of some scans.
public struct ConceptPass: Sendable {
  /// What belongs to a class; rows are scan by scan, concept by concept.
  struct Part: Sendable {
    /// The maps, and what each of the three layers made of them.
    let layers: [[Double]]
    /// The lengths of the embeddings before they were divided by them.
    let lengths: [Double]
    /// The embeddings.
    let embeddings: [Double]
    /// Of each scan the sum that the relevance is the logistic function of.
    let sums: [Double]
    /// Of each scan the class's relevance.
    let relevances: [Double]
  }

  /// The layer's values of each scan in units of the extractor.
  let values: [[Float]]
  /// The maps of each scan, class by class, concept by concept.
  public let maps: [[Double]]
  let parts: [Part]
  let weighted: [Double]
  /// The rows ŷ, one after the other.
  public let row: [Double]

  /// Of each scan and class the relevance, 0…1.
  public var relevances: [[Double]] {
    values.indices.map { scan in parts.map { $0.relevances[scan] } }
  }
}
