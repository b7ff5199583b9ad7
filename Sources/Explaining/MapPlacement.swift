package import PellucidAtlases
internal import PellucidAttribution
internal import PellucidFaults
package import PellucidPreprocessing
internal import PellucidTensors
internal import PellucidVolumes

/// The way of a map from the network's input to the grid that was asked for.
struct MapPlacement {
  let path: GridPath
  let channels: ChannelTreatment
  let space: Explainer.ResultSpace
  /// The atlas, brought to the scan.
  let atlas: PlacedAtlas?
  /// Where the atlas lies by itself.
  let home: Atlas?

  /// The map on the scan's grid, or the model's where that is asked for: there regions are measured.
  func measured(_ relevance: Relevance) throws(PellucidError) -> Volume {
    let isRegional = relevance.measure == .regional
    if isRegional, !relevance.scoreDrops.isEmpty, space != .model, path.isResampled, let atlas {
      return try drawnAnew(relevance, atlas)
    }
    return path.back(
      relevance.map, interpolation: isRegional ? .nearest : .linear, extensive: relevance.measure == .extensive,
      channels: channels, onModelGrid: space == .model)
  }

  /// The measured map on the grid that was asked for, a volume a channel where that is.
  func placed(_ measured: Volume, _ relevance: Relevance, channels count: Int) throws(PellucidError) -> Volume {
    let volume = space == .atlas ? try onAtlasGrid(measured, relevance.measure) : measured
    return channels == .each ? volume.repeated(overChannels: count) : volume
  }

  /// On a finer grid than the model's, regions have their own borders there, not those of the model's voxels.
  private func drawnAnew(_ relevance: Relevance, _ atlas: PlacedAtlas) throws(PellucidError) -> Volume {
    // 1 where the network looks, 0 elsewhere.
    var volume = path.back(
      Tensor(repeating: 1, shape: relevance.map.shape), interpolation: .nearest, extensive: false, channels: .sum)
    let labels = try atlas.labels(on: volume.shape, affine: volume.affine)
    let drops = relevance.scoreDrops.mapValues { Float($0) }
    // Neighbours mostly have the same label.
    var (known, drop): (Int32, Float) = (0, drops[0] ?? 0)
    for place in labels.indices where volume.voxels[place] != 0 {
      if labels[place] != known { (known, drop) = (labels[place], drops[labels[place]] ?? 0) }
      volume.voxels[place] = drop
    }
    return volume
  }

  /// A map on the scan's grid brought to the atlas's.
  ///
  /// Trilinear, regional maps nearest; where the atlas's grid is coarser, the map is smoothed first. An extensive map's values are
  /// multiplied by the ratio of the voxels' volumes, so that they still add up (but for what lies outside of the atlas's grid).
  private func onAtlasGrid(_ map: Volume, _ measure: Relevance.Measure) throws(PellucidError) -> Volume {
    guard let atlas = atlas?.atlas, let home else { throw .atlasSpace() }
    guard atlas.bend == nil else { throw .bentSpace() }
    let isRegional = measure == .regional
    var out = map.resampled(
      onto: atlas.image.shape, affine: atlas.image.affine, interpolation: isRegional ? .nearest : .linear,
      antialias: !isRegional)
    if measure == .extensive {
      let ratio = Float(abs(atlas.image.affine.determinant / map.affine.determinant))
      out.voxels = out.voxels.map { $0 * ratio }
    }
    out.affine = home.image.affine
    out.space = SpaceRecord()
    return out
  }
}

extension GridPath {
  /// The part of the model's grid that holds the scan.
  package var fieldOfView: FieldOfView {
    var shift = Affine.identity
    for (axis, begin) in [filled.i.lowerBound, filled.j.lowerBound, filled.k.lowerBound].enumerated() {
      shift[axis, 3] = Double(begin)
    }
    return FieldOfView(
      shape: GridShape(i: filled.i.count, j: filled.j.count, k: filled.k.count),
      affine: modelGrid.affine.composed(with: shift))
  }
}
