internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidFaults
package import PellucidModelCards
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
package import PellucidResults
internal import PellucidTensors
internal import PellucidTransforms
internal import PellucidVolumes

extension Explainer {
  /// What was done, as a value.
  func record(of finding: Finding, _ volume: Volume, value: Double) throws(PellucidError) -> ResultRecord {
    let (subject, question, relevance) = (finding.subject, finding.question, finding.relevance)
    let type = Swift.type(of: finding.method)
    let notes: [Note] = subject.notes + (options.atlas?.notes ?? []) + finding.notes
    let values: [JSONValue.Member] = type.options.compactMap { option in
      finding.settings.text(option.name).map { JSONValue.Member(option.name, .string($0)) }
    }
    let facts: [JSONValue.Member] = relevance.facts.map { .init($0.name, JSONValue($0.value)) }
    let classes = subject.classes
    let sum = volume.sum
    return ResultRecord(
      pellucid: pellucidVersion, image: subject.scan.text, scan: try subject.digests.value(), model: modelRecord,
      card: JSONValue(classifier.card.effectiveValues), cardFile: classifier.card.file, method: type.name,
      paper: type.paper, options: .object(values),
      target: .init(
        name: question.target.name, weights: question.target.weights,
        classes: (0..<question.classes.count).map(question.classes.name(of:))), score: finding.kind, scoreValue: value,
      scores: subject.scores, probabilities: subject.probabilities,
      activation: classes.activation,
      classes: (0..<classes.count).map(classes.name(of:)), predicted: subject.predicted.map(classes.name(of:)),
      measure: relevance.measure, sumOfRelevance: relevance.map.sum, sumOfVolume: sum, facts: .object(facts),
      map: .init(
        space: options.space.rawValue, shape: volume.shape.extents, channels: volume.channels,
        affine: volume.affine.elements),
      modelGrid: .init(
        space: nil, shape: subject.prepared.modelShape.extents, channels: nil,
        affine: subject.prepared.modelAffine.elements),
      atlas: atlasRecord,
      alignment: .init(overlap: subject.alignment.overlap, distanceMm: subject.alignment.distance),
      notes: notes.map { .init(what: $0.what, how: $0.how) }, seconds: .init(method: finding.seconds),
      threads: Engine.threads, passes: finding.passes, memoryLimitBytes: Engine.memoryLimit, library: Engine.library)
  }

  private var atlasRecord: ResultRecord.Atlas? {
    guard let atlas = options.atlas else { return nil }
    return .init(
      name: atlas.name, regions: atlas.regions.count, weights: options.weights.rawValue,
      transforms: options.atlasTransforms.map { .init(given: $0.reference.text, kind: $0.kind) },
      files: atlas.files.map { .init(name: $0.path, sha256: $0.sha256) })
  }

  /// The network's file.
  package var modelRecord: ResultRecord.Model {
    let weights = classifier.model.weightFiles.map { ResultRecord.FileDigest(name: $0.path, sha256: $0.sha256) }
    return .init(
      file: classifier.model.path, sha256: classifier.model.sha256 ?? "", weights: weights.isEmpty ? nil : weights,
      opset: classifier.model.opsetVersion, producer: classifier.model.producer)
  }
}

extension JSONValue {
  /// A value of a model card.
  package init(_ value: CardValue) {
    self =
      switch value {
      case .absent: .null
      case .text(let text): .string(text)
      case .truth(let truth): .bool(truth)
      case .whole(let number): .integer(number)
      case .number(let number): .number(number)
      case .list(let values): .array(values.map { JSONValue($0) })
      case .mapping(let entries): .object(entries.map { .init($0.key, JSONValue($0.value)) })
      }
  }

  /// What a method says of its map.
  init(_ fact: Relevance.Fact.Value) {
    self =
      switch fact {
      case .text(let text): .string(text)
      case .number(let number): .number(number)
      case .numbers(let numbers): .numbers(numbers)
      case .list(let numbers): .integers(numbers)
      case .integers(let numbers): numbers.count == 1 ? .integer(numbers[0]) : .integers(numbers)
      case .table(let table):
        .array(table.rows.map { row in .object(zip(table.columns, row).map { .init($0, JSONValue($1)) }) })
      }
  }
}
