public import PellucidAttribution
internal import PellucidEvaluation
public import PellucidExplaining
public import PellucidFaithfulness
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes

/// What happens to answers and maps when scans are disturbed, by accident or on purpose.
public struct RobustnessStudy: Sendable {
  /// What is tried.
  public struct Options: Sendable {
    /// Accidents.
    public var disturbances = Disturbance.allCases
    /// Attacks.
    public var attacks = AdversarialImage.Attack.allCases
    /// Seeds of random disturbances, and noises of the map's stability.
    public var samples = 3
    /// Start of the random numbers.
    public var seed = 0
    /// The scale of the score.
    public var score = ScoreKind.probability

    /// The defaults.
    public init() {}
  }

  /// What a disturbance did.
  public struct Row: Sendable {
    /// The scan as it was named.
    public var image: String
    /// The method as it was named.
    public var method: String
    /// What is explained.
    public var target: String
    /// The disturbance.
    public var disturbance: String
    /// How strong it was, in its own unit; of a flip the smallest ε, nil where none flips.
    public var strength: Double?
    /// The class that the network answers.
    public var predicted: String?
    /// f of the disturbed scan, over the seeds.
    public var score: Double?
    /// Spearman's correlation of |R| with the map of the scan itself; moved maps are moved back first.
    public var spearman: Double?
    /// ‖R′ − R‖₂ / ‖R‖₂; of `lipschitz`, `ris` and `ros` the ratio.
    public var distance: Double?
    /// Standard deviation of the score over the seeds, with n − 1.
    public var deviation: Double?
    /// Seeds.
    public var count: Int
  }

  /// What is known after a study.
  public struct Results: Sendable {
    /// Scan by scan, method by method.
    public var rows: [Row] = []
    /// The smallest changes that flip the answer, on the model's grid in the input's units.
    public var flips: [(name: String, image: Volume)] = []
    /// What was decided on the way.
    public var notes: [Note] = []
  }

  /// Explains; its options say target and scale.
  public let explainer: Explainer
  /// The scans.
  public let scans: [ScanReference]
  /// The methods.
  public let variants: [MethodVariant]
  /// What is tried.
  public let options: Options

  /// A study.
  public init(_ explainer: Explainer, scans: [ScanReference], variants: [MethodVariant], options: Options = Options()) {
    (self.explainer, self.scans, self.variants, self.options) = (explainer, scans, variants, options)
  }

