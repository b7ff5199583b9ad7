internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
internal import PellucidModelCards
internal import PellucidStatistics
public import PellucidSubjects
internal import PellucidTables
public import PellucidVolumes

/// The tables and pictures of a ``Manifold``.
public struct ManifoldReport {
  private let manifold: Manifold
  private let subjects: [SubjectTable.Subject]
  private let predicted: [String?]
  private let pool: ActivationPool

  /// A report of what was found of a table's subjects.
  public init(
    _ manifold: Manifold, _ activations: CohortActivations, of table: SubjectTable, pool: ActivationPool
  ) {
    (self.manifold, subjects, predicted, self.pool) = (manifold, table.subjects, activations.predicted, pool)
  }

  /// Writes everything but the record.
  /// - Parameter volumes: what ``ComponentMaps`` found, in the order of layers.
  public func write(into writer: ViewWriter, volumes: [Volume?]) throws(PellucidError) {
    try writer.add(coordinates, role: "coordinates", ending: "_coordinates.tsv")
    try writer.add(neighbours, role: "neighbours", ending: "_neighbours.tsv")
    if !manifold.questions.isEmpty { try writer.add(probes, role: "probes", ending: "_probes.tsv") }
    try writer.add(alignment, role: "cka", ending: "_cka.tsv")
    if let picture = try scatter() { try writer.add(picture, role: "picture", ending: ".png") }
    if manifold.layers.count > 1 {
      try writer.add(try heatMap(), role: "cka_picture", ending: "_cka.png")
      if !manifold.questions.isEmpty {
        try writer.add(try depths(), role: "probes_picture", ending: "_probes.png")
      }
    }
    for (layer, volume) in zip(manifold.layers, volumes) {
      guard let volume else { continue }
      try writer.add(
        volume, role: "volume:" + layer.choice.name, ending: "_\(layer.choice.fileName).nii.gz",
        description: "where components come from")
    }
  }

  // MARK: Tables

  private var coordinates: Table {
    let count = manifold.layers.map { $0.components?.components.count ?? 0 }.max() ?? 0
    let rows = manifold.layers.flatMap { layer in subjects.indices.map { (layer, $0) } }
    var columns: [Table.Column] = [
      .text("layer", rows.map { $0.0.choice.name }), .text("participant_id", rows.map { subjects[$0.1].participant }),
      .text("session_id", rows.map { subjects[$0.1].session }), .text("group", rows.map { subjects[$0.1].group }),
      .text("predicted", rows.map { predicted[$0.1] }),
    ]
    for k in 0..<count {
      columns.append(
        .number(
          "pc\(k + 1)",
          rows.map { layer, subject in
            layer.components.flatMap { k < $0.components.count ? $0.coordinates[subject][k] : nil }
          }))
    }
    return Table(columns)
  }

  private var neighbours: Table {
    let rows = manifold.layers.flatMap { layer in
      layer.neighbours.enumerated().flatMap { subject, near in
        near.enumerated().map { rank, other in (layer, subject, rank + 1, other) }
      }
    }
    return Table([
      .text("layer", rows.map { $0.0.choice.name }), .text("participant_id", rows.map { subjects[$0.1].name }),
      .whole("rank", rows.map { $0.2 }), .text("neighbour", rows.map { subjects[$0.3.subject].name }),
      .number("distance", rows.map { $0.3.distance }), .text("group", rows.map { subjects[$0.1].group }),
      .text("neighbour_group", rows.map { subjects[$0.3.subject].group }),
    ])
  }

