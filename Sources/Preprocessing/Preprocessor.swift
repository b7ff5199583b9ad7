public import PellucidFaults
public import PellucidModelCards
internal import PellucidTensors
public import PellucidVolumes

/// Makes a network's input of a scan, as the model card says.
///
/// In this order: join the channels; permute and flip the voxel axes to the card's orientation; resample to its spacing; scale
/// intensities; crop or pad to its shape, padding with `background`; give the axes the tensor's order.
///
/// - Resampling is trilinear without smoothing unless the card says otherwise: the nearest voxel, or the cubic B-spline; `antialias` smooths
///   axes that get coarser first, by a Gaussian of (s − 1) / 2 voxels for a step of s voxels (scikit-image's rule). An axis of n voxels gets max(1, ⌊n·old/new + ½⌋), its centre on the old centre; beyond
///   the outermost voxel centres their values stay. Axes whose spacing is within 1e-4 of the card's are left alone.
/// - Statistics of intensities are those of the whole scan after resampling, before anything is cropped or padded, so that padding
///   (whose value is given in normalized units) never enters them.
/// - Where sizes differ by an odd number, the extra voxel is added or cut at the high end.
public struct Preprocessor: Sendable {
  private let card: ModelCard
  private let hasCard: Bool
  private let input: InputGeometry
  private let modelName: String
  /// One for all channels, or one a channel.
  private let normalizers: [Normalizer]

  /// - Parameters:
  ///   - card: the model's card, or the default one.
  ///   - hasCard: whether the model has a card. A scan of another size is refused, unless the card says `shape` or `spacing`.
  ///   - input: what the model's file says of the input.
  ///   - modelName: the model's file, for messages.
  /// - Throws: `.badData` where card and model disagree, or a volume of statistics cannot be read.
  public init(card: ModelCard, hasCard: Bool, input: InputGeometry, modelName: String) throws(PellucidError) {
    let extents = input.extents(card.input.axes)
    if let shape = card.input.shape {
      for axis in 0..<3 {
        if let extent = extents[axis], extent != shape[axis] {
          throw .cardAgainstModel(card, shape: shape, model: modelName, extents: extents)
        }
      }
    }
    self.card = card
    self.hasCard = hasCard
    self.input = input
    self.modelName = modelName
    let scalings = card.input.scalings
    guard scalings.count == 1 || scalings.count == input.channels else {
      throw .scalingsDiffer(card, count: scalings.count, model: modelName, channels: input.channels)
    }
    var normalizers: [Normalizer] = []
    for scaling in scalings { normalizers.append(try Normalizer(scaling)) }
    self.normalizers = normalizers
  }

  /// The network's input of a scan.
  /// - Parameter scan: one file's volume, 3D or with the channels as its volumes; or several files of one subject on one grid.
  /// - Throws: `.badData` where files lie on different grids, or number of channels or size do not fit the model.
  /// - Complexity: about 50 ms for 181 × 217 × 181 voxels to half the resolution.
  public func prepare(_ scan: [Volume]) throws(PellucidError) -> PreparedScan {
    let joined = try Volume.joined(scan)
    guard joined.channels == input.channels else {
      throw .channelsDiffer(joined, files: scan.count, model: modelName, wanted: input.channels)
    }
    let path = try gridPath(joined)
    var values = resampled(joined, path)
    let grid = path.resampledGrid
    let fitting = FieldChange(path).note(cutting: values, channels: joined.channels)
    var unplaced: [Note] = []
    for (place, normalizer) in normalizers.enumerated() {
      let channels = normalizers.count == 1 ? 0..<joined.channels : place..<(place + 1)
      unplaced += try normalizer.normalize(
        &values, channels: channels, of: joined.channels, grid: grid, scan: joined.source)
    }
    let tensor = placed(values, on: path, from: grid.shape, channels: joined.channels)
    return PreparedScan(input: tensor, path: path, notes: notes(path, joined) + fitting + unplaced)
  }

  /// The scan's values on the resampled grid.
  private func resampled(_ scan: Volume, _ path: GridPath) -> [Float] {
    var source = scan
    if card.input.antialias { source = source.smoothed(sigma: path.axes.map { max(0, ($0.ratio - 1) / 2) }) }
    if card.input.interpolation == .cubic {
      source = source.splineCoefficients(along: [0, 1, 2].filter { path.axes[$0].isResampled })
    }
    var extents = scan.shape.extents + [scan.channels]
    var values = source.voxels
    for axis in [2, 1, 0] {
      values = AxisWeights.resampling(path.axes[axis], card.input.interpolation)
        .applied(to: values, extents: &extents, axis: axis)
    }
    return values
  }

