public import PellucidFaults
internal import PellucidFiles
internal import Yams

/// What a MONAI bundle's or a ClinicaDL MAPS folder's own configuration says of a network's input and output.
///
/// A bundle has `configs/metadata.json` and `configs/inference.json` (or `.yaml`), whose `preprocessing` lists transforms by `_target_`; a MAPS
/// folder has `maps.json`. What has no key in a card is named in a comment, not left out silently.
public struct BundleConfiguration {
  /// What was found.
  public private(set) var proposal = CardProposal()

  /// Reads a folder.
  /// - Throws: `.badData` for a folder that is neither, or a configuration that cannot be read.
  public init(folder: String) throws(PellucidError) {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    let configurations = ["inference.json", "inference.yaml", "inference.yml", "evaluate.json", "train.json"]
      .map { base + "configs/" + $0 }
    if FileKind.exists(base + "maps.json") {
      try readMAPS(Self.tree(base + "maps.json"))
    } else if FileKind.exists(base + "configs/metadata.json") || configurations.contains(where: FileKind.exists) {
      if FileKind.exists(base + "configs/metadata.json") { try readMetadata(Self.tree(base + "configs/metadata.json")) }
      for path in configurations where FileKind.exists(path) {
        let root = try Self.tree(path)
        guard let transforms = Self.transforms(of: root) else { continue }
        let name = "configs/" + (path.split(separator: "/").last.map(String.init) ?? "")
        for transform in transforms { read(transform, from: name) }
        break
      }
    } else {
      throw .noBundle(folder)
    }
  }

  private static func tree(_ path: String) throws(PellucidError) -> Node {
    guard let data = FileContents.bytes(of: path), let text = String(validating: data, as: UTF8.self) else {
      throw .unreadableCard(path, noun: "configuration")
    }
    do {
      guard let root = try Yams.compose(yaml: text), root.mapping != nil else {
        throw PellucidError.notACard(path, why: "it has no keys")
      }
      return root
    } catch let error as PellucidError {
      throw error
    } catch {
      throw .notYAML(path, error, noun: "configuration")
    }
  }

  private mutating func set(_ key: String, _ value: String?, _ comment: String) {
    proposal.input.removeAll { $0.key == key && value != nil }
    proposal.input.append(.init(key, value, comment))
  }

  // MARK: MONAI

  private mutating func readMetadata(_ root: Node) {
    proposal.name = root["name"]?.string
    let format = root["network_data_format"]
    for (key, image) in format?["inputs"]?.mapping ?? [:] {
      let shape = image["spatial_shape"]?.numbers ?? []
      if shape.count == 3 { set("shape", CardProposal.list(shape), "configs/metadata.json: \(key.string ?? "")") }
    }
    for (_, output) in format?["outputs"]?.mapping ?? [:] {
      let names = output["channel_def"]?.mapping ?? [:]
      let sorted = names.compactMap { key, value in Int(key.string ?? "").map { ($0, value.string ?? "") } }
        .sorted { $0.0 < $1.0 }
      if !sorted.isEmpty {
        proposal.output.append(
          .init("classes", CardProposal.list(sorted.map(\.1)), "configs/metadata.json: channel_def"))
      }
    }
  }

  /// The transforms before the network: `preprocessing`, or what a validation set gets.
  private static func transforms(of root: Node) -> [Node]? {
    let candidates = [
      root["preprocessing"], root["validate"]?["preprocessing"], root["val_transforms"], root["pre_transforms"],
      root["train"]?["deterministic_transforms"].map { ["transforms": $0] as Node },
    ]
    for candidate in candidates.compactMap({ $0 }) {
      if let list = candidate["transforms"]?.sequence ?? candidate.sequence { return Array(list) }
    }
    return nil
  }