  private var probes: Table {
    let rows = manifold.layers.enumerated().flatMap { depth, layer in
      zip(manifold.questions, layer.probes).map { (depth, layer, $0, $1) }
    }
    return Table([
      .text("layer", rows.map { $0.1.choice.name }), .whole("depth", rows.map { $0.0 + 1 }),
      .text("covariate", rows.map { $0.2.name }),
      .text("measure", rows.map { $0.2.classes == nil ? "r2" : "balanced_accuracy" }),
      .number("value", rows.map { $0.3?.score }), .number("chance", rows.map { $0.3?.chance }),
      .number("auc", rows.map { $0.3?.auc }), .whole("n", rows.map { $0.2.subjects.count }),
      .whole("folds", rows.map { $0.2.folds.count }), .whole("width", rows.map { $0.1.width }),
    ])
  }

  private var alignment: Table {
    let pairs = manifold.layers.indices.flatMap { a in manifold.layers.indices.map { (a, $0) } }
    let name = { (place: Int) in manifold.layers[place].choice.name }
    return Table([
      .text("a", pairs.map { name($0.0) }), .text("b", pairs.map { name($0.1) }),
      .number("cka", pairs.map { manifold.alignment[$0.0][$0.1] }),
      .number("cka_unbiased", pairs.map { manifold.unbiasedAlignment[$0.0][$0.1] }),
    ])
  }

  // MARK: Pictures

  private func scatter() throws(PellucidError) -> [UInt8]? {
    let panels = manifold.layers.compactMap { layer -> ScatterPanels.Panel? in
      guard let components = layer.components, let count = components.coordinates.first?.count, count > 0 else {
        return nil
      }
      let share = { (k: Int) in
        k < components.shares.count ? " (\(FixedPoint.text(100 * components.shares[k], digits: 0)) %)" : ""
      }
      return ScatterPanels.Panel(
        title: layer.choice.name, across: "component 1" + share(0), up: "component 2" + share(1),
        x: components.coordinates.map { $0[0] }, y: components.coordinates.map { count > 1 ? $0[1] : 0 })
    }
    guard !panels.isEmpty else { return nil }
    var options = ChartOptions()
    options.title = "How the network sees \(subjects.count) subjects"
    options.width = 170
    let question = manifold.questions.first
    var key = ScatterPanels.Key.groups(predicted)
    var told = "the network's answer"
    if let question {
      told = question.name
      var numbers = [Double?](repeating: nil, count: subjects.count)
      for (subject, value) in zip(question.subjects, question.values) { numbers[subject] = value }
      key =
        question.classes.map { classes in .groups(numbers.map { $0.map { classes[Int($0)] } }) }
        ?? .numbers(numbers, label: question.name)
    }
    options.subtitle =
      "principal components of \(pool == .mean ? "each channel's mean" : "all values"), coloured by \(told)"
    return try ScatterPanels(Array(panels.prefix(24)), key: key, options: options).png()
  }

  private func heatMap() throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    options.title = "How alike the layers see the subjects"
    options.subtitle = "linear centred kernel alignment without bias (Kornblith et al. 2019; Song et al. 2012)"
    options.label = "CKA"
    options.limit = 1
    options.width = 170
    let names = manifold.layers.map(\.choice.name)
    let values = manifold.unbiasedAlignment.map { $0.map { $0 ?? .nan } }
    return try HeatMap(rows: names, columns: names, values: values, options: options, decimals: 2).png()
  }

  private func depths() throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    options.title = "At which depth the network knows what"
    options.subtitle =
      "a line through each layer, cross-validated; numbers: R², classes: how far balanced accuracy is from chance to 1"
    options.label = "known"
    options.limit = 1
    options.width = 170
    let depth = manifold.layers.indices.map { Double($0 + 1) }
    let lines = manifold.questions.indices.map { place in
      LineChart.Line(
        name: manifold.questions[place].name, x: depth,
        y: manifold.layers.map { layer in
          guard let probe = layer.probes[place] else { return .nan }
          // Far below nothing is nothing, too.
          return max(-0.25, (probe.score - probe.chance) / (1 - probe.chance))
        })
    }
    return try LineChart(
      [LineChart.Panel(title: "", lines: lines)], axis: "layer, from the first to the last", options: options
    ).png()
  }
}
