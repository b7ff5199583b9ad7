import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import TestSupport
import Testing

@Suite struct TargetTests {
  private func classes(_ names: [String]?, outputs: Int? = nil, _ activation: OutputActivation = .softmax) throws
    -> Classes
  {
    try Classes(outputs: outputs ?? names?.count ?? 3, activation: activation, names: names)
  }

  @Test(
    arguments: [
      ("AD", [0, 0, 1]), ("2", [0, 0, 1]), ("CN", [1, 0, 0]), ("0", [1, 0, 0]), ("AD-CN", [-1, 0, 1]),
      ("-AD", [0, 0, -1]),
      ("2-0", [-1, 0, 1]), ("0.5*AD+0.5*MCI", [0, 0.5, 0.5]), ("0.5*2-1.5*MCI", [0, -1.5, 0.5]), ("AD+AD", [0, 0, 2]),
      (" AD - CN ", [-1, 0, 1]), ("0.5*AD + 0.5*MCI", [0, 0.5, 0.5]),
      ("-2*CN+1e-1*1", [-2, 0.1, 0]), ("AD-MCI-CN", [-1, -1, 1]),
    ] as [(String, [Float])])
  func `Classes, differences and sums are read`(_ text: String, _ weights: [Float]) throws {
    #expect(try Target(parsing: text, classes: classes(["CN", "MCI", "AD"])).weights == weights)
  }

  @Test func `Names may hold signs, and be numbers`() throws {
    let odd = try classes(["stable-MCI", "MCI", "A+T+", "1"])
    #expect(try Target(parsing: "stable-MCI", classes: odd).weights == [1, 0, 0, 0])
    #expect(try Target(parsing: "A+T+", classes: odd).weights == [0, 0, 1, 0])
    #expect(try Target(parsing: "A+T+-stable-MCI", classes: odd).weights == [-1, 0, 1, 0])
    #expect(try Target(parsing: "MCI-A+T+", classes: odd).weights == [0, 1, -1, 0])
    #expect(try Target(parsing: "1", classes: odd).weights == [0, 0, 0, 1], "a name goes before an index")
  }

  /// The clinical dementia rating: classes that are called 0, 0.5 and 1.
  @Test(
    arguments: [
      ("1-0", [-1, 0, 1]), ("0.5*1", [0, 0, 0.5]), ("0.5-0", [-1, 1, 0]), ("1", [0, 0, 1]), ("2", [0, 0, 1]),
      ("0.5*0.5+0.5*1", [0, 0.5, 0.5]), ("2*0.5", [0, 2, 0]), ("2-0.5", [0, -1, 1]), ("1 - 0.5", [0, -1, 1]),
    ] as [(String, [Float])])
  func `Names that are numbers go before indices, in sums too`(_ text: String, _ weights: [Float]) throws {
    #expect(try Target(parsing: text, classes: classes(["0", "0.5", "1"])).weights == weights)
  }

  @Test func `Signs in names are read by the names there are`() throws {
    let signed = try classes(["-1", "0", "1"])
    #expect(try Target(parsing: "-1", classes: signed).weights == [1, 0, 0])
    #expect(try Target(parsing: "1--1", classes: signed).weights == [-1, 0, 1])
    #expect(try Target(parsing: "0 - 1", classes: signed).weights == [0, 1, -1])
    let mild = try classes(["MCI", "MCI-AD", "AD"])
    #expect(try Target(parsing: "MCI-AD", classes: mild).weights == [0, 1, 0], "a name goes first")
    #expect(try Target(parsing: "MCI - AD", classes: mild).weights == [1, 0, -1])
    #expect(fault { _ = try Target(parsing: "MCI-AD-MCI", classes: mild) }?.line.contains("two ways") == true)
    let either = try classes(["MCI", "MCI-AD", "AD-CN", "CN"])
    let error = fault { _ = try Target(parsing: "MCI-AD-CN", classes: either) }
    #expect(error?.kind == .usage)
    #expect(error?.line.contains("MCI-AD minus CN") == true && error?.line.contains("MCI minus AD-CN") == true)
    #expect(try Target(parsing: "MCI-AD - CN", classes: either).weights == [0, 1, 0, -1])
    #expect(try Target(parsing: "MCI - AD-CN", classes: either).weights == [1, 0, -1, 0])
    let stars = try classes(["2*A", "A"])
    #expect(try Target(parsing: "2*A", classes: stars).weights == [1, 0])
    #expect(try Target(parsing: "A+3*2*A", classes: stars).weights == [3, 1])
  }

