internal import Atlases
public import Attribution
internal import Faults
internal import ModelCards
internal import Networks
internal import OnnxFormat
internal import Preprocessing
public import Reports
internal import Tensors
internal import Transforms
internal import Volumes

extension Explainer {
  /// Everything that is needed to make a map again, and to judge it.
  ///
  /// - Parameters:
  ///   - given: the method's option values; the others are the defaults.
  ///   - atlas: name of the atlas, for the table.
  public func provenance(
    of explanation: Explanation, _ subject: Case, method: any AttributionMethod.Type, given: OptionValues, threads: Int,
    modelDigest: String
  ) -> JSONValue {
    let relevance = explanation.relevance
    var json: JSONValue = [
      "pellucid": .string(pellucidVersion),
      "image": .string(subject.scan.text),
      "model": modelProvenance(modelDigest),
      "card": Self.json(classifier.card.effectiveValues),
      "card_file": classifier.card.file.map(JSONValue.string) ?? .null,
      "method": .string(method.name),
      "paper": .string(method.paper),
      "options": .object(method.options.map { .init($0.name, .string(given.text($0.name) ?? $0.fallback)) }),
      "target": [
        "name": .string(explanation.target.name), "weights": .singles(explanation.target.weights),
      ],
      "score": .string(explanation.scoreKind.rawValue),
      "score_value": .number(explanation.score),
      "scores": .singles(subject.scores),
      "activation": .string(subject.classes.activation.rawValue),
      "classes": .strings((0..<subject.classes.count).map(subject.classes.name(of:))),
      "predicted": subject.predicted.map { .string(subject.classes.name(of: $0)) } ?? .null,
    ]
    if subject.classes.haveProbabilities { json["probabilities"] = .singles(subject.probabilities) }
    json["measure"] = .string("\(relevance.measure)")
    // On the model's grid, and of the volume that is written: where values add up, the two differ by what lay on padding alone.
    json["sum_of_relevance"] = .number(relevance.map.sum)
    json["sum_of_volume"] = .number(explanation.volume.voxels.reduce(0.0) { $0 + Double($1) })
    json["facts"] = .object(relevance.facts.map { .init($0.name, Self.json($0.value)) })
    json["map"] = grid(explanation.volume)
    json["model_grid"] = [
      "shape": .integers(subject.prepared.modelShape.extents),
      "affine": .numbers(subject.prepared.modelAffine.elements),
    ]
    if let atlas = options.atlas {
      json["atlas"] = [
        "name": .string(atlas.name), "regions": .integer(atlas.regions.count),
        "weights": .string(options.weights.rawValue),
        "transforms": .array(
          options.atlasTransforms.map { ["given": .string($0.reference.text), "kind": .string($0.kind)] }),
      ]
    }
    json["alignment"] = [
      "overlap": subject.alignment.overlap.map { .number($0) } ?? .null,
      "distance_mm": subject.alignment.distance.map { .number($0) } ?? .null,
    ]
    let notes = subject.notes + (options.atlas?.notes ?? []) + relevance.notes
    json["notes"] = .array(notes.map { ["what": .string($0.what), "how": .string($0.how)] })
    json["seconds"] = ["method": .number(explanation.seconds)]
    json["threads"] = .integer(threads)
    json["memory_limit_bytes"] = .integer(Engine.memoryLimit)
    json["library"] = .string(Engine.library)
    return json
  }

  func modelProvenance(_ digest: String) -> JSONValue {
    [
      "file": .string(classifier.model.path), "sha256": .string(digest),
      "opset": .integer(classifier.model.opsetVersion),
      "producer": .string(classifier.model.producer),
    ]
  }

  private func grid(_ volume: Volume) -> JSONValue {
    [
      "space": .string(options.space.rawValue), "shape": .integers(volume.shape.extents),
      "channels": .integer(volume.channels), "affine": .numbers(volume.affine.elements),
    ]
  }

  static func json(_ value: CardValue) -> JSONValue {
    switch value {
    case .absent: .null
    case .text(let text): .string(text)
    case .truth(let truth): .bool(truth)
    case .whole(let number): .integer(number)
    case .number(let number): .number(number)
    case .list(let values): .array(values.map(json))
    case .mapping(let entries): .object(entries.map { .init($0.key, json($0.value)) })
    }
  }

  private static func json(_ fact: Relevance.Fact.Value) -> JSONValue {
    switch fact {
    case .text(let text): .string(text)
    case .number(let number): .number(number)
    case .numbers(let numbers): .numbers(numbers)
    case .list(let numbers): .integers(numbers)
    case .integers(let numbers): numbers.count == 1 ? .integer(numbers[0]) : .integers(numbers)
    case .table(let table):
      .array(table.rows.map { row in .object(zip(table.columns, row).map { .init($0, json($1)) }) })
    }
  }
}
