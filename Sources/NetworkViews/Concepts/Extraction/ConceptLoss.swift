package import PellucidAttribution
internal import PellucidNetworks
internal import PellucidStatistics

/// What an extractor is trained to lower, in the mean over scans.
///
///     mean (ŷ − y)²  +  H(p, q)  +  H(p, r)  +  0.1 · Σ_c mean_k max(0, d⁺ − d⁻ + 1)
///
/// p are the network's probabilities, ŷ is the row made of concepts, y the network's own, q the probabilities that the network's end answers
/// to ŷ, r the classes' relevances. H is the binary cross-entropy, in the mean over classes. d⁺ is the mean squared distance of an embedding to those of the same concept in
/// the other scans, d⁻ the smallest to another concept of the class in the same scan that lies beyond d⁺ (4 where there is none).
/// - Source: Kumar et al. 2020, arXiv:2011.01472, and the authors' program.
public struct ConceptLoss: Sendable, Hashable {
  /// (ŷ − y)².
  public var row = 0.0
  /// H(p, q).
  public var answer = 0.0
  /// H(p, r).
  public var relevance = 0.0
  /// The triplet loss, Σ over classes, not yet × 0.1.
  public var triplet = 0.0

  /// All of it.
  public var total: Double { row + answer + relevance + 0.1 * triplet }

  /// A weighted sum.
  static func + (a: ConceptLoss, b: (ConceptLoss, weight: Double)) -> ConceptLoss {
    ConceptLoss(
      row: a.row + b.weight * b.0.row, answer: a.answer + b.weight * b.0.answer,
      relevance: a.relevance + b.weight * b.0.relevance, triplet: a.triplet + b.weight * b.0.triplet)
  }

  /// The least distance of a probability from 0 and 1, and the distance that no two embeddings reach.
  static let least = 1e-7
  static let farthest = 4 + 1e-6
}

extension ConceptLoss {
  /// What the network itself makes of some scans.
  package struct Wanted {
    /// y, one after the other.
    let rows: [Double]
    /// p of each class, scan after scan.
    let probabilities: [Double]

    package init(rows: [Double], probabilities: [Double]) { (self.rows, self.probabilities) = (rows, probabilities) }
  }

  /// Slopes of the loss along what an extractor makes.
  package struct Slopes {
    package let row: [Double]
    /// Of each class.
    package let sums, embeddings: [[Double]]
  }

  /// The loss of a pass, and its slopes.
  /// - Parameter answer: brings dL/d(logits) at the logits of ŷ back to ŷ.
  package static func slopes<Failure>(
    of pass: ConceptPass, in form: ConceptExtractor.Form, wanted: Wanted, classes: Classes,
    answer: ([Double], ([Double]) -> [Double]) throws(Failure) -> [Double]
  ) throws(Failure) -> (loss: ConceptLoss, slopes: Slopes) {
    let (scans, kinds) = (pass.values.count, form.classes)
    var loss = ConceptLoss()
    var row = [Double](repeating: 0, count: pass.row.count)
    for k in row.indices {
      let difference = pass.row[k] - wanted.rows[k]
      loss.row += difference * difference / Double(row.count)
      row[k] = 2 * difference / Double(row.count)
    }
    let behind = try answer(pass.row) { logits in
      let outputs = logits.count / scans
      var slopes: [Double] = []
      for scan in 0..<scans {
        let own = logits[(scan * outputs)..<((scan + 1) * outputs)].map { $0 }
        let p = wanted.probabilities[(scan * kinds)..<((scan + 1) * kinds)].map { $0 }
        let (entropy, back) = crossEntropy(own, p, classes)
        loss.answer += entropy / Double(scans)
        slopes += back.map { $0 / Double(scans) }
      }
      return slopes
    }
    for k in row.indices { row[k] += behind[k] }
    var (sums, embeddings) = ([[Double]](), [[Double]]())
    for (place, part) in pass.parts.enumerated() {
      var sum = [Double](repeating: 0, count: scans)
      for scan in 0..<scans {
        let (p, r) = (wanted.probabilities[scan * kinds + place], clipped(part.relevances[scan]))
        loss.relevance += entropy(p, r.value) / Double(scans * kinds)
        // dH/dr · r(1 − r)
        sum[scan] = r.isFree ? (r.value - p) / Double(scans * kinds) : 0
      }
      sums.append(sum)
      let (triplet, slopes) = triplet(part.embeddings, scans: scans, concepts: form.concepts, width: form.embedding)
      loss.triplet += triplet
      embeddings.append(slopes.map { 0.1 * $0 })
    }
    return (loss, Slopes(row: row, sums: sums, embeddings: embeddings))
  }

