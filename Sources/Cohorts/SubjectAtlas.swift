public import PellucidAtlases
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidTransforms
internal import PellucidVolumes

/// Where a cohort's subjects find regions of their own, beside the atlas that they share.
public struct SubjectAtlas: Sendable {
  /// The path of each subject's label image with `{participant_id}` and `{session_id}` in it; nil: the shared atlas, and the table's columns.
  public var pattern: String?
  /// The table of the labels' names; nil: the one beside the image.
  public var labels: String?
  /// Transforms that bring the atlas to each subject, as a pattern; nil: those of the explainer.
  public var transforms: String?
  /// How regions are merged.
  public var groupings: [AtlasGrouping] = []
  /// How far labels may be from whole numbers.
  public var tolerance: Float = 1e-3

  /// Nothing of their own.
  public init() {}

  /// Whether a text is a pattern that names a file for each subject.
  public static func isPattern(_ text: String) -> Bool {
    text.contains("{participant_id}") || text.contains("{session_id}")
  }

  /// What stands for the explainer's atlas and transforms for a visit; nil: nothing, the explainer's own serve.
  func own(
    _ visit: Cohort.Visit, _ options: Explainer.Options
  ) throws(PellucidError) -> Explainer.Options? {
    do {
      var own = options
      var isOwn = false
      if let atlas = try atlas(of: visit, options) {
        own.atlas = atlas
        isOwn = true
      }
      if let transforms {
        var files: [TransformFile] = []
        for part in transforms.split(separator: ",").map(String.init) {
          files.append(try TransformFile(try TransformReference(try path(part, visit)), nan: options.nan))
        }
        own.atlasTransforms = files
        isOwn = true
      }
      return isOwn ? own : nil
    } catch {
      // A name that a table or pattern gives is a fault of the data, of this subject alone.
      var placed = error
      if placed.kind == .usage { placed.kind = .badData }
      throw placed
    }
  }

  private func atlas(of visit: Cohort.Visit, _ options: Explainer.Options) throws(PellucidError) -> Atlas? {
    let policy = LabelVolume.Policy(nan: options.nan, tolerance: tolerance)
    if let image = visit.labels {
      if let shared = options.atlas { return shared.drawn(by: try LabelVolume(contentsOf: image, policy: policy)) }
      return try Atlas(contentsOf: image, labels: labels, policy: policy).grouped(by: groupings)
    }
    var named = visit.atlas
    if named == nil, let pattern { named = try path(pattern, visit) }
    guard let named else { return nil }
    return try AtlasLibrary.standard().atlas(named, labels: labels, policy: policy).grouped(by: groupings)
  }

  /// The file that a pattern names for a visit; what stands before it, such as `inverse:`, stays.
  private func path(_ pattern: String, _ visit: Cohort.Visit) throws(PellucidError) -> String {
    let tried = visit.paths(of: pattern)
    let found = tried.first { path in
      FileKind.exists(path.hasPrefix("inverse:") ? String(path.dropFirst("inverse:".count)) : path)
    }
    guard let found else { throw .patternNamesNothing(pattern, visit, tried: tried) }
    return found
  }
}
