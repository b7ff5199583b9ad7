internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidVolumes

/// One visit of a cohort, explained and written, unless its results are there already.
struct SubjectRun {
  let study: CohortStudy
  let visit: Cohort.Visit
  /// What results depend on, by the models' paths.
  let requests: [[String]: JSONValue]
  let isForced: Bool

  private var folder: String { study.folder.path(of: visit.name.folder) }
  private var recordName: String { SubjectRecord.fileName(of: visit.name) }

  /// Does what is to be done; nil: another run is at it.
  /// - Parameter waiting: whether to wait for another run.
  /// - Throws: what is wrong for all scans.
  func outcome(waiting: Bool) throws(PellucidError) -> CohortStudy.Outcome? {
    guard let lock = try study.folder.lock(visit.name.stem, waiting: waiting) else { return nil }
    defer { withExtendedLifetime(lock) {} }
    let begin = ContinuousClock.now
    try Folder.make(folder)
    Folder.sweep(folder)
    let former = SubjectRecord(at: folder + "/" + recordName)
    var record: SubjectRecord
    var isNew = true
    var notes: [Note] = []
    do {
      (record, isNew) = try explained(former, &notes)
    } catch {
      guard error.isOfScan(study) else { throw error }
      record = SubjectRecord(of: visit.name, status: .failed, reason: error.line, request: .null, scan: [])
      remove(filesOf: former?.results ?? [], butFor: [])
      try AtomicFile.write(record.text, to: folder + "/" + recordName)
    }
    return CohortStudy.Outcome(
      name: visit.name.stem, fault: record.status == .ok ? nil : record.reason ?? record.status.rawValue, isNew: isNew,
      seconds: Double((ContinuousClock.now - begin) / .microseconds(1)) / 1e6, notes: notes)
  }

  /// A method with what its result is called and depends on.
  private struct Wanted {
    var variant: MethodVariant
    var start: String
    var request: JSONValue
  }

  private func explained(
    _ former: SubjectRecord?, _ notes: inout [Note]
  ) throws(PellucidError) -> (SubjectRecord, isNew: Bool) {
    guard let reference = visit.scan else { throw .imageMissing(study.cohort.source, visit) }
    var explainers = study.explainers(of: visit)
    let hasInputs = !study.inputs.patterns.isEmpty
    if hasInputs {
      let (values, images) = try study.inputs.own(visit, in: study.cohort.source)
      explainers = try explainers.map { (explainer) throws(PellucidError) in
        Explainer(
          try Classifier(explainer.classifier, inputs: values, imageFiles: images), options: explainer.options)
      }
    }
    let files = try explainers[0].complete(reference).digests()
    var own: Explainer.Options?
    if let first = explainers.first { own = try study.atlases.own(visit, first.options) }
    let request: JSONValue
    if own != nil || hasInputs {
      if let own { explainers = explainers.map { Explainer($0.classifier, options: own) } }
      request = try CohortRequest.common(
        explainers, isOfFold: explainers.count < study.explainers.count, keeping: study.kept,
        significantBits: study.significantBits)
    } else {
      request = requests[explainers.map(\.modelRecord.file)] ?? .null
    }
    var wanted: [Wanted] = []
    for (variant, label) in zip(study.variants, DerivativesFolder.labels(of: study.variants)) {
      wanted.append(
        Wanted(
          variant: variant, start: visit.name.start(space: study.folder.space, description: label),
          request: try CohortRequest.method(variant)))
    }
    var intact: [SubjectRecord.Result] = []
    if let former, !isForced, former.status != .failed, former.request == request,
      former.scan.map(\.sha256) == files.map(\.sha256)
    {
      intact = former.results.filter { isIntact($0, ofScan: files) }
      wanted.removeAll { new in intact.contains { $0.start == new.start && $0.request == new.request } }
      if wanted.isEmpty, intact.count == former.results.count { return (former, false) }
    }
    let kept = intact.filter { old in !wanted.contains { $0.start == old.start } }
    let record = try explained(
      wanted, reference, files, explainers, request, keeping: kept, former, hasOwn: own != nil, &notes)
    return (record, true)
  }

