internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidResults
internal import PellucidTables
internal import PellucidTensors
internal import PellucidVolumes

/// What one model, or several together, say of a scan: the mean of their answers and maps, and how far they differ.
struct ModelAnswers {
  let explainers: [Explainer]
  /// The scan, made ready for each model.
  let cases: [Explainer.Case]
  private let questions: [Question]

  /// - Throws: `.usage` where models have other classes than the first.
  init(of scan: Scan, by explainers: [Explainer]) throws(PellucidError) {
    self.explainers = explainers
    var cases: [Explainer.Case] = []
    var questions: [Question] = []
    for explainer in explainers {
      let prepared = try explainer.prepare(scan)
      if let first = cases.first, first.names != prepared.names {
        throw .answersDiffer(explainers[0].modelRecord.file, explainer.modelRecord.file)
      }
      cases.append(prepared)
      questions.append(try explainer.question(for: prepared))
    }
    (self.cases, self.questions) = (cases, questions)
  }

  private var scores: [Float] { Self.mean(cases.map(\.scores)) }
  private var probabilities: [Float]? {
    let all = cases.compactMap(\.probabilities)
    return all.isEmpty ? nil : Self.mean(all)
  }

  /// The class whose mean probability, or score, is highest.
  private var predicted: String? {
    guard cases[0].predicted != nil else { return nil }
    let values = probabilities ?? scores
    let best = values.indices.max { values[$0] < values[$1] || values[$0] == values[$1] && $0 > $1 }
    return best.map(cases[0].classes.name(of:))
  }

  /// Enters what the models answer into a visit's record.
  func note(in record: inout SubjectRecord) {
    record.classes = cases[0].names
    record.scores = scores
    record.probabilities = probabilities
    record.predicted = predicted
    record.models = explainers.map(\.modelRecord.file)
    record.alignment = .init(overlap: cases[0].alignment.overlap, distanceMm: cases[0].alignment.distance)
  }

  /// The mean of the models' maps, with the files that show how they differ.
  func explained(
    by method: any AttributionMethod, called name: String, visit: String
  ) throws(PellucidError) -> (explanation: Explanation, parts: [any ResultPart]) {
    var each: [Explanation] = []
    for ((explainer, prepared), question) in zip(zip(explainers, cases), questions) {
      each.append(try explainer.explain(prepared, question, by: method))
    }
    var record = each[0].record
    // When and where it was computed is no part of what it is.
    (record.seconds, record.passes, record.threads, record.memoryLimitBytes) = (nil, nil, nil, nil)
    guard each.count > 1 else {
      return (
        each[0].with(record: record, volume: each[0].volume, table: each[0].table, caption: name, stem: visit), []
      )
    }
    let (mean, deviation) = try Self.spread(of: each, explainers)
    let table = try self.table(of: mean, each)
    record.scores = scores
    record.probabilities = probabilities
    record.predicted = predicted
    record.scoreValue = each.reduce(0) { $0 + $1.score } / Double(each.count)
    record.sumOfRelevance = each.reduce(0) { $0 + $1.record.sumOfRelevance } / Double(each.count)
    record.sumOfVolume = mean.voxels.reduce(0.0) { $0 + Double($1) }
    record.facts["models"] = .array(
      each.map { one in
        [
          "file": .string(one.record.model.file), "sha256": .string(one.record.model.sha256),
          "score_value": .number(one.score), "predicted": one.record.predicted.map(JSONValue.string) ?? .null,
        ]
      })
    let explanation = each[0].with(record: record, volume: mean, table: table, caption: name, stem: visit)
    var parts: [any ResultPart] = [DeviationPart(volume: deviation)]
    if table != nil { parts.append(ModelsPart(tables: each.compactMap(\.table))) }
    return (explanation, parts)
  }

  // MARK: Arithmetic

  private static func mean(_ values: [[Float]]) -> [Float] {
    values[0].indices.map { place in
      Float(values.reduce(0.0) { $0 + Double($1[place]) } / Double(values.count))
    }
  }

  /// Mean and standard deviation (n − 1) of the maps, voxel by voxel.
  private static func spread(
    of each: [Explanation], _ explainers: [Explainer]
  ) throws(PellucidError) -> (Volume, Volume) {
    var (mean, deviation) = (each[0].volume, each[0].volume)
    for (other, explainer) in zip(each, explainers) where other.volume.voxels.count != mean.voxels.count {
      throw .mapsDiffer(explainer.modelRecord.file)
    }
    let count = Double(each.count)
    for place in mean.voxels.indices {
      let sum = each.reduce(0.0) { $0 + Double($1.volume.voxels[place]) }
      let squares = each.reduce(0.0) {
        let difference = Double($1.volume.voxels[place]) - sum / count
        return $0 + difference * difference
      }
      mean.voxels[place] = Float(sum / count)
      deviation.voxels[place] = Float((squares / (count - 1)).squareRoot())
    }
    return (mean, deviation)
  }

