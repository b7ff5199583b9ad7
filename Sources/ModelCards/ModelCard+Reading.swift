public import PellucidFaults
internal import PellucidFiles
internal import PellucidVolumes
internal import Yams

extension ModelCard {
  /// Reads a card.
  /// - Throws: `.badData` for a file that cannot be read, is not YAML, or says something that no card says; the message names the key.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path) else { throw .unreadableCard(path) }
    guard data.count <= 1 << 20 else {
      throw .notACard(path, why: "it has \(data.count) bytes, where a card has a page")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .notACard(path, why: "it is not text in UTF-8")
    }
    try self.init(yaml: text, file: path)
  }

  /// Reads a card's text.
  /// - Parameters:
  ///   - yaml: the text; an empty one is a card of defaults.
  ///   - file: its file, for messages and for the names of volumes, which are relative to its folder.
  /// - Throws: as ``init(contentsOf:)``.
  public init(yaml: String, file: String) throws(PellucidError) {
    self.init()
    self.file = file
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch { throw .notYAML(file, error) }
    guard let root, !root.isAbsent else { return }
    guard root.mapping != nil else { throw .notACard(file, why: "it has no keys, such as input: or output:") }
    let card = try CardMapping(root, path: "", file: file)
    try card.allow(CardKeys.card)
    name = try card.text("name")
    if let section = try card.section("input") { input = try Input(section) }
    if let section = try card.section("inputs") {
      inputs = try ModelCard.furtherInputs(section)
      for key in section.keys {
        guard let image = try section.sectionUnlessNumbers(key) else { continue }
        try image.allow(CardKeys.scaling)
        images[key] = try Scaling.list(image)
      }
    }
    if let section = try card.section("output") { output = try Output(section) }
  }

  /// The card beside a model: the same name with `.yaml`, else with `.yml`; nil where there is none.
  public static func beside(model path: String) -> String? {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let name = path.dropFirst(folder.count)
    let stem = name.lastIndex(of: ".").map { $0 == name.startIndex ? name : name[..<$0] } ?? name
    return ["yaml", "yml"].map { "\(folder)\(stem).\($0)" }.first { FileKind.exists($0) }
  }

  private static func furtherInputs(_ section: CardMapping) throws(PellucidError) -> [FurtherInput] {
    var inputs: [FurtherInput] = []
    for key in section.keys where try section.sectionUnlessNumbers(key) == nil {
      guard let values = try section.numbers(key), !values.isEmpty else {
        throw section.wrong(key, wanted: "a number or a list of numbers, or for an image a mapping of normalization")
      }
      inputs.append(FurtherInput(name: key, values: values))
    }
    return inputs
  }
}

extension ModelCard.Input {
  fileprivate init(_ section: CardMapping) throws(PellucidError) {
    try section.allow(CardKeys.input)
    self.init()
    if let text = try section.text("axes") {
      guard let axes = TensorAxes(text) else {
        throw section.wrong("axes", wanted: "the letters i, j and k once each, such as ijk or kji")
      }
      self.axes = axes
    }
    orientation = try section.text("orientation")?.uppercased()
    if let orientation, !Self.isOrientation(orientation) {
      throw section.wrong("orientation", wanted: "one letter of each of R/L, A/P and S/I, such as RAS")
    }
    spacing = try section.triple("spacing", wanted: "mm above 0") { $0 >= 1e-6 && $0 <= 1e6 }
    interpolation = try section.choice("interpolation") ?? interpolation
    antialias = try section.truth("antialias") ?? antialias
    shape = try section.triple("shape", wanted: "a whole number of voxels above 0") {
      $0 >= 1 && $0 <= 65536 && $0 == $0.rounded()
    }?
    .map { Int($0) }
    scalings = try ModelCard.Scaling.list(section)
  }

  private static func isOrientation(_ text: String) -> Bool {
    let axes = text.compactMap { letter in ["RL", "AP", "SI"].firstIndex { $0.contains(letter) } }
    return text.count == 3 && axes.sorted() == [0, 1, 2]
  }
}

extension Normalization {
  init(_ section: CardMapping, _ key: String) throws(PellucidError) {
    guard let rule = try section.sectionOrText(key) else {
      self = .none
      return
    }
    guard case .section(let rule) = rule else {
      switch try section.text(key, among: ["none", "zscore", "minmax"]) {
      case "zscore": self = .zscore
      case "minmax": self = .minmax
      default: self = .none
      }
      return
    }
    try rule.allow(CardKeys.normalization)
    if let bounds = try rule.numbers("percentile") {
      if let other = rule.keys.first(where: { $0 != "percentile" }) { throw rule.clash("percentile", other) }
      guard bounds.count == 2, bounds[0] >= 0, bounds[0] < bounds[1], bounds[1] <= 100 else {
        throw rule.wrong("percentile", wanted: "two percentages, the lower first, such as [1, 99]")
      }
      self = .percentile(low: bounds[0], high: bounds[1])
      return
    }
    guard let mean = try rule.statistic("mean"), let std = try rule.statistic("std") else {
      throw section.wrong(key, wanted: "both mean and std, or percentile")
    }
    if case .number(let number) = std, number <= 0 { throw rule.wrong("std", wanted: "a number above 0") }
    self = .given(mean: mean, std: std)
  }
}

extension ModelCard.Output {
  fileprivate init(_ section: CardMapping) throws(PellucidError) {
    try section.allow(CardKeys.output)
    self.init()
    name = try section.text("name")
    kind = try section.choice("kind") ?? kind
    activation = try section.choice("activation")
    classes = try section.texts("classes") ?? []
    for (index, name) in classes.enumerated() where classes[..<index].contains(name) {
      throw section.duplicate("classes", index, name)
    }
    bins = try section.numbers("bins")
    latentMean = try section.text("latent_mean")
    latentLogVariance = try section.text("latent_log_variance")
  }
}
