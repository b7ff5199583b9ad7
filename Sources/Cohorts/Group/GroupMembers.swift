internal import PellucidFaults
internal import PellucidStatistics

/// Who is compared: the scans of two groups, or of two visits of the same participants, one after the other.
struct GroupMembers {
  private(set) var names: (String, String) = ("", "")
  /// With two visits: each participant's first, then second.
  private(set) var members: [(visit: Int, isA: Bool)] = []
  private(set) var notes: [Note] = []

  init(_ data: GroupData, _ covariates: Covariates, _ options: GroupStudy.Options) throws(PellucidError) {
    if !data.leftOut.isEmpty {
      let first = data.leftOut[0]
      notes.append(
        Note(
          what: "\(data.leftOut.count) scans cannot be used (\(first.name): \(first.why))", how: "they are left out",
          weight: .told))
    }
    if let sessions = options.sessions {
      try pair(data, sessions, options)
    } else {
      try group(data, covariates, options)
    }
    guard members.count(where: \.isA) > 1, members.count(where: { !$0.isA }) > 1 else {
      let (a, b) = (members.count(where: \.isA), members.count { !$0.isA })
      throw .groupTooSmall(data.folder.path, names: names, counts: (a, b))
    }
  }

  private mutating func pair(
    _ data: GroupData, _ sessions: (String, String), _ options: GroupStudy.Options
  ) throws(PellucidError) {
    guard options.covariates.isEmpty else { throw .covariatesOfPairs() }
    let wanted = (
      "ses-" + BIDSName.label(sessions.0, without: "ses-"), "ses-" + BIDSName.label(sessions.1, without: "ses-")
    )
    names = wanted
    let known = Set(data.visits.compactMap(\.session)).sorted()
    for name in [wanted.0, wanted.1] where !known.contains(name) {
      throw .noSession(name, data.folder.path, has: known)
    }
    for (place, visit) in data.visits.enumerated() where visit.session == wanted.0 {
      if let compared = options.compared, visit.group != compared.0, visit.group != compared.1 { continue }
      guard
        let other = data.visits.firstIndex(where: {
          $0.participant == visit.participant && $0.session == wanted.1
        })
      else { continue }
      members += [(place, true), (other, false)]
    }
  }

  private mutating func group(
    _ data: GroupData, _ covariates: Covariates, _ options: GroupStudy.Options
  ) throws(PellucidError) {
    let positive = options.positive
    let labels = data.visits.map { visit -> String? in
      switch options.grouping {
      case .label: return visit.group
      case .prediction: return visit.predicted
      case .outcome:
        guard let group = visit.group, let predicted = visit.predicted, let positive else { return nil }
        return (group == predicted ? "T" : "F") + (predicted == positive ? "P" : "N")
      }
    }
    if options.grouping == .outcome {
      guard let positive else { throw .positiveMissing() }
      let classes = Set(data.visits.compactMap(\.predicted))
      let groups = Set(data.visits.compactMap(\.group))
      guard classes.isSubset(of: groups), groups.contains(positive) else {
        throw .groupsAreNoClasses(data.folder.path, groups.sorted(), classes: classes.sorted())
      }
    }
    let there = Set(labels.compactMap { $0 }).sorted()
    if let compared = options.compared {
      names = compared
      for name in [compared.0, compared.1] where !there.contains(name) {
        throw .noGroup(name, data.folder.path, has: there)
      }
    } else {
      guard there.count == 2 else { throw .whichGroups(data.folder.path, there) }
      names = (there[0], there[1])
    }
    var seen: Set<String> = []
    var (repeated, unknown): ([String], [String]) = ([], [])
    for (place, visit) in data.visits.enumerated() {
      guard let label = labels[place], label == names.0 || label == names.1 else { continue }
      guard covariates.areKnown(place) else {
        unknown.append(visit.name)
        continue
      }
      guard seen.insert(visit.participant).inserted else {
        repeated.append(visit.name)
        continue
      }
      members.append((place, label == names.0))
    }
    if let first = repeated.first {
      notes.append(
        Note(
          what: "\(repeated.count) scans are further visits of participants (\(first))",
          how: "the first visit of each counts; `sessions` compares two visits", weight: .told))
    }
    if let first = unknown.first {
      notes.append(
        Note(
          what: "\(unknown.count) scans have no value of a covariate (\(first))", how: "they are left out",
          weight: .told))
    }
  }

  /// How well the network's answer for a class tells the groups apart, where one of them is called like a class.
  func performance(
    _ data: GroupData
  ) -> [(measure: String, value: Double, low: Double?, high: Double?, n: Int)] {
    var rows: [(measure: String, value: Double, low: Double?, high: Double?, n: Int)] = []
    let answers = members.compactMap { member -> (value: Double, isA: Bool, visit: Int)? in
      let own = data.visits[member.visit].answers
      if let value = own[names.0] { return (value, member.isA, member.visit) }
      return own[names.1].map { (-$0, member.isA, member.visit) }
    }
    guard answers.count == members.count, !answers.isEmpty else { return [] }
    let (positives, negatives) = (answers.filter(\.isA).map(\.value), answers.filter { !$0.isA }.map(\.value))
    if let auc = Performance.auc(positives: positives, negatives: negatives) {
      rows.append(("auc", auc.area, auc.low, auc.high, answers.count))
    }
    let isClass = data.visits[answers[0].visit].answers[names.0] != nil
    func isPositive(_ visit: Int) -> Bool {
      isClass ? data.visits[visit].predicted == names.0 : data.visits[visit].predicted != names.1
    }
    let hits = answers.count { $0.isA && isPositive($0.visit) }
    let rejections = answers.count { !$0.isA && !isPositive($0.visit) }
    if let accuracy = Performance.balancedAccuracy(
      truePositives: hits, positives: positives.count, trueNegatives: rejections, negatives: negatives.count)
    {
      rows.append(("balanced_accuracy", accuracy.value, accuracy.low, accuracy.high, answers.count))
      rows.append(("sensitivity", Double(hits) / Double(positives.count), nil, nil, positives.count))
      rows.append(("specificity", Double(rejections) / Double(negatives.count), nil, nil, negatives.count))
    }
    return rows
  }
}
