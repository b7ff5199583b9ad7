import FoundationEssentials
import PellucidFaults
import PellucidModelCards
import PellucidNetworks
import PellucidVolumes
import TestSupport
import Testing

private func line(_ yaml: String) -> String? {
  do { _ = try ModelCard(yaml: yaml, file: "net.yaml") } catch { return error.line }
  return nil
}

@Suite struct `A model card is read` {
  @Test func `With every key`() throws {
    let card = try ModelCard(
      yaml: """
        name: atrophy-cnn
        input:
          axes: kji
          orientation: lps
          spacing: [1, 1.5, 2]
          interpolation: cubic
          antialias: true
          shape: [91, 109, 91]
          normalization: {mean: mean.nii.gz, std: /data/std.nii.gz}
          mask: nonzero
          keep_zeros: true
          background: -0.5
        inputs: {age: 73, sex: [0, 1]}
        output:
          name: logits
          kind: regression
          activation: sigmoid
          classes: [CN, "1", no]
          bins: [42.5, 43.5]
        """, file: "models/net.yaml")
    #expect(card.name == "atrophy-cnn" && card.file == "models/net.yaml")
    #expect(card.input.axes == .kji && card.input.orientation == "LPS")
    #expect(card.input.spacing == [1, 1.5, 2] && card.input.shape == [91, 109, 91])
    #expect(card.input.interpolation == .cubic && card.input.antialias)
    #expect(card.input.normalization == .given(mean: .volume("models/mean.nii.gz"), std: .volume("/data/std.nii.gz")))
    #expect(card.input.mask == .nonzero && card.input.keepZeros && card.input.background == -0.5)
    #expect(card.inputs == [.init(name: "age", values: [73]), .init(name: "sex", values: [0, 1])])
    #expect(card.output.name == "logits" && card.output.kind == .regression && card.output.activation == .sigmoid)
    #expect(card.output.classes == ["CN", "1", "no"] && card.output.bins == [42.5, 43.5])
  }

  @Test(arguments: ["", "# nothing\n", "input:\noutput: ~\n", "input: {orientation: , spacing: null}"])
  func `With nothing but defaults`(_ yaml: String) throws {
    var card = try ModelCard(yaml: yaml, file: "net.yaml")
    card.file = nil
    #expect(card == .default)
    #expect(card.input.interpolation == .linear && !card.input.antialias)
    #expect(card.input.axes == .ijk && card.input.normalization == .none && card.output.activation == nil)
  }

  @Test func `With short forms`() throws {
    let card = try ModelCard(
      yaml: "input: {spacing: 2, axes: jik, normalization: {percentile: [0.5, 99]}}", file: "net.yaml")
    #expect(card.input.spacing == [2, 2, 2] && card.input.axes.voxelAxes == [1, 0, 2])
    #expect(card.input.normalization == .percentile(low: 0.5, high: 99))
    #expect(try ModelCard(yaml: "input: {normalization: zscore}", file: "n").input.normalization == .zscore)
    #expect(
      try ModelCard(yaml: "input: {normalization: {mean: 1, std: 2.5}}", file: "n").input.normalization
        == .given(mean: .number(1), std: .number(2.5)))
  }

  @Test func `And written out in full`() throws {
    let values = try ModelCard(yaml: "name: a\ninputs: {age: 73}\noutput: {classes: [CN, AD]}", file: "n")
      .effectiveValues
    #expect(
      values
        == .mapping([
          .init("name", .text("a")),
          .init(
            "input",
            .mapping([
              .init("axes", .text("ijk")), .init("orientation", .absent), .init("spacing", .absent),
              .init("interpolation", .text("linear")), .init("antialias", .truth(false)), .init("shape", .absent),
              .init("clip", .absent), .init("normalization", .text("none")), .init("scale", .absent),
              .init("mask", .text("none")), .init("keep_zeros", .truth(false)), .init("background", .number(0)),
            ])),
          .init("inputs", .mapping([.init("age", .number(73))])),
          .init(
            "output",
            .mapping([
              .init("name", .absent), .init("kind", .text("classification")), .init("activation", .absent),
              .init("classes", .list([.text("CN"), .text("AD")])), .init("bins", .absent),
              .init("latent_mean", .absent), .init("latent_log_variance", .absent),
            ])),
        ]))
  }

  @Test func `From beside the model`() throws {
    let scratch = try TemporaryFolder()
    defer { withExtendedLifetime(scratch) {} }
    let folder = scratch.path
    #expect(ModelCard.beside(model: folder + "/a.b.onnx") == nil)
    #expect(FileManager.default.createFile(atPath: folder + "/a.b.yml", contents: Data("name: x".utf8)))
    #expect(ModelCard.beside(model: folder + "/a.b.onnx") == folder + "/a.b.yml")
    #expect(FileManager.default.createFile(atPath: folder + "/a.b.yaml", contents: Data("name: y".utf8)))
    let path = try #require(ModelCard.beside(model: folder + "/a.b.onnx"))
    #expect(try ModelCard(contentsOf: path).name == "y")
    #expect(FileManager.default.createFile(atPath: folder + "/bytes.yaml", contents: Data([0xFF, 0xFE, 0x80])))
    let error = #expect(throws: PellucidError.self) { try ModelCard(contentsOf: folder + "/bytes.yaml") }
    #expect(error?.what == "it is not a model card" && error?.kind == .badData)
    #expect(throws: PellucidError.self) { try ModelCard(contentsOf: folder + "/none.yaml") }
  }
}