  private func explained(
    _ wanted: [Wanted], _ reference: ScanReference, _ files: [ResultRecord.FileDigest], _ explainers: [Explainer],
    _ request: JSONValue, keeping kept: [SubjectRecord.Result], _ former: SubjectRecord?, hasOwn: Bool,
    _ notes: inout [Note]
  ) throws(PellucidError) -> SubjectRecord {
    let scan = try explainers[0].read(reference)
    let answers = try ModelAnswers(of: scan, by: explainers)
    let warnings = answers.cases[0].alignment.warnings
    notes = answers.cases.flatMap(\.notes).filter { note in !warnings.contains(note) }
    var record = SubjectRecord(
      of: visit.name, status: warnings.isEmpty ? .ok : .misregistered, reason: warnings.first?.text,
      request: request, scan: files)
    answers.note(in: &record)
    record.hasOwnRegions = hasOwn && answers.cases[0].atlas != nil
    record.results = kept
    let outside = OutsideOfHead(of: scan.anatomy)
    let writer = try ResultWriter(ResultFolder(folder), style: study.style)
    var names = Set(kept.flatMap(self.files))
    for one in wanted {
      let method = try one.variant.make()
      let joint = try answers.explained(by: method, called: one.variant.name, visit: visit.name.stem)
      let rounded = study.significantBits.map(joint.explanation.rounded(toSignificantBits:)) ?? joint.explanation
      notes += joint.explanation.relevance.notes.map { Note(what: $0.what, how: $0.how, weight: max($0.weight, .told)) }
      let (naming, keys) = (ResultNaming(one.start, suffix: "relevance"), Self.sidecar(rounded, one.variant))
      let stored = try writer.add(
        rounded, as: naming, keeps: study.keeps(role:), further: joint.parts.filter { study.keeps(role: $0.role) },
        keys: keys)
      names.formUnion([naming.file(".json")] + stored.record.files.entries.map(\.name))
      let text = ResultWriter.text(of: stored.record, keys: keys)
      record.results.append(
        .init(
          method: one.variant.name, start: one.start,
          record: .init(name: naming.file(".json"), sha256: SHA256.hexDigest(of: text)),
          target: stored.record.target.name, request: one.request, outsideHead: outside.share(of: rounded.volume),
          completenessResidual: stored.record.facts.number("completeness_residual")))
    }
    record.results.sort { $0.start < $1.start }
    remove(filesOf: former?.results ?? [], butFor: names)
    try writer.add(record.text, as: recordName)
    try writer.commit()
    return record
  }

  /// What BIDS asks for beside a derived file.
  private static func sidecar(_ explanation: Explanation, _ variant: MethodVariant) -> [JSONValue.Member] {
    let record = explanation.record
    return [
      .init(
        "Description",
        .string("Relevance of each voxel for \(record.target.name) (\(explanation.scoreName)), by \(variant.name)")),
      .init("Sources", .strings(record.scan.map(\.name))),
    ]
  }

  /// Whether a result's files are there and hold what was written, of this scan.
  private func isIntact(_ result: SubjectRecord.Result, ofScan scan: [ResultRecord.FileDigest]) -> Bool {
    let path = folder + "/" + result.record.name
    guard let digest = try? SHA256.hexDigest(ofFile: path), digest == result.record.sha256,
      let record = try? ResultRecord(contentsOf: path), record.scan.map(\.sha256) == scan.map(\.sha256)
    else { return false }
    return record.files.entries.allSatisfy { file in
      (try? SHA256.hexDigest(ofFile: folder + "/" + file.name)) == file.sha256
    }
  }

  /// The names of a result's files.
  private func files(of result: SubjectRecord.Result) -> [String] {
    let record = try? ResultRecord(contentsOf: folder + "/" + result.record.name)
    return [result.record.name] + (record?.files.entries.map(\.name) ?? [])
  }

  /// Removes files of results that no longer hold, but for those that are about to be replaced.
  private func remove(filesOf results: [SubjectRecord.Result], butFor names: Set<String>) {
    for name in results.flatMap(files) where !names.contains(name) { Folder.remove(file: folder + "/" + name) }
  }
}

extension CohortStudy {
  /// Whether files of a role are kept.
  fileprivate func keeps(role: String) -> Bool {
    switch kept {
    case .maps: true
    case .tables: !["volume", "picture", "deviation", "matrix_picture"].contains(role)
    case .none: false
    }
  }
}

extension PellucidError {
  /// Whether it concerns one scan alone, so that the others can go on.
  fileprivate func isOfScan(_ study: CohortStudy) -> Bool {
    switch kind {
    case .usage, .output, .internalFault: false
    case .unsupported:
      !study.explainers.contains { [$0.modelRecord.file, $0.classifier.card.file].contains(place.file) }
    case .badData, .numeric: true
    }
  }
}

extension JSONValue {
  /// A member that is a number; nil where there is none.
  fileprivate func number(_ key: String) -> Double? {
    switch self[key] {
    case .number(let number): number
    case .single(let number): Double(number)
    case .integer(let number): Double(number)
    default: nil
    }
  }
}
