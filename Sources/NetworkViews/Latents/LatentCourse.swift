public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidVolumes

/// The mean brain of a study along a covariate, as a VAE draws it: Gaussian processes from covariates to its factors, decoded.
///
/// - Source: after Casale et al. 2018, arXiv:1810.11738, with the autoencoder as it was trained.
public struct LatentCourse: Sendable {
  /// From covariates to factors.
  public let process: CovariateProcess
  /// The points along the first covariate.
  public let points: [CovariateProcess.Point]
  /// The decoded mean at each point, a volume a point, on the network's grid of the scan.
  public let mean: Volume
  /// The standard deviation at each voxel that the uncertainty of the mean factors brings, likewise.
  public let deviation: Volume

  /// Decodes a process.
  ///
  /// - Parameters:
  ///   - scan: on whose grid; its autoencoder decodes.
  ///   - draws: how many factors are drawn of each point for the deviation.
  public init(
    _ process: CovariateProcess, on scan: LatentScan, steps: Int, draws: Int, seed: Int,
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) {
    self.process = process
    points = process.course(steps)
    var (means, deviations) = ([Volume](), [Volume]())
    for (place, point) in points.enumerated() {
      try progress.check()
      let mean = try scan.image(of: point.means.map { Float($0) })
      var (sum, squares) = (
        [Double](repeating: 0, count: mean.voxels.count), [Double](repeating: 0, count: mean.voxels.count)
      )
      for draw in 0..<draws {
        // The same numbers at every point, so that points differ by what they are.
        var numbers = NormalNumbers(seed: seed, stream: draw)
        let drawn = zip(point.means, point.deviations).map { Float($0 + $1 * numbers.next()) }
        let image = try scan.image(of: drawn)
        for voxel in sum.indices {
          let difference = Double(image.voxels[voxel]) - Double(mean.voxels[voxel])
          sum[voxel] += difference
          squares[voxel] += difference * difference
        }
      }
      var deviation = mean
      for voxel in sum.indices {
        let average = sum[voxel] / Double(draws)
        deviation.voxels[voxel] = Float(max(0, squares[voxel] / Double(draws) - average * average).squareRoot())
      }
      means.append(mean)
      deviations.append(deviation)
      progress.advanced(to: place + 1, of: points.count)
    }
    mean = Volume.joined(means) ?? scan.reconstruction
    deviation = Volume.joined(deviations) ?? scan.reconstruction
  }

  /// The means of every scan of a study, a list a scan.
  public static func codes(
    of scans: [ScanReference], by explainer: Explainer, _ model: LatentModel, progress: any ProgressObserver
  ) throws(PellucidError) -> [[Double]] {
    var rows: [[Double]] = []
    for (place, scan) in scans.enumerated() {
      try progress.check()
      let input = try explainer.prepared(try explainer.read(scan)).input
      rows.append(try model.code(of: input).means.map(Double.init))
      progress.advanced(to: place + 1, of: scans.count)
    }
    return rows
  }
}
