package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidVolumes

// Scans of networks that take several images.
extension Explainer {
  /// A scan with the files of the further images that were given for every scan.
  package func complete(_ reference: ScanReference) -> ScanReference {
    let files = classifier.images.dropFirst().compactMap { classifier.imageFiles[$0.name] }
    return files.isEmpty ? reference : ScanReference(([reference.text] + files).joined(separator: "+"))
  }

  /// Reads a scan with its further images; those that lie on another grid are brought to the first file's, which is told.
  /// - Throws: `.badData` where a further image is missing.
  package func read(_ reference: ScanReference) throws(PellucidError) -> Scan {
    let scan = try Scan(reading: complete(reference), nan: options.nan)
    guard let last = classifier.images.last else { return scan }
    let channels = scan.volumes.reduce(0) { $0 + $1.channels }
    let lacking = classifier.images.dropFirst().map(\.name).filter { classifier.imageFiles[$0] == nil }
    if channels < last.channels.upperBound, !lacking.isEmpty {
      throw .imageMissing(reference.text, lacking, channels: channels, wanted: last.channels.upperBound)
    }
    return scan.onOneGrid(keeping: reference.paths.count)
  }
}

extension Scan {
  /// The files after the first ones brought to the first one's grid where they lie on another.
  fileprivate func onOneGrid(keeping count: Int) -> Scan {
    let first = volumes[0]
    let moved = volumes.enumerated().map { place, volume -> Volume in
      let lies = volume.affine.greatestDistance(to: first.affine, over: first.shape)
      guard place >= count, volume.shape != first.shape || lies > 0.01 * (first.affine.voxelSizes.min() ?? 1) else {
        return volume
      }
      var placed = volume.resampled(onto: first.shape, affine: first.affine)
      placed.source = volume.source
      placed.notes =
        volume.notes + [
          Note(
            what: "\(volume.source ?? "the further image") lies on another grid than \(first.source ?? "the scan")",
            how: "it is resampled onto that one, trilinearly", weight: .told)
        ]
      return placed
    }
    return Scan(reference: reference, volumes: moved)
  }
}
