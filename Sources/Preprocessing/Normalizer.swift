internal import PellucidFaults
internal import PellucidModelCards
internal import PellucidVolumes

/// Scales the intensities of a channel as a card says, or of all channels that the card tells nothing apart of.
struct Normalizer: Sendable {
  private let rule: Normalization
  private let clip: ClosedRange<Double>?
  private let scale: (low: Double, high: Double)
  private let mask: StatisticsMask
  private let keepsZeros: Bool
  private let background: Float
  /// The volumes that the card names for mean and standard deviation.
  private let mean: Volume?
  private let std: Volume?
  /// What was mended while those were read.
  private let readingNotes: [Note]

  /// - Throws: `.badData` where a volume of statistics cannot be read.
  init(_ scaling: ModelCard.Scaling) throws(PellucidError) {
    rule = scaling.normalization
    clip = scaling.clip
    scale = scaling.scale.map { ($0[0], $0[1]) } ?? (0, 1)
    mask = scaling.mask
    keepsZeros = scaling.keepZeros
    background = Float(scaling.background)
    guard case .given(let mean, let std) = rule else {
      (self.mean, self.std) = (nil, nil)
      readingNotes = []
      return
    }
    self.mean = try Self.volume(mean)
    self.std = try Self.volume(std)
    readingNotes = [self.mean, self.std].compactMap { $0 }.flatMap { volume in
      volume.notes.map { $0.of("the card's \(volume.source ?? "volume")") }
    }
  }

  private static func volume(_ statistic: Statistic) throws(PellucidError) -> Volume? {
    guard case .volume(let path) = statistic else { return nil }
    // Templates' statistics are often undefined outside the brain, where nothing is compared.
    return try Volume(contentsOf: path, nan: .zero)
  }

  /// Scales every voxel of every channel; voxels of 0 stay where the card says so.
  /// - Parameters:
  ///   - values: the channels of a grid, one after another, i fastest.
  ///   - channels: which of them to scale.
  ///   - total: how many there are.
  ///   - scan: the scan's file, for messages.
  /// - Returns: notes on channels that could not be scaled.
  /// - Throws: `.badData` where volumes of statistics do not fit the scan.
  func normalize(
    _ values: inout [Float], channels: Range<Int>, of total: Int, grid: (shape: GridShape, affine: Affine),
    scan: String?
  ) throws(PellucidError) -> [Note] {
    let count = grid.shape.count
    if let clip {
      let (low, high) = (Float(clip.lowerBound), Float(clip.upperBound))
      for index in channels.lowerBound * count..<channels.upperBound * count {
        values[index] = min(max(values[index], low), high)
      }
    }
    if mean != nil || std != nil {
      return readingNotes + (try standardize(&values, channels: channels, of: total, grid: grid, scan: scan))
    }
    var notes: [Note] = []
    for channel in channels {
      let range = channel * count..<(channel + 1) * count
      let (scaling, note) = scaling(of: values, in: range)
      if let note { notes.append(total > 1 ? note.of("channel \(channel)") : note) }
      if let scaling { scaling.apply(to: &values, in: range, keepsZeros: keepsZeros) }
    }
    return notes
  }

  /// How a channel is scaled; nil: not at all.
  private func scaling(of values: [Float], in range: Range<Int>) -> (LinearScaling?, Note?) {
    let onlyNonzero = mask == .nonzero
    switch rule {
    case .none: return (nil, nil)
    case .given(.number(let mean), .number(let std)): return (LinearScaling(shift: mean, factor: 1 / std), nil)
    case .given: return (nil, nil)
    case .zscore:
      guard let moments = ChannelMoments(values, in: range, onlyNonzero: onlyNonzero) else { return (nil, .emptyMask) }
      guard moments.populationDeviation > 0 else {
        return (
          LinearScaling(shift: moments.mean, factor: 1),
          Note(what: Self.constant, how: "only its mean is subtracted", weight: .told)
        )
      }
      return (LinearScaling(shift: moments.mean, factor: 1 / moments.populationDeviation), nil)
    case .minmax:
      guard let moments = ChannelMoments(values, in: range, onlyNonzero: onlyNonzero) else { return (nil, .emptyMask) }
      return between(Double(moments.low), Double(moments.high), clips: false)
    case .percentile(let low, let high):
      let ranks = OrderStatistics(values[range], excludingZero: onlyNonzero)
      guard let dark = ranks.percentile(low), let bright = ranks.percentile(high) else { return (nil, .emptyMask) }
      return between(dark, bright, clips: true)
    }
  }

