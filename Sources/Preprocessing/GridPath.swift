internal import PellucidModelCards
public import PellucidTensors
public import PellucidVolumes

/// What becomes of a map's channels on the way back.
public enum ChannelTreatment: String, Sendable, Hashable, CaseIterable {
  /// A volume a channel.
  case each
  /// One volume: their sum.
  case sum
}

/// How a scan's grid and a model's grid belong together, and the way back from the one to the other.
///
/// The model's grid has the voxel axes i, j, k of the reoriented scan; which of them are the tensor's D, H, W is the card's
/// `axes`, and known only here.
public struct GridPath: Sendable {
  /// The scan's grid.
  public let scanGrid: (shape: GridShape, affine: Affine)
  /// The model's grid, on which the network looks; padding included.
  public let modelGrid: (shape: GridShape, affine: Affine)
  /// The part of the model's grid, as ranges of i, j, k, that holds voxels of the scan; the rest is padding.
  public let filled: (i: Range<Int>, j: Range<Int>, k: Range<Int>)

  /// The scan's space codes.
  let space: SpaceRecord
  /// Scan axes → model axes.
  let permutation: AxisPermutation
  /// By scan axis.
  let axes: [AxisPath]
  /// Which model axes the tensor's are.
  let tensorAxes: TensorAxes

  init(scan: Volume, permutation: AxisPermutation, axes: [AxisPath], tensorAxes: TensorAxes) {
    self.permutation = permutation
    self.axes = axes
    self.tensorAxes = tensorAxes
    space = scan.space
    scanGrid = (scan.shape, scan.affine)
    let ordered = permutation.source.map { axes[$0] }
    filled = (ordered[0].filled, ordered[1].filled, ordered[2].filled)
    let shape = GridShape(i: ordered[0].modelCount, j: ordered[1].modelCount, k: ordered[2].modelCount)
    let resampled = Self.resampledGrid(scan.affine, axes)
    var affine = permutation.affine(of: resampled.affine, shape: resampled.shape)
    if ordered.contains(where: { $0.shift != 0 }) {
      var shifted = Affine.identity
      for axis in 0..<3 { shifted[axis, 3] = Double(-ordered[axis].shift) }
      affine = affine.composed(with: shifted)
    }
    modelGrid = (shape, affine)
  }

  /// The scan's grid after resampling about its centre, in the order of the scan's axes.
  private static func resampledGrid(_ affine: Affine, _ axes: [AxisPath]) -> (shape: GridShape, affine: Affine) {
    var out = affine
    for (axis, path) in axes.enumerated() where path.isResampled {
      let begin = path.scanPlace(ofResampled: 0)
      for row in 0..<3 {
        out[row, 3] += affine[row, axis] * begin
        out[row, axis] = affine[row, axis] * path.ratio
      }
    }
    return (GridShape(i: axes[0].resampledCount, j: axes[1].resampledCount, k: axes[2].resampledCount), out)
  }

  /// The scan's grid after resampling, in the order of the scan's axes.
  var resampledGrid: (shape: GridShape, affine: Affine) { Self.resampledGrid(scanGrid.affine, axes) }

  /// Whether going back interpolates; else it is exact, bit for bit.
  public var isResampled: Bool { axes.contains { $0.isResampled } }

  /// For each axis D, H, W of the tensor: the scan axis it runs along.
  var scanAxesOfTensor: [Int] { tensorAxes.voxelAxes.map { permutation.source[$0] } }

  /// For the tensor's axes D, H, W the axis of the model's grid that each is: 0 for i, 1 for j, 2 for k.
  public var gridAxesOfTensor: [Int] { tensorAxes.voxelAxes }

  /// Extents of the tensor's D, H, W.
  public var tensorExtents: [Int] { tensorAxes.voxelAxes.map { modelGrid.shape.extents[$0] } }
}

// MARK: The way back

