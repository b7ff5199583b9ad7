internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidStatistics
internal import PellucidSubjects
internal import PellucidTables
internal import PellucidTensors
internal import PellucidVolumes

/// How a layer's values become a row of numbers a scan.
public enum ActivationPool: String, Sendable, Hashable, CaseIterable {
  /// The mean of each channel over its places: what there is, wherever it is.
  case mean
  /// Every value: what there is, and where.
  case whole

  func row(of tensor: Tensor, _ map: LayerMap) -> [Float] {
    switch self {
    case .mean: map.means(tensor)
    case .whole: tensor.ordered(.rowMajor).values
    }
  }

  func width(of map: LayerMap) -> Int { self == .mean ? map.channels : map.shape.count }
}
