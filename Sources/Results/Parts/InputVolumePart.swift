internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidVolumes

/// The map of one image of a network that takes several: the channels of the whole map that are its.
struct InputVolumePart: ResultPart {
  let role: String
  let ending: String
  private let volume: Volume

  static func parts(of result: DrawnResult) -> [InputVolumePart] {
    let explanation = result.explanation
    let whole = explanation.volume
    guard let last = explanation.images.last, whole.channels == last.channels.upperBound else { return [] }
    return explanation.images.map { image in
      var own = whole.channel(alone: image.channels.lowerBound)
      for channel in image.channels.dropFirst() { own.voxels += whole.channel(alone: channel).voxels }
      own.channels = image.channels.count
      let name = FileLabel.text(image.name)
      return InputVolumePart(role: "volume_\(name)", ending: "_\(name).nii.gz", volume: own)
    }
  }

  func write(to path: String) throws(PellucidError) { try volume.write(to: path) }
}
