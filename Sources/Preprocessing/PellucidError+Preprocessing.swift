internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidVolumes

extension PellucidError {
  static func noScan() -> Self {
    .init(.usage, what: "no scan is given", remedy: "name a NIfTI file")
  }

  static func unlikeShapes(_ volume: Volume, first: Volume) -> Self {
    .init(
      .badData, at: .init(file: volume.source), what: "the files of one subject lie on different grids",
      why: "it has \(volume.shape.text) voxels, \(first.source ?? "the first file") \(first.shape.text)",
      remedy: "resample one onto the other's grid")
  }

  static func unlikeAffines(_ volume: Volume, first: Volume, apart: Double) -> Self {
    .init(
      .badData, at: .init(file: volume.source), what: "the files of one subject lie on different grids",
      why: "its voxels lie up to \(apart.words(decimals: 3)) mm from those of \(first.source ?? "the first file")",
      remedy: "resample one onto the other's grid")
  }

  static func channelsDiffer(_ scan: Volume, files: Int, model: String, wanted: Int) -> Self {
    let has =
      scan.channels == 1
      ? "the image is one volume" : files > 1 ? "the files hold \(scan.channels)" : "the image holds \(scan.channels)"
    return .init(
      .badData, at: .init(file: scan.source), what: "the number of channels does not fit the model",
      why: "\(model) takes \(wanted == 1 ? "1 channel" : "\(wanted) channels"), \(has)",
      remedy: wanted == 1
        ? "give one 3D image, such as one volume of the series"
        : "give a 4D image of \(wanted) volumes, or join the files with +")
  }

  static func sizeNotSaid(
    _ scan: Volume, has own: GridShape, model: String, wanted: GridShape, card: String?
  ) -> Self {
    let unsaid =
      card.map { "\($0) does not say how to bring one to the other" }
      ?? "has no card that says how to bring one to the other"
    return .init(
      .badData, at: .init(file: scan.source), what: "the scan does not fit the model",
      why: "it has \(own.text) voxels, \(model) takes \(wanted.text) and \(unsaid)",
      remedy: card == nil
        ? "write a card beside the model with input.shape (crop or pad) or input.spacing (resample), or resample the scan"
        : "give the card input.shape (crop or pad) or input.spacing (resample), or resample the scan")
  }

  static func cardAgainstModel(_ card: ModelCard, shape: [Int], model: String, extents: [Int?]) -> Self {
    let wanted = extents.map { $0.map(String.init) ?? "any" }.joined(separator: " × ")
    return .init(
      .badData, at: .init(file: card.file, part: "input.shape"), what: "card and model disagree on the input's size",
      why:
        "the card says \(shape.map(String.init).joined(separator: " × ")), \(model) takes \(wanted) along i, j, k (axes: \(card.input.axes))",
      remedy: "correct the card's shape or axes, or leave the shape out")
  }

  static func scalingsDiffer(_ card: ModelCard, count: Int, model: String, channels: Int) -> Self {
    .init(
      .badData, at: .init(file: card.file, part: "input"), what: "its lists do not fit the model's channels",
      why: "they have \(count) items, \(model) takes \(channels == 1 ? "1 channel" : "\(channels) channels")",
      remedy: "give one item a channel, or one value for all")
  }

  static func inputTooLarge(_ scan: Volume, card: String, shape: GridShape) -> Self {
    .init(
      .badData, at: .init(file: card, part: "input"), what: "the grid asked for is too large",
      why: "\(scan.source ?? "the scan") would have \(shape.text) voxels, where at most 2^30 are possible",
      remedy: "correct the card's spacing or shape, or the scan's voxel sizes")
  }

  static func statisticsChannels(_ volume: Volume, scan: String?, channels: Int) -> Self {
    .init(
      .badData, at: .init(file: volume.source), what: "the statistics do not fit the scan",
      why:
        "they hold \(volume.channels) volumes, \(scan ?? "the scan") has \(channels == 1 ? "1 channel" : "\(channels) channels")",
      remedy: "give one volume, or one a channel")
  }

  static func statisticsElsewhere(_ file: String?, scan: String?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the statistics share no voxel with the scan",
      why: "at no place of \(scan ?? "the scan") is there a mean and a standard deviation above 0",
      remedy: "check that both are registered to the same space")
  }
}

extension GridShape {
  /// The extents for people, such as `181 × 217 × 181`.
  var text: String { extents.map(String.init).joined(separator: " × ") }
}

/// Voxel sizes for people, to a thousandth.
func millimetres(_ sizes: [Double]) -> String { sizes.map { $0.words(decimals: 3) }.joined(separator: " × ") }