  private static func clipped(_ q: Double) -> (value: Double, isFree: Bool) {
    (min(max(q, least), 1 - least), q >= least && q <= 1 - least)
  }

  private static func entropy(_ p: Double, _ q: Double) -> Double { -(p * logarithm(q) + (1 - p) * logarithm(1 - q)) }

  /// The probabilities of logits.
  static func probabilities(_ logits: [Double], _ classes: Classes) -> [Double] {
    let scores = classes.isOneLogitForTwo ? [-logits[0], logits[0]] : logits
    guard classes.activation == .softmax else { return scores.map(logistic) }
    let largest = logits.max() ?? 0
    let powers = logits.map { exponential($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// H(p, q) in the mean over classes, and its slopes along the logits.
  private static func crossEntropy(
    _ logits: [Double], _ p: [Double], _ classes: Classes
  ) -> (value: Double, slopes: [Double]) {
    let q = probabilities(logits, classes)
    let count = Double(p.count)
    var value = 0.0
    var along: [Double] = []
    for (p, q) in zip(p, q) {
      let q = clipped(q)
      value += entropy(p, q.value) / count
      along.append(q.isFree ? (q.value - p) / (q.value * (1 - q.value)) / count : 0)
    }
    if classes.activation == .softmax {
      let mean = zip(along, q).reduce(0) { $0 + $1.0 * $1.1 }
      return (value, zip(along, q).map { $1 * ($0 - mean) })
    }
    let slopes = zip(along, q).map { $0 * $1 * (1 - $1) }
    return (value, classes.isOneLogitForTwo ? [slopes[1] - slopes[0]] : slopes)
  }

  /// The triplet loss of a class's embeddings, rows scan by scan, concept by concept, and its slopes along them.
  static func triplet(
    _ rows: [Double], scans: Int, concepts: Int, width: Int
  ) -> (value: Double, slopes: [Double]) {
    var (value, slopes) = (0.0, [Double](repeating: 0, count: rows.count))
    let share = 1 / Double(scans * concepts)
    func place(_ scan: Int, _ concept: Int) -> Int { (scan * concepts + concept) * width }
    func distance(_ a: Int, _ b: Int) -> Double {
      var sum = 0.0
      for k in 0..<width { sum += (rows[a + k] - rows[b + k]) * (rows[a + k] - rows[b + k]) }
      return sum
    }
    func add(_ factor: Double, _ a: Int, _ b: Int) {
      for k in 0..<width {
        let step = 2 * factor * (rows[a + k] - rows[b + k])
        slopes[a + k] += step
        slopes[b + k] -= step
      }
    }
    for concept in 0..<concepts {
      for scan in 0..<scans {
        let own = place(scan, concept)
        let positive = (0..<scans).reduce(0.0) { $0 + distance(own, place($1, concept)) } / Double(scans)
        var (negative, nearest) = (farthest, Int?.none)
        for other in 0..<concepts {
          let found = distance(own, place(scan, other))
          if found > positive, found < negative { (negative, nearest) = (found, place(scan, other)) }
        }
        let hinge = positive - negative + 1
        guard hinge > 0 else { continue }
        value += share * hinge
        for other in 0..<scans { add(share / Double(scans), own, place(other, concept)) }
        if let nearest { add(-share, own, nearest) }
      }
    }
    return (value, slopes)
  }
}