  /// The region table of the mean map.
  private func table(of mean: Volume, _ each: [Explanation]) throws(PellucidError) -> RegionTable? {
    let options = explainers[0].options
    guard let atlas = cases[0].atlas else { return nil }
    guard options.space != .atlas else { throw .meanInAtlasSpace() }
    let isShared = mean.channels > 1 && each[0].relevance.map.shape[1] == 1
    var drops: [Int32: Double] = [:]
    for one in each {
      for (label, drop) in one.relevance.scoreDrops { drops[label, default: 0] += drop / Double(each.count) }
    }
    return try atlas.table(
      of: isShared ? mean.channel(alone: 0) : mean, weights: options.weights,
      fieldOfView: cases[0].prepared.path.fieldOfView, scoreDrops: drops.isEmpty ? nil : drops)
  }
}

extension Explainer.Case {
  /// The names of its classes.
  fileprivate var names: [String] { (0..<classes.count).map(classes.name(of:)) }
}

extension Explanation {
  /// The same with another record and map.
  func with(record: ResultRecord, volume: Volume, table: RegionTable?, caption: String, stem: String) -> Explanation {
    var copy = Explanation(
      record: record, stem: stem, volume: volume, relevance: relevance, anatomy: anatomy, table: table,
      regionNames: regionNames, target: target, scoreName: scoreName, warnings: warnings)
    (copy.caption, copy.images, copy.norms) = (caption, images, norms)
    return copy
  }

  /// The same with the map's mantissas rounded to so many bits, the nearest, ties to even, so that it compresses better.
  func rounded(toSignificantBits bits: Int) -> Explanation {
    let dropped = UInt32(max(0, 23 - bits))
    guard dropped > 0 else { return self }
    var volume = volume
    for place in volume.voxels.indices {
      let pattern = volume.voxels[place].bitPattern
      let half = (UInt32(1) << (dropped - 1)) - 1 + (pattern >> dropped & 1)
      volume.voxels[place] = Float(bitPattern: ((pattern &+ half) >> dropped) << dropped)
    }
    var record = record
    record.sumOfVolume = volume.voxels.reduce(0.0) { $0 + Double($1) }
    record.facts["significant_bits"] = .integer(bits)
    return with(record: record, volume: volume, table: table, caption: caption, stem: stem)
  }
}

/// The standard deviation between the models' maps.
private struct DeviationPart: ResultPart {
  let role = "deviation"
  let ending = "_deviation.nii.gz"
  let volume: Volume

  static func parts(of result: DrawnResult) -> [DeviationPart] { [] }

  func write(to path: String) throws(PellucidError) {
    try volume.write(to: path, description: "Pellucid \(pellucidVersion), standard deviation between models")
  }
}

/// What each model's map says of every region, and how far they agree.
private struct ModelsPart: ResultPart {
  let role = "models"
  let ending = "_models.tsv"
  let tables: [RegionTable]

  static func parts(of result: DrawnResult) -> [ModelsPart] { [] }

  func write(to path: String) throws(PellucidError) {
    let rows = tables[0].rows
    let sums = rows.indices.map { row in tables.map { row < $0.rows.count ? $0.rows[row].values?.sum : nil } }
    let known = sums.map { $0.compactMap { $0 } }
    let means = known.map { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) }
    let deviations = zip(known, means).map { values, mean -> Double? in
      guard let mean, values.count > 1 else { return nil }
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
    let agreement = zip(known, means).map { values, mean -> Double? in
      guard let mean, !values.isEmpty else { return nil }
      return Double(values.count { ($0 > 0) == (mean > 0) }) / Double(values.count)
    }
    var columns: [Table.Column] = [
      .whole("index", rows.map { Int($0.region?.index ?? 0) }),
      .text("name", rows.map { $0.region?.name ?? "outside" }),
      .number("sum_mean", means), .number("sum_sd", deviations), .number("sign_agreement", agreement),
    ]
    for model in tables.indices { columns.append(.number("sum_\(model + 1)", sums.map { $0[model] })) }
    try AtomicFile.write(Table(columns).tsv, to: path)
  }
}
