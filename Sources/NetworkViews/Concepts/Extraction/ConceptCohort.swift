public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
public import PellucidNetworks
internal import PellucidTensors
public import PellucidVolumes

/// What a network makes of a study's scans at a layer and behind it: what concepts are learned from.
public struct ConceptCohort {
  /// The layer.
  public let layer: LayerChoice
  /// Its grid, in the world of the first scan.
  public let grid: LayerGrid
  /// Its channels.
  public let channels: Int
  /// The first row of numbers behind it, by its tensor's name.
  public var row: String { dense.name }
  /// The scans.
  public let scans: [ScanReference]
  /// The classes' names.
  public let classNames: [String]
  /// Of each scan the network's probabilities, by class.
  public let probabilities: [[Double]]
  /// Of each scan the class that the network answers.
  public let predicted: [Int]
  /// Whether the layer's values lie in files.
  public var isInFiles: Bool { store.isInFiles }
  /// What was mended or decided, by scan.
  public let notes: [Note]
  /// The same for a reader: what holds for several scans once, with how many they are.
  public let summary: [Note]
  let dense: DensePart
  let store: LayerStore
  let rows: [[Double]]
  let squares: [Double]

  /// Runs the network on every scan.
  ///
  /// - Parameters:
  ///   - layer: its name; nil: the last activation function that still has places.
  ///   - folder: where values may lie that do not fit in memory.
  ///   - limit: bytes of them that are kept there.
  /// - Throws: `.usage` for a layer that is not there, has no places in three axes or is not on everything's way; `.badData` for a network
  ///   that is no classifier, and for a scan whose values are not as many as those before it.
  public init(
    of scans: [ScanReference], layer name: String?, in explainer: Explainer, folder: String,
    limit: Int = Engine.memoryLimit / 2, progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) {
    let first = try explainer.prepare(scans[0])
    guard first.probabilities != nil else { throw .noClasses() }
    let layer = try Self.layer(name, of: first)
    let shape = first.network.imported.shape(of: layer.value)
    guard let grid = LayerGrid(of: layer.value, in: first.network, world: first.inputWorld), grid.axes == [2, 3, 4],
      shape.voxels > 1
    else { throw .layerWithoutGrid(layer.name, shape.description) }
    let dense = try DensePart(behind: layer, of: first, in: explainer)
    let store = try LayerStore(scans: scans.count, width: shape.count, folder: folder, limit: limit)
    var (rows, probabilities, squares) = ([[Double]](), [[Double]](), [Double]())
    var (predicted, notes, worlds) = ([Int](), [Note](), [InputWorld]())
    var kinds: [(note: Note, scan: String, count: Int)] = []
    for (place, scan) in scans.enumerated() {
      try progress.check()
      let subject = place == 0 ? first : try explainer.prepare(scan)
      let found = try dense.values(beside: [layer], of: subject, explainer)
      let values = Self.values(found.others[0])
      guard values.count == shape.count else { throw .rowsDiffer(layer.name, scan.text, shape.count, values.count) }
      squares.append(found.others[0].channelSquares / Double(shape.count))
      try store.add(values)
      rows.append(found.row.map(Double.init))
      let own = (subject.probabilities ?? []).map(Double.init)
      probabilities.append(own)
      predicted.append(own.count > 1 ? subject.predicted ?? 0 : own[0] > 0.5 ? 1 : 0)
      worlds.append(subject.inputWorld)
      notes += subject.notes.map { $0.of(scan.text) }
      for note in subject.notes {
        if let same = kinds.firstIndex(where: { $0.note.text == note.text }) {
          kinds[same].count += 1
        } else {
          kinds.append((note, scan.text, 1))
        }
      }
      progress.advanced(to: place + 1, of: scans.count)
    }
    var summary = kinds.map { kind in
      let others = kind.count > 1 ? " (and in \(kind.count - 1) more scans)" : ""
      return Note(what: kind.note.what, how: kind.note.how + others, weight: kind.note.weight).of(kind.scan)
    }
    if !worlds.share {
      let apart = Note(
        what: "the scans do not share a grid in the world",
        how: "volumes of the whole study lie as the layer does in the first scan", weight: .told)
      notes.append(apart)
      summary.append(apart)
    }
    self.summary = summary
    (self.layer, self.grid, self.dense, self.store, self.scans) = (layer, grid, dense, store, scans)
    (self.rows, self.probabilities, self.squares, self.predicted, self.notes) = (
      rows, probabilities, squares, predicted, notes
    )
    channels = shape[1]
    classNames = (0..<first.classes.count).map { first.classes.name(of: $0) }
  }

  private static func layer(_ name: String?, of subject: Explainer.Case) throws(PellucidError) -> LayerChoice {
    if let name { return try LayerChoice(name, in: subject.network) }
    let graph = subject.network.imported
    let placed = try LayerChoice.stages(of: subject.network, most: 1000).last {
      ReceptiveField.of($0.value, in: graph).axes == [2, 3, 4] && graph.shape(of: $0.value).voxels > 1
    }
    guard let placed else { throw .layerWithoutGrid("of the network's end", "") }
    return placed
  }

  /// A layer's values place after place, the channels of each together.
  static func values(_ tensor: Tensor) -> [Float] { tensor.ordered(.channelsLast).values }
}

extension Tensor {
  /// Σ of all squares.
  fileprivate var channelSquares: Double { combined(.multiply, with: self).sum }
}

extension PellucidError {
  static func noClasses() -> Self {
    .init(
      .badData, what: "the network answers no probabilities of classes, and concepts are a class's",
      remedy: "take a classifier; for one, state output.activation in the model card")
  }

  static func layerWithoutGrid(_ name: String, _ shape: String) -> Self {
    .init(
      .usage, what: "the layer \(name) has no channels over places in three axes",
      why: shape.isEmpty ? "" : "its output is \(shape)", remedy: "choose as `layer` one of shape [1, C, D, H, W]")
  }
}