  private mutating func read(_ node: Node, from file: String) {
    guard let target = node["_target_"]?.string, node["_disabled_"]?.bool != true else { return }
    var name = target.split(separator: ".").last.map(String.init) ?? target
    if name.hasSuffix("d"), !name.hasSuffix("Crop") { name.removeLast() }
    let source = "\(file): \(target)"
    func numbers(_ key: String) -> [Double]? { node[key]?.numbers }
    func number(_ key: String) -> Double? { numbers(key)?.first }
    switch name {
    case "LoadImage", "EnsureChannelFirst", "EnsureType", "AddChannel", "ToTensor", "CastToType", "SelectItem": break
    case "Orientation": set("orientation", node["axcodes"]?.string, source)
    case "Spacing":
      set("spacing", numbers("pixdim").map(CardProposal.list), source)
      if node["mode"]?.string == "nearest" { set("interpolation", "nearest", source) }
    case "ResizeWithPadOrCrop", "SpatialPad", "CenterSpatialCrop":
      let shape = numbers("spatial_size") ?? numbers("roi_size")
      set("shape", shape.map(CardProposal.list), source)
    case "NormalizeIntensity":
      if let mean = number("subtrahend"), let deviation = number("divisor") {
        let (m, s) = (CardProposal.number(mean), CardProposal.number(deviation))
        set("normalization", "{mean: \(m), std: \(s)}", source)
      } else {
        set("normalization", "zscore", source)
      }
      if node["nonzero"]?.bool == true {
        set("mask", "nonzero", source)
        set("keep_zeros", "true", source)
      }
    case "ScaleIntensity":
      set("normalization", "minmax", source)
      scale(number("minv") ?? 0, number("maxv") ?? 1, source)
    case "ScaleIntensityRange":
      guard let low = number("a_min"), let high = number("a_max"), high > low else { return }
      let (from, to) = (number("b_min") ?? 0, number("b_max") ?? 1)
      let step = (high - low) / (to - from)
      if node["clip"]?.bool == true { set("clip", CardProposal.list([low, high]), source) }
      set(
        "normalization",
        "{mean: \(CardProposal.number(low - from * step)), std: \(CardProposal.number(step))}", source)
    case "ScaleIntensityRangePercentiles":
      guard let low = number("lower"), let high = number("upper") else { return }
      set("normalization", "{percentile: \(CardProposal.list([low, high]))}", source)
      scale(number("b_min") ?? 0, number("b_max") ?? 1, source)
    default: proposal.heading.append("No key of a card does what \(source) does; do it to the scan first.")
    }
  }

  private mutating func scale(_ low: Double, _ high: Double, _ source: String) {
    if low != 0 || high != 1 { set("scale", CardProposal.list([low, high]), source) }
  }

  // MARK: ClinicaDL

  private mutating func readMAPS(_ root: Node) {
    let source = "maps.json"
    proposal.name = root["architecture"]?.string
    if root["normalize"]?.bool == true || root["minmaxnormalization"]?.bool == true {
      set("normalization", "minmax", "\(source): normalize (MinMaxNormalization)")
    }
    let codes = root["label_code"]?.mapping ?? [:]
    let sorted = codes.compactMap { key, value in value.int.map { ($0, key.string ?? "") } }.sorted { $0.0 < $1.0 }
    if !sorted.isEmpty {
      proposal.output.append(.init("classes", CardProposal.list(sorted.map(\.1)), "\(source): label_code"))
    }
    if root["network_task"]?.string == "regression" {
      proposal.output.append(.init("kind", "regression", "\(source): network_task"))
    }
    let preprocessing = root["preprocessing_dict"]?["preprocessing"]?.string ?? root["preprocessing"]?.string
    if let preprocessing {
      proposal.heading.append(
        "The network was trained on images by Clinica's \(preprocessing): give scans that went through it.")
    }
    if let mode = root["preprocessing_dict"]?["mode"]?.string ?? root["mode"]?.string, mode != "image" {
      proposal.heading.append(
        "It was trained on each \(mode) of an image, not on the whole; the ONNX file must take that.")
    }
  }
}

extension Node {
  /// A number, or a list of numbers; nil for anything else, such as a reference `@size`.
  fileprivate var numbers: [Double]? {
    if let number = float { return [number] }
    guard let sequence else { return nil }
    let all = sequence.compactMap(\.float)
    return all.count == sequence.count ? all : nil
  }
}

extension PellucidError {
  fileprivate static func noBundle(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "it is neither a MONAI bundle nor a ClinicaDL MAPS folder",
      why: "it has no configs/metadata.json, configs/inference.json or maps.json",
      remedy: "name the bundle's own folder")
  }
}
