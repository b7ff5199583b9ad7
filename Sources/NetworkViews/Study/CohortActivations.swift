public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
public import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidStatistics
internal import PellucidTensors
public import PellucidVolumes

/// What layers make of many scans: a row of numbers a scan and layer.
///
/// Scans are read one after the other and only the rows are kept, so a study may be far larger than memory.
public struct CohortActivations: Sendable {
  /// The layers.
  public let layers: [LayerChoice]
  /// The rows of each layer.
  public let rows: [SymmetricMatrix.Rows]
  /// The class that the network answers with; nil where there are none.
  public let predicted: [String?]
  /// Where each scan's input lies.
  public let worlds: [InputWorld]
  /// What was mended or decided, by scan.
  public let notes: [Note]

  /// Runs the network on every scan.
  ///
  /// - Parameters:
  ///   - changes: what is done to each scan before; nil, or none at all: nothing.
  ///   - layers: names with commas between; nil: what the network's activation functions make, at most 12 of them.
  ///   - pool: how a layer's values become a row.
  /// - Throws: `.usage` for a layer that is not there, `.badData` for a scan that cannot be read, or rows that do not fit in memory.
  public init(
    of scans: [ScanReference], changes: [RegionExample?] = [], layers names: String?, in explainer: Explainer,
    pool: ActivationPool, progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) {
    var layers: [LayerChoice] = []
    var values: [[Float]] = []
    var (predicted, worlds, notes) = ([String?](), [InputWorld](), [Note]())
    for (place, scan) in scans.enumerated() {
      try progress.check()
      let subject = try explainer.prepare(scan)
      if place == 0 {
        layers =
          if let names { try LayerChoice.list(names, in: subject.network) } else {
            try LayerChoice.stages(of: subject.network)
          }
        values = Array(repeating: [], count: layers.count)
        try Self.checkRoom(layers, in: subject.network, pool, scans: scans.count)
      }
      let change = changes.isEmpty ? nil : changes[place]
      let input = try change?.input(of: subject, in: explainer) ?? subject.prepared.input
      let kept = try Self.activations(layers, of: subject, input: input, explainer)
      for (layer, tensor) in kept.enumerated() {
        let map = LayerMap(of: layers[layer].value, in: subject.network.imported)
        let row = pool.row(of: tensor, map)
        if place > 0, row.count != values[layer].count / place {
          throw .rowsDiffer(layers[layer].name, scan.text, values[layer].count / place, row.count)
        }
        values[layer] += row
      }
      predicted.append(subject.predicted.map(subject.classes.name(of:)))
      worlds.append(InputWorld(subject.prepared.path))
      notes += subject.notes.map { $0.of(scan.text) }
      progress.advanced(to: place + 1, of: scans.count)
    }
    self.layers = layers
    rows = values.map {
      SymmetricMatrix.Rows(count: scans.count, width: scans.isEmpty ? 0 : $0.count / scans.count, values: $0)
    }
    (self.predicted, self.worlds, self.notes) = (predicted, worlds, notes)
  }

  /// What layers make of one scan, as the file defines them.
  /// - Parameter input: the network's, where it is not the scan's as it is.
  static func activations(
    _ layers: [LayerChoice], of subject: Explainer.Case, input: Tensor? = nil, _ explainer: Explainer
  ) throws(PellucidError) -> [Tensor] {
    let input = input ?? subject.prepared.input
    let values = Set(layers.map(\.value))
    let network = try subject.network.exposing(values)
    let found: [ValueID: Tensor]
    do {
      found = try network.activations(values, of: input)
    } catch {
      throw explainer.located(error, subject)
    }
    var tensors: [Tensor] = []
    for layer in layers {
      if layer.value == network.graph.input {
        tensors.append(input)
      } else if let tensor = found[layer.value] {
        tensors.append(tensor)
      } else {
        throw .layerNotMade(layer.name)
      }
    }
    return tensors
  }

  /// Refuses rows that memory does not hold before the first scan is run.
  private static func checkRoom(
    _ layers: [LayerChoice], in network: Network, _ pool: ActivationPool, scans: Int
  ) throws(PellucidError) {
    let width = layers.reduce(0) { $0 + pool.width(of: LayerMap(of: $1.value, in: network.imported)) }
    let bytes = 4 * width * scans
    guard bytes > Engine.memoryLimit else { return }
    throw .rowsTooLarge(scans: scans, bytes: bytes, limit: Engine.memoryLimit)
  }
}

extension LayerChoice {
  /// What a network's activation functions make, from the first to the last; of more than `most` some that lie evenly.
  public static func stages(of network: Network, most: Int = 12) throws(PellucidError) -> [LayerChoice] {
    let graph = network.imported
    let kinds: Set<Role> = [.rectifier, .activation]
    var steps = graph.nodes.filter { kinds.contains($0.operation.role) && $0.output != graph.output }
    if steps.isEmpty { steps = graph.nodes.filter { $0.operation.role == .convolution } }
    if steps.isEmpty { steps = graph.nodes }
    let count = min(most, steps.count)
    var found: [LayerChoice] = []
    for place in 0..<count {
      let step = steps[count == 1 ? 0 : place * (steps.count - 1) / (count - 1)]
      found.append(try LayerChoice(graph.values[step.output.index].name, in: network))
    }
    return found
  }
}