  /// The geometry of a scan's way to the model.
  private func gridPath(_ scan: Volume) throws(PellucidError) -> GridPath {
    var permutation = AxisPermutation.identity
    if let orientation = card.input.orientation {
      permutation = AxisPermutation(from: scan.axisCodes, to: try AxisCodes(orientation))
    }
    let sizes = scan.affine.voxelSizes
    let extents = input.extents(card.input.axes)
    var axes: [AxisPath] = []
    for scanAxis in 0..<3 {
      let axis = permutation.source.firstIndex(of: scanAxis) ?? 0
      axes.append(
        AxisPath(
          scanCount: scan.shape.extents[scanAxis], isFlipped: permutation.isFlipped[axis],
          spacing: card.input.spacing.map { (sizes[scanAxis], $0[axis]) },
          modelCount: card.input.shape?[axis] ?? extents[axis]))
    }
    let path = GridPath(scan: scan, permutation: permutation, axes: axes, tensorAxes: card.input.axes)
    if card.input.shape == nil, card.input.spacing == nil {
      let own = permutation.shape(of: scan.shape)
      guard path.modelGrid.shape == own else {
        throw .sizeNotSaid(
          scan, has: own, model: modelName, wanted: path.modelGrid.shape, card: hasCard ? card.file ?? "the card" : nil)
      }
    }
    for shape in [path.modelGrid.shape, path.resampledGrid.shape] {
      let voxels = shape.extents.reduce(Double(scan.channels)) { $0 * Double($1) }
      guard voxels <= 0x1p30 else { throw .inputTooLarge(scan, card: card.file ?? modelName, shape: shape) }
    }
    return path
  }

  /// The resampled scan's voxels in the tensor; the rest of it is background.
  private func placed(_ values: [Float], on path: GridPath, from shape: GridShape, channels: Int) -> Tensor {
    let spatial = path.tensorExtents
    let target = Shape(n: 1, c: channels, d: spatial[0], h: spatial[1], w: spatial[2])
    let strides = target.strides(in: .rowMajor)
    let memory = [1, shape.i, shape.i * shape.j]
    var from = 0
    var to = 0
    var extents = [channels]
    var steps = [shape.count]
    for (axis, scanAxis) in path.scanAxesOfTensor.enumerated() {
      let along = path.axes[scanAxis]
      let filled = along.filled
      let first = filled.lowerBound - along.shift  // on the resampled grid, in the model's direction
      from += memory[scanAxis] * (along.isFlipped ? along.resampledCount - 1 - first : first)
      to += strides[2 + axis] * filled.lowerBound
      extents.append(filled.count)
      steps.append(along.isFlipped ? -memory[scanAxis] : memory[scanAxis])
    }
    let backgrounds = card.input.backgrounds(channels: channels).map { Float($0) }
    var tensor = Tensor(unfilled: target, order: .rowMajor)
    if extents.reduce(1, *) < target.count {
      for (channel, value) in backgrounds.enumerated() {
        tensor.copy(
          from: [value], sourceStrides: [0], targetOffset: channel * target.voxels, targetStrides: [1],
          extents: [target.voxels])
      }
    }
    tensor.copy(
      from: values, sourceOffset: from, sourceStrides: steps, targetOffset: to,
      targetStrides: Array(strides.dropFirst()),
      extents: extents)
    return tensor
  }

  /// What was done to the grid.
  private func notes(_ path: GridPath, _ scan: Volume) -> [Note] {
    var notes: [Note] = []
    let model = path.modelGrid
    if let orientation = card.input.orientation, !path.permutation.isIdentity {
      notes.append(
        Note(
          what: "the scan's axes are \(scan.axisCodes)",
          how: "they are reordered to \(orientation), without interpolation"))
    }
    if path.isResampled {
      let resampled = path.permutation.shape(of: path.resampledGrid.shape)
      let isSmoothed = card.input.antialias && path.axes.contains { $0.ratio > 1 }
      let rule = "\(card.input.interpolation.words)\(isSmoothed ? " after smoothing" : "")"
      notes.append(
        Note(
          what: "the scan's voxels are \(millimetres(scan.affine.voxelSizes)) mm",
          how: "it is resampled to \(millimetres(model.affine.voxelSizes)) mm, \(resampled.text) voxels, \(rule)"))
    }
    return notes
  }
}

extension Interpolation {
  /// For people.
  fileprivate var words: String {
    switch self {
    case .nearest: "by the nearest voxel"
    case .linear: "trilinearly"
    case .cubic: "by cubic B-splines"
    }
  }
}
