public import PellucidExplaining
internal import PellucidPreprocessing
internal import PellucidStatistics
internal import PellucidTensors
public import PellucidVolumes

/// Where concepts are in one scan.
///
///     m_ck                                map: what the concept is made of
///     (m_ck − m̄_ck) · ∂(w_ck·e_ck)/∂m_ck  origin: where its relevance differs from what is usual, to first order
public struct ConceptPlaces: Sendable {
  /// Of each concept the places of the layer, D, H, W, the last fastest.
  let maps, origins: [[Double]]

  /// Where concepts are in the scans of a pass.
  static func all(_ extractor: ConceptExtractor, _ pass: ConceptPass) -> [ConceptPlaces] {
    let (form, scans) = (extractor.form, pass.values.count)
    var slopes: [[Double]] = []
    for (place, part) in pass.parts.enumerated() {
      // The slope of each concept's own part along its own embedding is its weights.
      let weights = extractor.relevances[place].weights.values
      var back = ConceptExtractor.throughLength((0..<scans).flatMap { _ in weights }, part, form.embedding)
      for layer in (0..<3).reversed() {
        back = extractor.embeddings[place][layer].passedBack(
          back, of: part.layers[layer], made: part.layers[layer + 1])
      }
      slopes.append(back)
    }
    return (0..<scans).map { scan in
      var (maps, origins) = ([[Double]](), [[Double]]())
      for (place, part) in pass.parts.enumerated() {
        for concept in 0..<form.concepts {
          let from = (scan * form.concepts + concept) * form.places
          let usual = (place * form.concepts + concept) * form.places
          maps.append(Array(part.layers[0][from..<(from + form.places)]))
          origins.append(
            (0..<form.places).map {
              (part.layers[0][from + $0] - extractor.usual[usual + $0]) * slopes[place][from + $0]
            })
        }
      }
      return ConceptPlaces(maps: maps, origins: origins)
    }
  }

  /// Where a concept's relevance differs most from what is usual, mm, RAS+; nil where it does not.
  func peak(of concept: Int, on grid: LayerGrid) -> WorldPoint? {
    let values = origins[concept]
    guard let most = values.indices.max(by: { abs(values[$0]) < abs(values[$1]) }), values[most] != 0 else {
      return nil
    }
    // D, H, W: the last runs fastest.
    let (h, w) = (grid.shape.j, grid.shape.k)
    return grid.affine.worldPoint(of: VoxelIndex(i: most / (h * w), j: most / w % h, k: most % w))
  }

  /// The maps of all concepts on the layer's own grid, a volume each.
  public func mapVolume(on grid: LayerGrid) -> Volume { Self.volume(maps, on: grid) }

  /// The origins of all concepts' relevance on the layer's own grid, a volume each.
  public func originVolume(on grid: LayerGrid) -> Volume { Self.volume(origins, on: grid) }

  private static func volume(_ values: [[Double]], on grid: LayerGrid) -> Volume {
    let shape = Shape([1, values.count] + grid.shape.extents)
    return grid.volume(of: Tensor(values.flatMap { $0.map { Float($0) } }, shape: shape))
  }

  /// The origins of some concepts' relevance on the scan's grid, a volume each: trilinear between the centres of what the layer's cells see.
  public func originVolume(_ concepts: [Int], on grid: LayerGrid, of subject: Explainer.Case) -> Volume {
    Self.volume(concepts.map { origins[$0] }, grid, subject)
  }

  private static func volume(_ values: [[Double]], _ grid: LayerGrid, _ subject: Explainer.Case) -> Volume {
    let path = subject.prepared.path
    let extents = grid.shape.extents
    let shape = Shape(n: 1, c: values.count, d: extents[0], h: extents[1], w: extents[2])
    let tensor = Tensor(values.flatMap { $0.map { Float($0) } }, shape: shape)
    let first = (0..<3).map { -grid.centre[$0] / grid.jump[$0] }
    let large = tensor.resampledLinearly(to: path.tensorExtents, first: first, step: grid.jump.map { 1 / $0 })
    return path.back(large, extensive: false)
  }
}
