internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidResults
internal import PellucidTransforms
internal import PellucidVolumes

/// Everything that a result depends on but for the scan, as a value that is compared with what a record says: content, never names or times.
enum CohortRequest {
  /// What all methods share.
  static func common(
    _ explainers: [Explainer], isOfFold: Bool, keeping kept: CohortStudy.Kept, significantBits: Int?
  ) throws(PellucidError) -> JSONValue {
    guard let options = explainers.first?.options else { return .null }
    var models: [JSONValue] = []
    for explainer in explainers {
      models.append([
        "sha256": .string(explainer.modelRecord.sha256),
        "weights": .strings((explainer.modelRecord.weights ?? []).map(\.sha256)),
        "card": JSONValue(explainer.classifier.card.effectiveValues),
      ])
    }
    var transforms: [JSONValue] = []
    for transform in options.atlasTransforms {
      transforms.append([
        "sha256": .string(try SHA256.hexDigest(ofFile: transform.reference.file)),
        "inverse": .bool(transform.reference.isInverse),
        "images": .strings([transform.reference.source, transform.reference.target].compactMap { $0 }),
      ])
    }
    var request: JSONValue = [
      "pellucid": .string(pellucidVersion), "models": .array(models),
      "target": options.target.map(JSONValue.string) ?? .null,
      "score": options.score.map { .string($0.rawValue) } ?? .null, "space": .string(options.space.rawValue),
      "channels": .string(options.channels.rawValue), "nan": .string(options.nan.rawValue),
      "atlas": options.atlas.map { .string($0.contentDigest) } ?? .null,
      "weights": .string(options.weights.rawValue), "transforms": .array(transforms), "keep": .string(kept.rawValue),
      "significant_bits": significantBits.map(JSONValue.integer) ?? .null,
    ]
    // Of a cross-validation's scans each has the model of its fold.
    if isOfFold { request["fold"] = true }
    return request
  }

  /// A method with all of its options, and the content of the files that they name.
  static func method(_ variant: MethodVariant) throws(PellucidError) -> JSONValue {
    var options: [JSONValue.Member] = []
    for option in variant.method.options {
      let text = variant.values.text(option.name) ?? option.fallback
      options.append(.init(option.name, .string(text)))
      switch FileKind.at(text) {
      case .file: options.append(.init(option.name + " sha256", .string(try SHA256.hexDigest(ofFile: text))))
      case .folder: options.append(.init(option.name + " sha256", .strings(try contents(of: text))))
      case .absent, .other: break
      }
    }
    return ["method": .string(variant.method.name), "options": .object(options)]
  }

  /// The digests of a folder's files, such as a method's baselines, in the order of their names.
  private static func contents(of folder: String) throws(PellucidError) -> [String] {
    var digests: [String] = []
    for name in FileContents.names(inFolder: folder) ?? [] {
      let path = folder + "/" + name
      if case .file = FileKind.at(path) { digests.append(try SHA256.hexDigest(ofFile: path)) }
    }
    return digests
  }
}

extension Atlas {
  /// The SHA-256 of where its regions lie and what they are called.
  fileprivate var contentDigest: String {
    var text = "\(name) \(image.shape.extents) \(image.affine.elements)\n"
    for region in regions { text += "\(region.index)\t\(region.name)\n" }
    text += SHA256.hexDigest(of: unsafe image.labels.span.bytes)
    return SHA256.hexDigest(of: text)
  }
}