@Suite struct `A wrong card is refused in one line` {
  @Test(arguments: [
    (
      "input: {normalisation: zscore}", "input.normalisation: a model card has no such key; did you mean normalization?"
    ),
    ("normalization: zscore", "normalization: a model card has no such key; it belongs under input:"),
    (
      "output: {zzzzz: 1}",
      "output.zzzzz: a model card has no such key; keys here: name, kind, activation, classes, bins, latent_mean, latent_log_variance"
    ),
    (
      "input: {axes: iij}",
      "input.axes: the model card's value does not fit: it is 'iij'; give the letters i, j and k once each, such as ijk or kji"
    ),
    (
      "input: {orientation: RAL}",
      "input.orientation: the model card's value does not fit: it is 'RAL'; give one letter of each of R/L, A/P and S/I, such as RAS"
    ),
    (
      "input: {spacing: [1, -2, 1]}",
      "input.spacing[1]: the model card's value does not fit: it is '-2'; give mm above 0"
    ),
    (
      "input: {spacing: [1, 2]}",
      "input.spacing: the model card's value does not fit: it is a list of 2; give three numbers (for i, j, k), each mm above 0"
    ),
    (
      "input: {shape: [91, 109.5, 91]}",
      "input.shape[1]: the model card's value does not fit: it is '109.5'; give a whole number of voxels above 0"
    ),
    (
      "input: {shape: [91, 1e30, 91]}",
      "input.shape[1]: the model card's value does not fit: it is '1e30'; give a whole number of voxels above 0"
    ),
    ("input: {normalization: z-score}", "input.normalization: the value 'z-score' is not known; did you mean zscore?"),
    (
      "input: {normalization: {mean: 1}}",
      "input.normalization: the model card's value does not fit: it is a mapping; give both mean and std, or percentile"
    ),
    (
      "input: {normalization: {mean: 1, std: 0}}",
      "input.normalization.std: the model card's value does not fit: it is '0'; give a number above 0"
    ),
    (
      "input: {normalization: {percentile: [99, 1]}}",
      "input.normalization.percentile: the model card's value does not fit: it is a list of 2; give two percentages, the lower first, such as [1, 99]"
    ),
    (
      "input: {normalization: {percentile: [1, 99], std: 2}}",
      "input.normalization.percentile: it cannot stand beside std; keep one of the two"
    ),
    ("input: {mask: brain}", "input.mask: the value 'brain' is not known; values: none, nonzero"),
    ("input: {keep_zeros: 7}", "input.keep_zeros: the model card's value does not fit: it is '7'; give true or false"),
    (
      "input: {background: black}",
      "input.background: the model card's value does not fit: it is 'black'; give a number"
    ),
    ("input: {background: .nan}", "input.background: the model card's value does not fit: it is '.nan'; give a number"),
    ("input: [1, 2]", "input: the model card's value does not fit: it is a list of 2; give keys with values"),
    (
      "inputs: {age: old}",
      "inputs.age: the model card's value does not fit: it is 'old'; give a number or a list of numbers"
    ),
    (
      "output: {kind: clasification}",
      "output.kind: the value 'clasification' is not known; did you mean classification?"
    ),
    ("output: {activation: relu}", "output.activation: the value 'relu' is not known; values: softmax, sigmoid, none"),
    (
      "output: {classes: [CN, AD, CN]}",
      "output.classes[2]: the name 'CN' is given twice; give every class its own name"
    ),
    (
      "output: {classes: CN}",
      "output.classes: the model card's value does not fit: it is 'CN'; give a list in brackets"
    ),
    (
      "output: {classes: [[a], b]}",
      "output.classes[0]: the model card's value does not fit: it is a list of 1; give a name"
    ),
  ])
  func `Naming the key`(_ yaml: String, _ expected: String) {
    #expect(line(yaml) == "net.yaml, " + expected)
  }

  @Test func `Naming the line where it is no YAML`() {
    let syntax = line("name: x\ninput: {axes: ijk\noutput: 1\n")
    #expect(syntax?.hasPrefix("net.yaml, line 3: the model card is not YAML: ") == true, "\(syntax ?? "no error")")
    let tab = line("input:\n\taxes: ijk\n")
    #expect(tab?.hasPrefix("net.yaml, line 2: the model card is not YAML: ") == true, "\(tab ?? "no error")")
    #expect(
      line("name: a\nname: b\n")?.hasPrefix("net.yaml, name: the key is given twice") == true,
      "\(line("name: a\nname: b\n") ?? "")")
    #expect(
      line("just words")
        == "net.yaml: it is not a model card: it has no keys, such as input: or output:; give a YAML file with the keys of a card"
    )
  }
}
