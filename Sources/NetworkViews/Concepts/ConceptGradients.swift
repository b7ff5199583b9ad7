internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidStatistics
internal import PellucidTensors
internal import PellucidVolumes

/// The slope of a target along every value of layers, for some scans.
struct ConceptGradients {
  let layers: [LayerChoice]
  let notes: [Note]
  /// Of each layer the rows of all its values, a scan each.
  private let values: [[Float]]
  private let maps: [LayerMap]
  private let grids: [LayerGrid?]
  private let count: Int

  init(
    of scans: [ScanReference], layers names: String, in explainer: Explainer, progress: any ProgressObserver
  ) throws(PellucidError) {
    var layers: [LayerChoice] = []
    var (values, maps, grids) = ([[Float]](), [LayerMap](), [LayerGrid?]())
    var (notes, worlds) = ([Note](), [InputWorld]())
    for (place, scan) in scans.enumerated() {
      try progress.check()
      let subject = try explainer.prepare(scan)
      let question = try explainer.question(for: subject)
      let world = InputWorld(subject.prepared.path)
      worlds.append(world)
      if place == 0 {
        layers = try LayerChoice.list(names, in: question.network)
        values = Array(repeating: [], count: layers.count)
        maps = layers.map { LayerMap(of: $0.value, in: question.network.imported) }
        grids = layers.map { LayerGrid(of: $0.value, in: question.network, world: world) }
        let bytes = 4 * scans.count * maps.reduce(0) { $0 + $1.shape.count }
        if bytes > Engine.memoryLimit {
          throw .gradientsTooLarge(scans: scans.count, bytes: bytes, limit: Engine.memoryLimit)
        }
      }
      let wanted = Set(layers.map(\.value))
      let score = try explainer.score(of: question, on: .logit).exposing(wanted)
      let found: [ValueID: Tensor]
      do {
        let trace = try score.network.trace(subject.prepared.input, watching: wanted)
        found = try trace.backward(score.outputGradient(at: trace.logits), to: wanted)
      } catch {
        throw explainer.located(error, subject)
      }
      for (at, layer) in layers.enumerated() {
        guard score.network.graph.maker(of: layer.value) != nil || layer.value == score.network.graph.input else {
          throw .layerNotMade(layer.name)
        }
        let own = found[layer.value]?.ordered(.rowMajor).values ?? [Float](repeating: 0, count: maps[at].shape.count)
        if own.count != maps[at].shape.count {
          throw .rowsDiffer(layer.name, scan.text, maps[at].shape.count, own.count)
        }
        values[at] += own
      }
      notes += subject.notes.map { $0.of(scan.text) }
      progress.advanced(to: place + 1, of: scans.count)
    }
    if !worlds.share { grids = grids.map { _ in nil } }
    (self.layers, self.values, self.maps, self.grids, self.notes) = (layers, values, maps, grids, notes)
    count = scans.count
  }

  /// A row a scan: the slope along the mean of each channel moved everywhere alike, or along every value.
  func rows(of layer: Int, pool: ActivationPool) -> SymmetricMatrix.Rows {
    let width = maps[layer].shape.count
    let whole = SymmetricMatrix.Rows(count: count, width: width, values: values[layer])
    guard pool == .mean else { return whole }
    let map = maps[layer]
    return SymmetricMatrix.Rows(
      (0..<count).map { scan in
        map.sums(Tensor(Array(whole[scan]), shape: map.shape)).map { Float($0) }
      })
  }

  /// Σ over channels of the mean slope times a direction, on the layer's grid.
  func map(of layer: Int, along direction: [Double], pool: ActivationPool) -> Volume? {
    guard let grid = grids[layer], grid.axes != nil else { return nil }
    let map = maps[layer]
    let width = map.shape.count
    let rows = SymmetricMatrix.Rows(count: count, width: width, values: values[layer])
    let mean = rows.sum(weighted: Array(repeating: 1 / Double(count), count: count), centred: false)
    let slopes = map.map(Tensor(mean.map { Float($0) }, shape: map.shape))
    let weights = direction.map { Float($0) }
    let along =
      pool == .mean
      ? Tensor(weights, shape: Shape([1, map.channels, 1, 1, 1])).ordered(.channelsLast)
      : map.map(Tensor(weights, shape: map.shape))
    var extents = map.shape.dimensions
    extents[map.channelAxis] = 1
    let sum = slopes.combined(.multiply, with: along).sumOverChannels
    return grid.volume(of: sum.reinterpreted(as: Shape(extents), order: .rowMajor))
  }
}
