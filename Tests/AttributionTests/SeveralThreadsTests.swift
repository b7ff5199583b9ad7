import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import Synchronization
import TestSupport
import Testing

/// The engine called from several threads at once: what one thread gives, to the last bit.
///
/// `make tsan` runs these under ThreadSanitizer.
@Suite(.serialized) struct SeveralThreadsTests {
  typealias Kind = PerturbationScorerTests.Kind

  /// Gradients, class activation maps, relevance propagation and perturbations, as they are on the command line.
  static let methods: [(name: String, options: [String: String])] = [
    ("saliency", [:]), ("guided-backprop", [:]), ("smoothgrad", ["samples": "2"]), ("deeplift", [:]),
    ("grad-cam", [:]), ("lrp", ["composite": "epsilon-plus"]), ("occlusion", ["patch": "5", "stride": "4"]),
    ("rise", ["masks": "8"]),
  ]

  /// The maps of all methods, one after another.
  static func maps(_ score: ScoreFunction, _ image: Tensor) throws(PellucidError) -> [[Float]] {
    var maps: [[Float]] = []
    for (name, options) in methods {
      let method = try MethodCatalogue.method(named: name).init(OptionValues(options))
      let subject = Subject(image: image)
      maps.append(
        try method.relevance(of: subject, to: score, progress: SilentProgress()).map.ordered(.rowMajor).values)
    }
    return maps
  }

  static let kinds: [Kind] = [.windows, .residual, .concatenated, .grouped, .dense]

  @Test(arguments: kinds) func `two explanations at once give the single-threaded bytes`(_ kind: Kind) throws {
    let image = kind.imageTensor()
    let usual = Engine.threads
    defer { Engine.threads = usual }
    Engine.threads = 1
    let alone = try Self.maps(try kind.score(), image)
    for threads in [1, 2] {
      Engine.threads = threads
      // One network for both, and nothing of it prepared yet.
      let shared = try kind.score()
      let both = try ThreadsAtOnce.map(2) { _ throws(PellucidError) in try Self.maps(shared, image) }
      for maps in both {
        for (index, method) in Self.methods.enumerated() {
          #expect(maps[index] == alone[index], "\(method.name) with \(threads) threads")
        }
      }
    }
  }

  @Test func `two networks at once give what each gives alone`() throws {
    let kinds: [Kind] = [.residual, .instanceNorm]
    let images = kinds.map { $0.imageTensor() }
    let scores = try kinds.map { try $0.score() }
    var alone: [[[Float]]] = []
    for (score, image) in zip(scores, images) { alone.append(try Self.maps(score, image)) }
    let both = try ThreadsAtOnce.map(4) { index throws(PellucidError) in
      try Self.maps(scores[index % 2], images[index % 2])
    }
    for (index, maps) in both.enumerated() { #expect(maps == alone[index % 2]) }
  }

  @Test func `the number of threads is the process's, whoever sets it`() throws {
    let usual = Engine.threads
    defer { Engine.threads = usual }
    for wanted in [1, 2] {
      _ = try ThreadsAtOnce.map(1) { _ in Engine.threads = wanted }
      let elsewhere = try ThreadsAtOnce.map(2) { _ in Engine.threads }
      #expect(Engine.threads == wanted && elsewhere == [wanted, wanted])
    }
  }

  @Test func `memory counts as the taker's, whoever gives it back`() throws {
    let before = Engine.bytesTaken
    let shape = Shape([1, 4, 32, 32, 32])
    let elsewhere = try ThreadsAtOnce.map(1) { _ in
      let before = Engine.bytesTaken
      let tensor = Tensor(repeating: 1, shape: shape)
      return (bytes: Engine.bytesTaken - before, tensor: tensor)
    }
    #expect(elsewhere[0].bytes >= 4 * shape.count && elsewhere[0].bytes <= 8 * shape.count, "\(elsewhere[0].bytes)")
    #expect(Engine.bytesTaken == before, "what another thread took counts there")
    let own = Given(Tensor(repeating: 2, shape: shape))
    #expect(Engine.bytesTaken - before >= 4 * shape.count)
    // Another thread gives it back.
    _ = try ThreadsAtOnce.map(1) { _ in own.tensor.withLock { $0 = nil } }
    #expect(Engine.bytesTaken == before)
    #expect(elsewhere[0].tensor.count == shape.count)
  }

  @Test func `work elsewhere does not raise what this thread's work took at most`() throws {
    let image = Kind.residual.imageTensor()
    let score = try Kind.residual.score()
    let alone = try Engine.peak { () throws(PellucidError) in try score.network.logits(image) }.bytes
    let peaks = try ThreadsAtOnce.map(4) { _ throws(PellucidError) in
      try Engine.peak { () throws(PellucidError) in try score.network.logits(image) }.bytes
    }
    // Blocks used again may be half as large again as what they hold.
    for peak in peaks { #expect(peak <= alone + alone / 2 && peak > alone / 2) }
  }

  /// A tensor that can be let go of.
  private final class Given: Sendable {
    let tensor: Mutex<Tensor?>
    init(_ tensor: Tensor) { self.tensor = Mutex(tensor) }
  }
}
