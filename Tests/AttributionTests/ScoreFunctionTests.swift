import Dispatch
import PellucidAttribution
import PellucidNetworks
import PellucidTensors
import Synchronization
import TestSupport
import Testing

@Suite struct ScoreFunctionTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    var network: String
    var activation: OutputActivation
    var names: [String]?
    var kind: ScoreKind
    var weights: [Float]
    var testDescription: String { "\(activation) \(kind) \(weights) of \(names ?? [])" }
  }

  static let settings = ScoreKind.allCases.flatMap { kind in
    [
      Setting(network: "plain", activation: .softmax, kind: kind, weights: [0, 1, 0]),
      Setting(network: "plain", activation: .softmax, kind: kind, weights: [0.5, -1, 2]),
      Setting(network: "plain", activation: .sigmoid, kind: kind, weights: [0.5, -1, 2]),
      Setting(network: "plain", activation: .none, kind: kind, weights: [0.5, -1, 2]),
      Setting(network: "twochannel", activation: .sigmoid, kind: kind, weights: [1]),
      Setting(network: "twochannel", activation: .sigmoid, names: ["CN", "AD"], kind: kind, weights: [1, 0]),
      Setting(network: "twochannel", activation: .sigmoid, names: ["CN", "AD"], kind: kind, weights: [-0.5, 2]),
    ]
  }

  @Test(arguments: settings)
  func `The gradient at the outputs is the score's slope`(_ setting: Setting) throws {
    let network = try References.network(setting.network).network()
    let classes = try Classes(outputs: network.outputCount, activation: setting.activation, names: setting.names)
    let score = ScoreFunction(
      network: network, classes: classes, target: Target(name: "t", weights: setting.weights), kind: setting.kind)
    let rows: [[Float]] =
      classes.isOneLogitForTwo || network.outputCount == 1 ? [[0.3], [-1.2]] : [[0.3, -0.7, 1.1], [2, 0, -1]]
    let outputs = Tensor(rows.flatMap { $0 }, shape: Shape([2, rows[0].count]))
    let gradient = score.outputGradient(at: outputs).values
    let step: Float = 1.0 / 64
    for place in 0..<outputs.count {
      func shifted(_ by: Float) -> Double {
        var values = outputs.values
        values[place] += by
        return score.scores(of: Tensor(values, shape: outputs.shape))[place / rows[0].count]
      }
      // Central differences of third order: the error left is about step⁴.
      let slope = (8 * (shifted(step) - shifted(-step)) - (shifted(2 * step) - shifted(-2 * step))) / Double(12 * step)
      #expect(abs(slope - Double(gradient[place])) < 2e-5)
    }
  }

  @Test func `The gradient at the image is the score's slope`() throws {
    let reference = try References.network("activations")
    let score = try reference.score([1, 0, -1], .probability)
    let image = try reference.input()
    let gradient = try score.gradient(at: image).ordered(.rowMajor).values
    for place in [0, 101, 333, 719] {
      func shifted(_ by: Float) throws -> Double {
        var values = image.values
        values[place] += by
        return try score.scores(ofImages: Tensor(values, shape: image.shape))[0]
      }
      let slope = try (shifted(0.125) - shifted(-0.125)) / 0.25
      #expect(abs(slope - Double(gradient[place])) < 2e-2 * Double(max(abs(gradient[place]), 1e-3)))
    }
  }

  @Test func `A batch of images has a score each`() throws {
    let reference = try References.network("residual")
    let score = try reference.score()
    let image = try reference.input()
    let other = image.scaled(by: 0.5)
    let batch = Tensor(image.values + other.values, shape: image.shape.withBatch(2))
    let scores = try score.scores(ofImages: batch)
    #expect(abs(scores[0] - Double(reference.logits[reference.target])) < 1e-5)
    #expect(abs(scores[1] - (try score.scores(ofImages: other)[0])) < 1e-5)
    let gradient = try score.gradient(at: batch).ordered(.rowMajor).values
    let single = try score.gradient(at: image).ordered(.rowMajor).values
    #expect(relativeError(Array(gradient[..<image.count]), single) < 1e-5)
  }

  @Test func `A network made on one thread answers on others`() throws {
    let reference = try References.network("windows")
    let score = try reference.score()
    let image = try reference.input()
    let expected = try score.gradient(at: image).values
    let unlike = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 16) { turn in
      do {
        let found = try score.gradient(at: image).values
        if relativeError(found, expected) > 1e-6 { unlike.withLock { $0.append("turn \(turn) differs") } }
      } catch {
        unlike.withLock { $0.append("turn \(turn): \(error)") }
      }
    }
    #expect(unlike.withLock { $0 } == [])
  }
}
