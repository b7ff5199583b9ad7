public import PellucidAttribution
internal import PellucidEvaluation
public import PellucidExplaining
public import PellucidFaithfulness
public import PellucidFaults
internal import PellucidPreprocessing
internal import PellucidResults
internal import PellucidTensors
public import PellucidVolumes

/// Whether maps follow the network's weights: they are compared with the maps of copies whose weights are permuted, layer by layer.
///
/// - Source: Adebayo et al. 2018, arXiv:1810.03292; the smooth variant Hedström et al. 2024, arXiv:2401.06465.
public struct RandomizationStudy: Sendable {
  /// In which order layers lose their weights.
  public enum Order: String, Sendable, CaseIterable {
    /// From the output down, each step keeping those before.
    case cascade
    /// Each layer alone.
    case independent
    /// From the input up, each step keeping those before.
    case bottomUp = "bottom-up"
  }

  /// How it is done.
  public struct Options: Sendable {
    /// In which order.
    public var order = Order.cascade
    /// Maps are means over so many noisy copies of the scan (sd 0.1 of its range); 1: the scan itself.
    public var samples = 1
    /// Only the last step of the order, all weights permuted at once.
    public var isEfficient = false
    /// Start of the permutations and the noise.
    public var seed = 0
    /// The scale of the score that is told.
    public var score = ScoreKind.probability

    /// The defaults.
    public init() {}
  }

  /// What comes out for a method.
  public enum Verdict: String, Sendable {
    /// The map changes with the weights.
    case follows = "follows the weights"
    /// It stays.
    case ignores = "does not follow the weights"
    /// The network no longer depends on the scan, or the method's maps are not alike even for a hardly changed scan.
    case open = "cannot be told"
  }

  /// A comparison.
  public struct Row: Sendable {
    /// The scan as it was named.
    public var image: String
    /// The method as it was named.
    public var method: String
    /// What is explained.
    public var target: String
    /// The order, or `random-logit`: the map of another class.
    public var order: String
    /// The layer that lost its weights last; `none`: a hardly changed scan; of `random-logit` the other class.
    public var layer: String
    /// Its place counted from the output, 1 the last; 0: none.
    public var depth: Int
    /// How alike the maps are; nil where the network no longer depends on the scan.
    public var similarity: MapSimilarity?
    /// f of the changed network less f of the network.
    public var scoreChange: Double
    /// What comes out for the method on this scan.
    public var verdict = Verdict.open
    /// Spearman's correlation of |R| over the head alone, where the network's input is not the background, and of maps of regions over the regions in
    /// it; the verdict's.
    public var inHead: Double?
    /// How much the entropy of |R| grows, as a part of what it was.
    public var complexityRise: Double?
  }

  /// What is known after a study.
  public struct Results: Sendable {
    /// Scan by scan, method by method.
    public var rows: [Row] = []
    /// What was decided on the way.
    public var notes: [Note] = []
  }

  /// Explains; its options say target and scale.
  public let explainer: Explainer
  /// The scans.
  public let scans: [ScanReference]
  /// The methods.
  public let variants: [MethodVariant]
  /// How it is done.
  public let options: Options

  /// A study.
  public init(_ explainer: Explainer, scans: [ScanReference], variants: [MethodVariant], options: Options = Options()) {
    (self.explainer, self.scans, self.variants, self.options) = (explainer, scans, variants, options)
  }

  /// The layers with weights, from the output to the input.
  public var layers: [WeightedLayer] { explainer.classifier.model.weightedLayers.reversed() }

  /// The steps: what has lost its weights, and what is named for it.
  private var steps: [(layers: [WeightedLayer], name: String, depth: Int)] {
    let layers = layers
    let all: [(layers: [WeightedLayer], name: String, depth: Int)] = layers.indices.map { place in
      switch options.order {
      case .cascade: (Array(layers[...place]), layers[place].name, place + 1)
      case .independent: ([layers[place]], layers[place].name, place + 1)
      case .bottomUp:
        (Array(layers[(layers.count - 1 - place)...]), layers[layers.count - 1 - place].name, layers.count - place)
      }
    }
    return options.isEfficient ? [(layers, "all", layers.count)] : all
  }

