public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidStatistics
internal import PellucidTensors
public import PellucidVolumes

/// Where along the scan the subjects differ along a layer's principal components.
///
///     m_k(p) = 1/((n − 1)·s_k) · Σ_s t_sk·Σ_c v_kc·A_sc(p)      t: coordinates, s: their deviations, v: the component, A: activations
///
/// With `pool` mean the map's mean over its places is s_k, with whole its sum: it shares out what the coordinate varies by.
public enum ComponentMaps {
  /// The maps of the first components of each layer that has places, a volume a component; nil: it has none.
  ///
  /// - Precondition: all inputs lie alike in the world.
  /// - Throws: what the network throws.
  public static func volumes(
    _ manifold: Manifold, _ activations: CohortActivations, pool: ActivationPool, of scans: [ScanReference],
    in explainer: Explainer, count: Int = 3, progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) -> [Volume?] {
    var sums = [[Tensor]](repeating: [], count: manifold.layers.count)
    var volumes = [Volume?](repeating: nil, count: manifold.layers.count)
    for (place, scan) in scans.enumerated() {
      try progress.check()
      let subject = try explainer.prepare(scan)
      let tensors = try CohortActivations.activations(activations.layers, of: subject, explainer)
      for (layer, tensor) in tensors.enumerated() {
        guard let components = manifold.layers[layer].components else { continue }
        let graph = subject.network.imported
        let value = activations.layers[layer].value
        let grid = LayerGrid(of: value, in: subject.network, world: InputWorld(subject.prepared.path))
        guard let grid, grid.axes != nil else { continue }
        let map = LayerMap(of: value, in: graph)
        let values = map.map(tensor)
        for (k, component) in components.components.prefix(count).enumerated() {
          let weights = component.map { Float($0) }
          let direction =
            pool == .mean
            ? Tensor(weights, shape: Shape([1, map.channels, 1, 1, 1])).ordered(.channelsLast)
            : map.map(Tensor(weights, shape: map.shape))
          let own = values.combined(.multiply, with: direction).sumOverChannels
          let deviation = components.variances[k].squareRoot()
          let factor = components.coordinates[place][k] / (Double(scans.count - 1) * deviation)
          let part = own.scaled(by: Float(factor))
          if sums[layer].count > k { sums[layer][k].combineInPlace(.add, with: part) } else { sums[layer].append(part) }
        }
        guard place == scans.count - 1, !sums[layer].isEmpty else { continue }
        var extents = map.shape.dimensions
        extents[map.channelAxis] = 1
        volumes[layer] = Volume.joined(
          sums[layer].map { sum in
            // One channel lies in memory in the same order whichever axis that is.
            grid.volume(of: sum.reinterpreted(as: Shape(extents), order: .rowMajor))
          })
      }
      progress.advanced(to: place + 1, of: scans.count)
    }
    return volumes
  }
}

extension Volume {
  /// Volumes of one grid as the channels of one.
  public static func joined(_ volumes: [Volume]) -> Volume? {
    guard let first = volumes.first else { return nil }
    return Volume(
      shape: first.shape, channels: volumes.count, voxels: volumes.flatMap(\.voxels), affine: first.affine,
      space: first.space)
  }
}

extension InputWorld {
  /// Whether another input lies where this one does, to a hundredth of a voxel.
  func lies(as other: InputWorld) -> Bool {
    extents == other.extents
      && affine.greatestDistance(to: other.affine, over: GridShape(i: extents[0], j: extents[1], k: extents[2]))
        <= 0.01 * (affine.voxelSizes.min() ?? 1)
  }
}
