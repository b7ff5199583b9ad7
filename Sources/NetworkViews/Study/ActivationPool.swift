internal import PellucidTensors

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
