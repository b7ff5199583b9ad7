public import PellucidFaults
public import PellucidNetworks
package import PellucidTensors

/// Occludes places of one subject with a fill: the replacement image is computed once, here.
public struct Occluder: Sendable {
  private let fill: Fill
  /// What voxels become.
  package private(set) var values: FillValues
  private let extents: [Int]
  private let voxelSizes: [Double]

  /// Computes what voxels become.
  ///
  /// - Throws: `.usage` for a number of the fill that is out of bounds, and where the fill needs a world or a file and the subject has none;
  ///   what the subject's world and files throw.
  /// - Complexity: nothing for a number; one or two Gaussians over the image for `blur` and `noise`.
  public init(_ fill: Fill, for subject: Subject) throws(PellucidError) {
    try fill.check()
    self.fill = fill
    extents = subject.image.shape.spatial
    voxelSizes = subject.voxelSizes
    switch fill.kind {
    case .background: values = Self.constant(subject.backgrounds, like: subject.image)
    case .value(let value): values = .value(value)
    case .mean: values = Self.constant(try subject.brainMeans(), like: subject.image)
    case .blur:
      let window = GaussianWindow(sigma: Double(fill.sigma), voxelSizes: subject.voxelSizes)
      values = .image(window.mean(of: subject.image).ordered(.channelsLast))
    case .noise:
      let window = GaussianWindow(sigma: Double(fill.sigma), voxelSizes: subject.voxelSizes)
      values = .image(window.noise(like: subject.image, seed: UInt64(fill.seed)).ordered(.channelsLast))
    case .mirror:
      guard let world = subject.world else { throw .fillNeedsWorld(fill.name) }
      values = try Self.image(world.mirrored(), like: subject.image)
    case .file(let path):
      guard let files = subject.files else { throw .fileNeedsReader(path) }
      values = try Self.image(files.template(path), like: subject.image)
    }
  }

  private static func image(_ image: Tensor, like own: Tensor) -> FillValues {
    precondition(image.shape == own.shape, "a fill has the input's shape")
    return .image(image.ordered(.channelsLast))
  }

  /// The place filled.
  ///
  /// Where one is asked for, boxes and voxels get a soft border: one number for each voxel of the grown box, so hand large places to the
  /// scorer a few at a time. Weights stay as they are.
  public func perturbation(_ place: Perturbation.Place) -> Perturbation {
    Perturbation(border?.around(place) ?? place, fill: values)
  }

  /// The same for some channels alone: the others stay as the image has them.
  func only(_ channels: Range<Int>, of image: Tensor) -> Occluder {
    guard channels != 0..<image.shape[1] else { return self }
    let count = image.shape[1]
    var filled = image.ordered(.channelsLast).values
    let fills: [Float]? = if case .image(let fill) = values { fill.ordered(.channelsLast).values } else { nil }
    let constant: Float = if case .value(let value) = values { value } else { 0 }
    for voxel in 0..<image.shape.voxels {
      for channel in channels { filled[voxel * count + channel] = fills?[voxel * count + channel] ?? constant }
    }
    var own = self
    own.values = .image(Tensor(filled, shape: image.shape, order: .channelsLast))
    return own
  }

  /// The boxes filled, in order; boxes that are alike share the numbers of their soft borders.
  public func perturbations(ofBoxes boxes: [Box]) -> [Perturbation] {
    guard let border else { return boxes.map { Perturbation(.box($0), fill: values) } }
    return border.around(boxes).map { Perturbation($0, fill: values) }
  }

  /// The image where a mask lets it through, filled elsewhere; in the image's memory order, which is channels last.
  func masked(_ image: Tensor, by mask: SmoothMask) -> Tensor { mask.applied(to: image, fill: values) }

  /// Whether places get a soft border, and with it a number for each voxel of a box.
  var isSoft: Bool { fill.feather > 0 }

  /// For each voxel, row-major D, H, W, whether the fill would change any channel.
  package func changes(_ image: Tensor) -> [Bool] {
    let own = image.ordered(.channelsLast).values
    let channels = image.shape[1]
    let other: [Float]? = if case .image(let fill) = values { fill.ordered(.channelsLast).values } else { nil }
    let constant: Float = if case .value(let value) = values { value } else { 0 }
    return (0..<image.shape.voxels).map { voxel in
      (voxel * channels..<(voxel + 1) * channels).contains { own[$0] != (other?[$0] ?? constant) }
    }
  }

  private var border: SoftBorder? {
    fill.feather > 0 ? SoftBorder(width: Double(fill.feather), voxelSizes: voxelSizes, extents: extents) : nil
  }

  /// What the provenance should say of the fill.
  public var facts: [Relevance.Fact] {
    var facts: [Relevance.Fact] = []
    switch (fill.kind, values) {
    case (.mean, .value(let value)):
      facts += [.init("fill", .text("mean")), .init("fill_value", .number(Double(value)))]
    case (_, .value(let value)): facts.append(.init("fill", .number(Double(value))))
    default: facts.append(.init("fill", .text(fill.name)))
    }
    if fill.kind == .blur || fill.kind == .noise { facts.append(.init("sigma_mm", .number(Double(fill.sigma)))) }
    if fill.kind == .noise { facts.append(.init("fill_seed", .number(Double(fill.seed)))) }
    if fill.feather > 0 { facts.append(.init("feather_mm", .number(Double(fill.feather)))) }
    return facts
  }

  /// One value a channel.
  private static func constant(_ byChannel: [Float], like image: Tensor) -> FillValues {
    guard byChannel.count > 1 else { return .value(byChannel[0]) }
    let voxels = image.shape.spatial.reduce(1, *)
    let values = byChannel.flatMap { Array(repeating: $0, count: voxels) }
    return .image(Tensor(values, shape: image.shape).ordered(.channelsLast))
  }
}

extension Subject {
  /// The mean of each channel over the brain: where the scan is not 0; without a world, where the input is not the background.
  func brainMeans() throws(PellucidError) -> [Float] {
    let values = image.ordered(.rowMajor).values
    let channels = image.shape[1]
    let count = values.count / channels
    let brain = try world?.brain()
    return (0..<channels).map { channel in
      let background = backgrounds.count == 1 ? backgrounds[0] : backgrounds[channel]
      var sum = 0.0
      var voxels = 0
      for n in 0..<count {
        let value = values[channel * count + n]
        guard brain.map({ $0[n] }) ?? (value != background) else { continue }
        sum += Double(value)
        voxels += 1
      }
      return voxels == 0 ? background : Float(sum / Double(voxels))
    }
  }
}