  /// Disturbs every scan, so many at once.
  public func run(
    jobs: StudyJobs = StudyJobs(), progress: @Sendable (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    let parts = try scans.run(jobs, for: explainer) { (number, scan) throws(PellucidError) in
      let reference = scans[number]
      let subject = try explainer.prepare(scan)
      var results = Results(notes: subject.notes.map { $0.of(reference.text) })
      let question = try explainer.question(for: subject)
      let own = Disturbed(subject, question, explainer, options)
      var maps: [TestedMap] = []
      for variant in variants {
        maps.append(try own.map(of: subject.prepared.input, by: variant, progress("\(reference.stem) \(variant.name)")))
      }
      for disturbance in options.disturbances {
        for strength in disturbance.strengths {
          let title = "\(reference.stem) \(disturbance.rawValue) \(strength)"
          results.rows += try accident(disturbance, strength, scan, own, maps) { progress("\(title) \($0)") }
        }
      }
      try attack(own, maps, reference, into: &results) { progress("\(reference.stem) \($0)") }
      for (variant, map) in zip(variants, maps) {
        results.rows += try stability(
          own, variant, map, reference, progress("\(reference.stem) stability \(variant.name)"))
      }
      return results
    }
    return Results(rows: parts.flatMap(\.rows), flips: parts.flatMap(\.flips), notes: parts.flatMap(\.notes))
  }

  // MARK: Accidents

  private func accident(
    _ disturbance: Disturbance, _ strength: Double, _ scan: Scan, _ own: Disturbed, _ maps: [TestedMap],
    _ progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> [Row] {
    var scores: [Double] = []
    var predicted: [String] = []
    var likeness = Array(repeating: [(spearman: Double?, distance: Double?)](), count: maps.count)
    for seed in 0..<(disturbance.isRandom ? options.samples : 1) {
      let volumes = scan.volumes.map {
        disturbance.applied(to: $0, strength, seed: options.seed &* 1000 &+ seed)
      }
      let other = try explainer.prepare(Scan(scan.reference, volumes: volumes))
      scores.append(try own.score(of: other.prepared.input))
      if let name = try own.predicted(other.prepared.input) { predicted.append(name) }
      let motion = disturbance.motion(strength, of: scan.anatomy)
      for (place, variant) in variants.enumerated() {
        let map = try own.map(of: other.prepared.input, by: variant, progress(variant.name))
        let back = motion.map { own.moved(map, by: $0) } ?? map
        likeness[place].append(Self.likeness(maps[place], back))
      }
    }
    let spread = Spread(scores)
    return variants.indices.map { place in
      Row(
        image: scan.reference.text, method: variants[place].name, target: own.question.target.name,
        disturbance: disturbance.rawValue, strength: strength, predicted: Self.most(predicted), score: spread.mean,
        spearman: Spread(likeness[place].map(\.spearman)).mean, distance: Spread(likeness[place].map(\.distance)).mean,
        deviation: spread.sampleDeviation, count: scores.count)
    }
  }

  private static func most(_ names: [String]) -> String? {
    names.max { a, b in names.count { $0 == a } < names.count { $0 == b } }
  }

  static func likeness(_ map: TestedMap, _ other: TestedMap) -> (spearman: Double?, distance: Double?) {
    let spatial = [1, 1, map.values.count]
    let ranked = RankedMap(map.values, spatial: spatial)
    var (size, change) = (0.0, 0.0)
    for (one, two) in zip(map.values, other.values) {
      size += Double(one) * Double(one)
      change += (Double(two) - Double(one)) * (Double(two) - Double(one))
    }
    return (
      ranked.spearman(with: RankedMap(other.values, spatial: spatial)), size > 0 ? (change / size).squareRoot() : nil
    )
  }

  // MARK: Attacks

  private func attack(
    _ own: Disturbed, _ maps: [TestedMap], _ reference: ScanReference, into results: inout Results,
    _ progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) {
    guard !options.attacks.isEmpty else { return }
    let input = own.subject.prepared.input
    let adversary = try AdversarialImage(own.logit, image: input)
    if adversary.isFlat {
      results.notes.append(
        Note(what: "the score has no gradient at the scan", how: "it is not attacked", weight: .warning).of(
          reference.text))
      return
    }
    let range = Double(input.range.upperBound - input.range.lowerBound)
    let before = try own.predicted(input)
    for attack in options.attacks {
      let unit = attack == .pgdEuclid ? adversary.voxelsRoot : 1
      for part in [0.001, 0.005, 0.02] {
        let bound = part * range * unit
        let image = try adversary.image(under: attack, bound: bound)
        results.rows += try rows(own, maps, reference, attack.rawValue, bound, image, progress)
      }
      guard before != nil else { continue }
      let flip = try adversary.smallest(attack, most: 0.25 * range * unit) { (image) throws(PellucidError) in
        try own.predicted(image) != before
      }
      guard let flip else {
        results.rows += variants.map { variant in
          Row(
            image: reference.text, method: variant.name, target: own.question.target.name,
            disturbance: attack.rawValue + "-flip", count: 1)
        }
        continue
      }
      results.rows += try rows(own, maps, reference, attack.rawValue + "-flip", flip.bound, flip.image, progress)
      results.flips.append(
        (
          "\(reference.stem)_\(attack.rawValue)",
          own.subject.prepared.path.back(flip.image, extensive: false, onModelGrid: true)
        ))
    }
  }

  private func rows(
    _ own: Disturbed, _ maps: [TestedMap], _ reference: ScanReference, _ name: String, _ strength: Double,
    _ image: Tensor, _ progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> [Row] {
    let (score, predicted) = (try own.score(of: image), try own.predicted(image))
    var rows: [Row] = []
    for (variant, map) in zip(variants, maps) {
      let likeness = Self.likeness(map, try own.map(of: image, by: variant, progress("\(name) \(variant.name)")))
      rows.append(
        Row(
          image: reference.text, method: variant.name, target: own.question.target.name, disturbance: name,
          strength: strength, predicted: predicted, score: score, spearman: likeness.spearman,
          distance: likeness.distance, count: 1))
    }
    return rows
  }

  // MARK: Stability

  /// Local Lipschitz estimate, relative input and relative output stability: the largest ratios over noises of 1 % of the range, of both
  /// signs, inside the head.
  ///
  ///     lipschitz  ‖R(x′) − R(x)‖ / ‖x′ − x‖
  ///     ris        ‖(R(x′) − R(x)) / R(x)‖ / ‖(x′ − x) / x‖     voxels of the head in which R(x) and x are not 0
  ///     ros        ‖(R(x′) − R(x)) / R(x)‖ / ‖h(x′) − h(x)‖     h: the logits
  ///
  /// - Source: Alvarez-Melis & Jaakkola 2018, arXiv:1806.08049; Agarwal et al. 2022, arXiv:2203.06877.
  private func stability(
    _ own: Disturbed, _ variant: MethodVariant, _ map: TestedMap, _ reference: ScanReference,
    _ progress: any ProgressObserver
  ) throws(PellucidError) -> [Row] {
    let input = own.subject.prepared.input.ordered(.rowMajor)
    let (x, count) = (input.values, input.shape.voxels)
    let background = try explainer.subject(of: own.subject).background
    let radius = 0.01 * Double(input.range.upperBound - input.range.lowerBound)
    var (lipschitz, ris, ros): ([Double], [Double], [Double]) = ([], [], [])
    let before = try own.question.network.logits(input).values
    for sample in 0..<options.samples {
      var numbers = UniformNumbers(seed: options.seed &* 1000 &+ sample)
      let noise = x.map { $0 == background ? 0 : Float(radius * (2 * numbers.next() - 1)) }
      let image = input.combined(.add, with: Tensor(noise, shape: input.shape, order: .rowMajor))
      let other = try own.map(of: image, by: variant, progress)
      var (change, step, relative, share) = (0.0, 0.0, 0.0, 0.0)
      for voxel in 0..<count {
        let difference = Double(other.values[voxel]) - Double(map.values[voxel])
        change += difference * difference
        step += Double(noise[voxel]) * Double(noise[voxel])
        guard x[voxel] != background, x[voxel] != 0, map.values[voxel] != 0 else { continue }
        let (part, moved) = (difference / Double(map.values[voxel]), Double(noise[voxel]) / Double(x[voxel]))
        relative += part * part
        share += moved * moved
      }
      let after = try own.question.network.logits(image).values
      let logits = zip(before, after).reduce(0.0) { $0 + Double($1.1 - $1.0) * Double($1.1 - $1.0) }.squareRoot()
      if step > 0 { lipschitz.append((change / step).squareRoot()) }
      if share > 0 { ris.append((relative / share).squareRoot()) }
      if logits > 0 { ros.append(relative.squareRoot() / logits) }
    }
    return [("lipschitz", lipschitz), ("ris", ris), ("ros", ros)].map { name, ratios in
      Row(
        image: reference.text, method: variant.name, target: own.question.target.name, disturbance: name,
        strength: radius, distance: ratios.max(), deviation: Spread(ratios).sampleDeviation, count: ratios.count)
    }
  }
}

/// A scan, what is asked of it, and the answers for other inputs of the same grid.
private struct Disturbed {
  let subject: Explainer.Case
  let question: Question
  let explainer: Explainer
  private let scored: ScoreFunction

  init(_ subject: Explainer.Case, _ question: Question, _ explainer: Explainer, _ options: RobustnessStudy.Options) {
    (self.subject, self.question, self.explainer) = (subject, question, explainer)
    scored = explainer.score(of: question, on: options.score)
  }

  var logit: ScoreFunction { explainer.score(of: question, on: .logit) }

  func score(of image: Tensor) throws(PellucidError) -> Double { try scored.scores(ofImages: image)[0] }

  /// The class that is answered; nil for a single value.
  func predicted(_ image: Tensor) throws(PellucidError) -> String? {
    let classes = question.classes
    return classes.predicted(from: try question.network.logits(image).values).map(classes.name(of:))
  }

  func map(
    of image: Tensor, by variant: MethodVariant, _ progress: any ProgressObserver
  ) throws(PellucidError) -> TestedMap {
    let method = try variant.make()
    let found = try explainer.relevance(of: subject, question, by: method, image: image, progress: progress)
    return TestedMap(variant.name, found.map.map, from: .file)
  }

  /// A map whose value at p is the map's at `motion`(p).
  func moved(_ map: TestedMap, by motion: Affine) -> TestedMap {
    let path = subject.prepared.path
    let volume = path.back(map.map, extensive: false, channels: .sum, onModelGrid: true)
    let back = volume.resampled(onto: volume.shape, affine: motion.composed(with: volume.affine))
    return TestedMap(map.name, path.tensor(of: back), from: .file)
  }
}
