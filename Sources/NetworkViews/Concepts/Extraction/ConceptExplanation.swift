public import PellucidExplaining
public import PellucidFaults
public import PellucidVolumes

/// One scan, explained by an extractor's concepts.
public struct ConceptExplanation: Sendable {
  /// What the extractor says.
  public let answer: ConceptAnswer
  /// Where its concepts are.
  public let places: ConceptPlaces
  /// The layer's grid in the scan's world.
  public let grid: LayerGrid
  /// The layer.
  public let layer: LayerChoice

  /// Asks an extractor about a scan.
  /// - Parameter path: the extractor's folder, for errors.
  /// - Throws: `.badData` where the extractor does not fit.
  public init(
    of subject: Explainer.Case, by folder: ConceptFolder, at path: String, in explainer: Explainer
  ) throws(PellucidError) {
    layer = try LayerChoice(folder.layer, in: subject.network)
    try folder.check(layer, of: subject, at: path)
    guard let grid = LayerGrid(of: layer.value, in: subject.network, world: subject.inputWorld) else {
      throw .extractorOfSize(path, "")
    }
    self.grid = grid
    let dense = try DensePart(behind: layer, of: subject, in: explainer)
    let found = try dense.values(beside: [layer], of: subject, explainer)
    let pass = folder.extractor.pass([ConceptCohort.values(found.others[0])])
    answer = try ConceptAnswer.all(folder.extractor, pass, dense)[0]
    places = ConceptPlaces.all(folder.extractor, pass)[0]
  }

  /// Where a concept's relevance differs most from what is usual, mm, RAS+.
  public func peak(of concept: Int) -> WorldPoint? { places.peak(of: concept, on: grid) }
}