  /// Compares all methods on all scans.
  /// - Parameters:
  ///   - jobs: how many scans at once.
  ///   - told: how often each method is asked for a map, before it is.
  ///   - progress: told before each map what it is; returns who hears of its progress.
  public func run(
    jobs: StudyJobs = StudyJobs(), told: (_ maps: Int, _ layers: Int) -> Void,
    progress: @Sendable (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    guard !layers.isEmpty else { throw .noWeights(explainer.modelRecord.file) }
    let steps = steps
    told((steps.count + 3) * options.samples, layers.count)
    let parts = try scans.run(jobs, for: explainer) { (number, scan) throws(PellucidError) in
      let reference = scans[number]
      let first = try explainer.prepare(scan)
      var results = Results(notes: first.notes.map { $0.of(reference.text) })
      let question = try explainer.question(for: first)
      let untouched = try Side(explainer.asking(explainer.options.target ?? question.target.name), scan, options)
      if untouched.isDead {
        results.notes.append(
          Note(
            what: "\(reference.text): the score of \(untouched.target) is that of an empty image",
            how: "the network does not depend on the scan, and nothing can be told of any method", weight: .warning))
      }
      var rows: [[Row]] = []
      var originals: [SeenMap] = []
      for variant in variants {
        let title = "\(reference.stem) \(variant.name)"
        let own = try untouched.map(by: variant, options, progress: progress(title))
        originals.append(own)
        let again = try untouched.map(by: variant, options, isAgain: true, progress: progress(title + " again"))
        var row = Row(
          image: reference.text, method: variant.name, target: question.target.name, order: options.order.rawValue,
          layer: "none", depth: 0, similarity: MapSimilarity(own.whole, again.whole), scoreChange: 0)
        row.inHead = own.head.spearman(with: again.head)
        row.complexityRise = rise(from: own, to: again)
        rows.append([row])
      }
      for step in steps {
        let changed = try Side(
          explainer.asking(untouched.target).randomizing(step.layers, seed: options.seed), scan, options)
        for (place, variant) in variants.enumerated() {
          let title = "\(reference.stem) \(step.name) \(variant.name)"
          let map = try changed.map(by: variant, options, progress: progress(title))
          var row = rows[place][0]
          (row.layer, row.depth) = (step.name, step.depth)
          let isDead = changed.isDead || map.whole.isZero
          row.similarity = isDead ? nil : MapSimilarity(originals[place].whole, map.whole)
          row.inHead = isDead ? nil : originals[place].head.spearman(with: map.head)
          row.complexityRise = isDead ? nil : rise(from: originals[place], to: map)
          row.scoreChange = changed.value - untouched.value
          rows[place].append(row)
        }
      }
      for (place, variant) in variants.enumerated() {
        let verdict = Self.verdict(rows[place])
        rows[place] += try otherLogit(variant, untouched, originals[place], rows[place][0], progress: progress)
        results.rows += rows[place].map { row in
          var row = row
          row.verdict = verdict
          return row
        }
      }
      return results
    }
    return Results(rows: parts.flatMap(\.rows), notes: parts.flatMap(\.notes))
  }

  /// The method's map for another class: one that is the same says nothing of the class.
  private func otherLogit(
    _ variant: MethodVariant, _ side: Side, _ original: SeenMap, _ first: Row,
    progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> [Row] {
    guard !options.isEfficient, let own = side.question.target.classIndex, side.question.isOwnOutput,
      side.question.classes.count > 1
    else { return [] }
    let classes = side.question.classes
    var numbers = UniformNumbers(seed: options.seed)
    let other = (own + 1 + numbers.next(below: classes.count - 1)) % classes.count
    let name = classes.name(of: other)
    let asked = try Side(side.explainer.asking(name), side.subject, options)
    let map = try asked.map(by: variant, options, progress: progress("\(first.image) \(name) \(variant.name)"))
    var row = first
    (row.order, row.layer) = ("random-logit", name)
    row.similarity = map.whole.isZero ? nil : MapSimilarity(original.whole, map.whole)
    row.inHead = original.head.spearman(with: map.head)
    row.scoreChange = asked.value - side.value
    row.complexityRise = rise(from: original, to: map)
    return [row]
  }

  private func rise(from map: SeenMap, to other: SeenMap) -> Double? {
    guard let own = Complexity.value(map.whole.values), let changed = Complexity.value(other.whole.values), own > 0
    else { return nil }
    return (changed - own) / own
  }
}

/// A map over the grid, and over the head alone.
private struct SeenMap {
  let whole, head: RankedMap

  init(_ values: [Float], spatial: [Int], isHead: [Bool]) {
    whole = RankedMap(values, spatial: spatial)
    let inside = zip(values, isHead).filter(\.1).map(\.0)
    head = inside.count > 1 ? RankedMap(inside, spatial: [1, 1, inside.count]) : whole
  }
}

/// A network with a scan, and what it answers.
private struct Side {
  let explainer: Explainer
  let subject: Explainer.Case
  let question: Question
  /// f(x).
  let value: Double
  /// Whether the score is that of an empty image, but for rounding.
  let isDead: Bool
  /// For each voxel, row-major D, H, W, whether any channel is other than the background.
  private let isHead: [Bool]
  /// The same of voxels in the atlas's regions, outside of which maps of regions are 0 whatever the network; nil: no atlas.
  private let isInRegion: [Bool]?

  var target: String { explainer.options.target ?? question.target.name }

  init(_ explainer: Explainer, _ scan: Scan, _ options: RandomizationStudy.Options) throws(PellucidError) {
    try self.init(explainer, try explainer.prepare(scan), options)
  }

  init(_ explainer: Explainer, _ subject: Explainer.Case, _ options: RandomizationStudy.Options) throws(PellucidError) {
    (self.explainer, self.subject) = (explainer, subject)
    question = try explainer.question(for: subject)
    let image = subject.prepared.input
    value = try explainer.score(of: question, on: options.score).scores(ofImages: image)[0]
    let logit = explainer.score(of: question, on: .logit)
    let own = try logit.scores(ofImages: image)[0]
    let asked = try explainer.subject(of: subject)
    let background = asked.background
    let empty = try logit.scores(ofImages: Tensor(repeating: background, shape: image.shape, order: image.order))[0]
    let values = image.ordered(.rowMajor).values
    let count = image.shape.voxels
    let isHead = (0..<count).map { voxel in
      stride(from: voxel, to: values.count, by: count).contains { values[$0] != background }
    }
    self.isHead = isHead
    isInRegion = asked.labels.map { labels in zip(labels, isHead).map { $0 != 0 && $1 } }
    isDead = abs(own - empty) <= 1e-6 * max(1e-6, abs(own))
  }

  /// A method's map, channels added up; of several samples the mean over noisy copies of the scan.
  /// - Parameter isAgain: for a scan with noise of 1 % of its range on it.
  func map(
    by variant: MethodVariant, _ options: RandomizationStudy.Options, isAgain: Bool = false,
    progress: any ProgressObserver
  ) throws(PellucidError) -> SeenMap {
    let method = try variant.make()
    let image = subject.prepared.input.ordered(.rowMajor)
    let range = Double(image.range.upperBound - image.range.lowerBound)
    var sum: [Float] = []
    var compared = isHead
    for sample in 0..<options.samples {
      var asked: Tensor? = nil
      if options.samples > 1 || isAgain {
        let deviation = (options.samples > 1 ? 0.1 : 0) * range + (isAgain ? 0.01 * range : 0)
        var noise = NormalDraws(seed: options.seed &* 1000 &+ sample &+ (isAgain ? 500_000 : 0))
        let values = (0..<image.count).map { _ in Float(deviation * noise.next()) }
        asked = image.combined(.add, with: Tensor(values, shape: image.shape, order: .rowMajor))
      }
      let own = try explainer.relevance(of: subject, question, by: method, image: asked, progress: progress).map
      if own.measure == .regional, let isInRegion { compared = isInRegion }
      let values = TestedMap(variant.name, own.map, from: .file).values
      sum = sum.isEmpty ? values : zip(sum, values).map { $0 + $1 }
    }
    return SeenMap(sum, spatial: image.shape.spatial, isHead: compared)
  }
}