extension GridPath {
  /// A map on the model's input as a volume.
  ///
  /// Permutations, flips, crops and pads are undone bit for bit; voxels of the scan that the network does not see get 0, and what lies
  /// on padding is dropped. Where the scan was resampled:
  /// - intensive, linear: trilinear between the model's voxel centres; beyond the outermost ones their value stays.
  /// - intensive, nearest: the model's voxel that a voxel's centre lies in; for maps that are constant piece by piece.
  /// - extensive: each voxel of the model hands its value out to the voxels of the scan, by the integral of its interpolation weight
  ///   over them: sums are kept voxel by voxel, to float rounding, and an even density stays even.
  ///
  /// - Parameters:
  ///   - relevance: `[1, C, D, H, W]` of the model's input; any memory order; C need not be the input's.
  ///   - extensive: whether values add up (gradient × input, LRP), so that sums are to be kept; else they are values of places.
  ///   - channels: a volume a channel, or their sum.
  ///   - onModelGrid: the map stays on the model's grid, and nothing is interpolated; else it comes on the scan's, with its affine and codes.
  /// - Precondition: D, H, W are the model's.
  /// - Complexity: about 50 ms for a scan of 181 × 217 × 181 voxels from half its resolution.
  public func back(
    _ relevance: Tensor, interpolation: Interpolation = .linear, extensive: Bool, channels: ChannelTreatment = .each,
    onModelGrid: Bool = false
  ) -> Volume {
    let shape = relevance.shape
    precondition(
      shape.rank == 5 && shape[0] == 1 && shape.spatial == tensorExtents,
      "a map of \(shape) does not fit the model's input")
    let axisOrder = onModelGrid ? tensorAxes.voxelAxes : scanAxesOfTensor
    var (values, extents) = Self.inVoxelOrder(relevance, tensorAxes: axisOrder)
    var count = shape[1]
    if channels == .sum, count > 1 {
      values = Self.summed(values, channels: count)
      count = 1
    }
    if onModelGrid {
      var record = space
      record.qformAffine = nil
      return Volume(shape: modelGrid.shape, channels: count, voxels: values, affine: modelGrid.affine, space: record)
    }
    extents[3] = count
    let isLinear = interpolation == .linear
    for (axis, path) in axes.enumerated() {
      let matrix = extensive ? AxisWeights.shares(path, isLinear: isLinear) : .values(path, isLinear: isLinear)
      values = matrix.applied(to: values, extents: &extents, axis: axis)
    }
    return Volume(shape: scanGrid.shape, channels: count, voxels: values, affine: scanGrid.affine, space: space)
  }

  /// The tensor's values in voxel order: three voxel axes, the first fastest, then channels.
  ///
  /// - Parameters:
  ///   - tensorAxes: the voxel axis of each of D, H, W.
  /// - Returns: the values, and the extents of the three voxel axes and the channels.
  private static func inVoxelOrder(_ tensor: Tensor, tensorAxes: [Int]) -> (values: [Float], extents: [Int]) {
    var extents = [1, 1, 1, tensor.shape[1]]
    for axis in 0..<3 { extents[tensorAxes[axis]] = tensor.shape[2 + axis] }
    let strides = tensor.shape.strides(in: tensor.order)
    var voxels = Tensor(unfilled: Shape([extents[3], extents[2], extents[1], extents[0]]), order: .rowMajor)
    let from = (0..<3).map { voxelAxis in strides[2 + (tensorAxes.firstIndex(of: voxelAxis) ?? 0)] }
    voxels.copy(
      from: tensor, sourceStrides: [strides[1], from[2], from[1], from[0]],
      targetStrides: voxels.shape.strides(in: .rowMajor),
      extents: voxels.shape.dimensions)
    return (voxels.values, extents)
  }

  private static func summed(_ values: [Float], channels: Int) -> [Float] {
    let count = values.count / channels
    let input = values.span
    return [Float](capacity: count) { output in
      for n in 0..<count {
        var sum = input[n]
        for channel in 1..<channels { sum += input[n + channel * count] }
        output.append(sum)
      }
    }
  }
}

// MARK: Labels for the model's grid

extension GridPath {
  /// Labels of the model's grid, i fastest, in the order of the tensor's voxels: D, H, W, the last fastest.
  /// - Precondition: one label for each voxel of ``modelGrid``.
  public func tensorOrdered(_ labels: [Int32]) -> [Int32] {
    let shape = modelGrid.shape
    precondition(labels.count == shape.count, "labels do not fill the model's grid")
    let strides = [1, shape.i, shape.i * shape.j]
    let step = tensorAxes.voxelAxes.map { strides[$0] }
    let extents = tensorExtents
    let input = labels.span
    return [Int32](capacity: labels.count) { output in
      for d in 0..<extents[0] {
        for h in 0..<extents[1] {
          var at = d * step[0] + h * step[1]
          for _ in 0..<extents[2] {
            output.append(input[at])
            at += step[2]
          }
        }
      }
    }
  }

  /// Labels for the tensor's voxels, from labels for a grid in the world.
  ///
  ///     try path.modelLabels { try atlas.labels(on: $0, affine: $1) }
  ///
  /// - Parameter labels: gives a label for each voxel of a grid, i fastest.
  /// - Returns: labels in the order D, H, W, the last fastest; 0 on padding, where there is nothing of the scan.
  public func modelLabels<Failure>(_ labels: (GridShape, Affine) throws(Failure) -> [Int32]) throws(Failure) -> [Int32]
  {
    var labels = tensorOrdered(try labels(modelGrid.shape, modelGrid.affine))
    let (extents, filled) = (tensorExtents, tensorFilled)
    guard zip(extents, filled).contains(where: { $1 != 0..<$0 }) else { return labels }
    var voxel = 0
    for d in 0..<extents[0] {
      for h in 0..<extents[1] {
        let isPadding = !filled[0].contains(d) || !filled[1].contains(h)
        for w in 0..<extents[2] {
          if isPadding || !filled[2].contains(w) { labels[voxel] = 0 }
          voxel += 1
        }
      }
    }
    return labels
  }
}
