internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFigures
internal import PellucidVolumes

/// The map: float32 on its grid, opened by viewers with the picture's colours.
struct VolumePart: ResultPart {
  let role = "volume"
  let ending = ".nii.gz"
  private let explanation: Explanation
  private let limit: Float

  static func parts(of result: DrawnResult) -> [VolumePart] {
    [VolumePart(explanation: result.explanation, limit: result.scale.limit)]
  }

  func write(to path: String) throws(PellucidError) {
    let volume = explanation.volume
    let low = volume.voxels.contains { $0 < 0 } ? -limit : 0
    try volume.write(
      to: path,
      description: "Pellucid \(pellucidVersion) \(explanation.method) (\(explanation.scoreName)) of "
        + explanation.target.name,
      intentName: String(explanation.method.prefix(15)), displayRange: limit > 0 ? low...limit : nil)
  }
}