  @Test func `Latent factors are joined`() throws {
    let names = try classes(["CN", "AD"])
    func request(_ text: String) throws -> TargetRequest { try TargetRequest(parsing: text, classes: names) }
    #expect(try request("latent:0+3") == .latent([0, 3]) && request("latent:7") == .latent([7]))
    for text in ["latent:0+", "latent:+1", "latent:1+1", "latent:1,2", "latent:-1"] {
      #expect(fault { _ = try request(text) }?.kind == .usage, "\(text)")
    }
  }

  @Test(arguments: ["ADD", "AD-", "AD--CN", "AD*0.5", "AD CN", "3", "", "+", "x*AD", "AD-AD", "nan*AD", "inf*AD"])
  func `What is no target is refused`(_ text: String) throws {
    let names = try classes(["CN", "MCI", "AD"])
    let error = try #require(fault { _ = try Target(parsing: text, classes: names) })
    #expect(error.kind == .usage)
    #expect(!error.remedy.isEmpty)
  }

  @Test func `A near miss is suggested`() throws {
    let names = try classes(["Alzheimer", "Control"])
    let error = fault { _ = try Target(parsing: "Alzheimr-Control", classes: names) }
    #expect(error?.line == "no class Alzheimr in the target Alzheimr-Control; did you mean Alzheimer?")
    #expect(
      fault { _ = try Target(parsing: "xyz", classes: names) }?.line
        == "no class xyz; the classes are: Alzheimer, Control")
    #expect(
      fault { _ = try Target(parsing: "expectatoin", classes: names) }?.line
        == "no class expectatoin; did you mean expectation?")
  }

  @Test func `A target knows whether it is one class`() throws {
    let names = try classes(["CN", "MCI", "AD"])
    #expect(try Target(parsing: "MCI", classes: names).classIndex == 1)
    #expect(try Target(parsing: "MCI-AD", classes: names).classIndex == nil)
    #expect(try Target(parsing: "-MCI", classes: names).classIndex == nil)
    #expect(Target(classIndex: 2, of: names).name == "AD")
  }

  @Test func `Softmax probabilities, also of large logits`() throws {
    let three = try classes(nil)
    #expect(relativeError(three.probabilities(of: [1, 2, 3]), [0.09003057, 0.24472848, 0.66524094]) < 1e-6)
    #expect(three.probabilities(of: [1000, 0, -1000]) == [1, 0, 0])
    #expect(three.predicted(from: [1, 3, 3]) == 1, "the first of equals")
    #expect(three.name(of: 1) == "1")
  }

  @Test func `Sigmoids answer each for itself`() throws {
    let two = try classes(["A", "B"], .sigmoid)
    #expect(relativeError(two.probabilities(of: [0, 2]), [0.5, 0.880797]) < 1e-6)
    #expect(!two.isOneLogitForTwo)
  }

  @Test func `One logit for two classes`() throws {
    let two = try classes(["CN", "AD"], outputs: 1, .sigmoid)
    #expect(two.isOneLogitForTwo && two.count == 2)
    #expect(two.scores(of: [1.5]) == [-1.5, 1.5])
    let p = two.probabilities(of: [1.5])
    #expect(relativeError(p, [0.18242552, 0.81757448]) < 1e-6 && abs(p[0] + p[1] - 1) < 1e-7)
    #expect(two.predicted(from: [1.5]) == 1 && two.predicted(from: [-0.1]) == 0)
  }

  @Test func `One value alone`() throws {
    let one = try classes(nil, outputs: 1, .sigmoid)
    #expect(one.count == 1 && one.predicted(from: [3]) == nil && one.scores(of: [3]) == [3])
    let age = try classes(["age"], .none)
    #expect(age.probabilities(of: [71]) == [71])
  }

  @Test func `As many names as outputs`() throws {
    let error = fault { _ = try classes(["CN", "AD"], outputs: 3) }
    #expect(error?.kind == .badData)
    #expect(error?.what == "the model card names 2 classes, the model has 3 outputs")
    #expect(fault { _ = try classes(["CN", "AD"], outputs: 1, .softmax) }?.kind == .badData)
    let plain = try classes(["CN", "AD"], outputs: 1, .none)
    #expect(plain.isOneLogitForTwo && !plain.haveProbabilities && plain.scores(of: [2]) == [-2, 2])
  }
}