  private static let constant = "the image is constant"

  private func between(_ low: Double, _ high: Double, clips: Bool) -> (LinearScaling?, Note?) {
    guard high > low else {
      return (
        LinearScaling(shift: low, factor: 0, low: scale.low, high: scale.high),
        Note(what: "lowest and highest intensity agree", how: "the image is taken as 0", weight: .told)
      )
    }
    return (
      LinearScaling(shift: low, factor: 1 / (high - low), clips: clips, low: scale.low, high: scale.high), nil
    )
  }

  /// Voxel-wise statistics, brought to the scan in the world; voxels without a standard deviation become background.
  private func standardize(
    _ values: inout [Float], channels: Range<Int>, of total: Int, grid: (shape: GridShape, affine: Affine),
    scan: String?
  ) throws(PellucidError) -> [Note] {
    let mean = try placed(self.mean, channels: total, grid: grid, scan: scan)
    let std = try placed(self.std, channels: total, grid: grid, scan: scan)
    var (constantMean, constantStd) = (Float(0), Float(1))
    if case .given(.number(let number), _) = rule { constantMean = Float(number) }
    if case .given(_, .number(let number)) = rule { constantStd = Float(number) }
    let count = grid.shape.count
    var unknown = 0
    let places = channels.lowerBound * count..<channels.upperBound * count
    for index in places {
      let value = values[index]
      if keepsZeros, value == 0 { continue }
      let m = mean.map { $0[index % $0.count] } ?? constantMean
      let s = std.map { $0[index % $0.count] } ?? constantStd
      if m.isFinite, s.isFinite, s > 0 {
        values[index] = Float((Double(value) - Double(m)) / Double(s))
      } else {
        values[index] = background
        unknown += 1
      }
    }
    guard unknown < places.count else { throw .statisticsElsewhere(self.std?.source ?? self.mean?.source, scan: scan) }
    guard unknown > 0 else { return [] }
    return [
      Note(
        what:
          "\(unknown / channels.count) of \(count) voxels have no mean or no standard deviation in the card's volumes",
        how: "they are taken as background", weight: .told)
    ]
  }

  private func placed(
    _ volume: Volume?, channels: Int, grid: (shape: GridShape, affine: Affine), scan: String?
  ) throws(PellucidError) -> [Float]? {
    guard let volume else { return nil }
    guard volume.channels == 1 || volume.channels == channels else {
      throw .statisticsChannels(volume, scan: scan, channels: channels)
    }
    return volume.resampled(onto: grid.shape, affine: grid.affine, interpolation: .linear, outside: .nan).voxels
  }
}

extension Note {
  fileprivate static let emptyMask = Note(
    what: "no voxel of the image differs from 0", how: "it is not scaled", weight: .told)
}

/// low + (high − low) · (x − shift) · factor, computed in double.
struct LinearScaling {
  var shift: Double
  var factor: Double
  /// Whether (x − shift) · factor is bounded to 0…1.
  var clips = false
  /// What 0 becomes.
  var low = 0.0
  /// What 1 becomes.
  var high = 1.0

  func apply(to values: inout [Float], in range: Range<Int>, keepsZeros: Bool) {
    let (least, most): (Float, Float) = clips ? (0, 1) : (-.infinity, .infinity)
    let isMoved = low != 0 || high != 1
    var span = values.mutableSpan
    for index in range {
      let value = span[index]
      var scaled = min(max(Float((Double(value) - shift) * factor), least), most)
      if isMoved { scaled = Float(low + (high - low) * Double(scaled)) }
      span[index] = keepsZeros && value == 0 ? 0 : scaled
    }
  }
}
