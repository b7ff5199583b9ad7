public import PellucidNetworks
public import PellucidVolumes

/// What a network expects and what its outputs mean: the YAML card beside an ONNX file as a checked value.
///
/// Every key is optional; the defaults stand here and nowhere else. Shapes, spacings and axes are in the order of the image's voxel
/// axes i, j, k (nibabel's array order), after reorientation.
public struct ModelCard: Hashable, Sendable {
  /// The network's name; nil: the file's.
  public var name: String?
  /// How a scan becomes the network's input.
  public var input = Input()
  /// Values of further graph inputs (age, sex), in the card's order.
  public var inputs: [FurtherInput] = []
  /// How further images of a network of several are scaled, by their graph inputs' names: mappings under `inputs`.
  public var images: [String: [Scaling]] = [:]
  /// What the outputs mean.
  public var output = Output()
  /// The file it was read from; nil for a card made in code.
  public var file: String?

  /// A card of defaults.
  public init() {}

  /// The card of a model that has none.
  public static let `default` = ModelCard()

  /// How a scan becomes the network's input: `input` in YAML.
  public struct Input: Hashable, Sendable {
    /// Which voxel axes the tensor's D, H, W are.
    public var axes = TensorAxes.ijk
    /// Axis codes to reorient to first, in capitals, such as `RAS`; nil: as stored.
    public var orientation: String?
    /// Voxel sizes along i, j, k to resample to, mm; nil: as stored.
    public var spacing: [Double]?
    /// How values between voxel centres are found where the scan is resampled.
    public var interpolation = Interpolation.linear
    /// Whether the scan is smoothed first along axes that get coarser.
    public var antialias = false
    /// Extents along i, j, k to crop or pad to, about the centre; nil: the ONNX input's own.
    public var shape: [Int]?
    /// How intensities are scaled: one for all channels, or one a channel; never empty.
    public var scalings = [Scaling()]

    /// As stored, unscaled.
    public init() {}
  }

  /// How the intensities of a channel are scaled: the keys of `input` that may be lists.
  public struct Scaling: Hashable, Sendable {
    /// Bounds that intensities are brought into first; nil: none.
    public var clip: ClosedRange<Double>?
    /// How intensities are scaled.
    public var normalization = Normalization.none
    /// What 0 and 1 of a normalization to 0…1 become; nil: 0 and 1.
    public var scale: [Double]?
    /// Which voxels' statistics are used; every voxel is then scaled.
    public var mask = StatisticsMask.none
    /// Whether voxels of 0 stay 0.
    public var keepZeros = false
    /// The network's "nothing here" in normalized units: padding and the default fill of occlusion.
    public var background = 0.0

    /// As stored.
    public init() {}
  }

  /// A value for a further graph input: one line of `inputs` in YAML.
  public struct FurtherInput: Hashable, Sendable {
    /// The graph input's name.
    public var name: String
    /// One number or several.
    public var values: [Double]

    /// Values for a graph input.
    public init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// What the outputs mean: `output` in YAML.
  public struct Output: Hashable, Sendable {
    /// Which graph output; nil: the first.
    public var name: String?
    /// Classes or a quantity.
    public var kind = OutputKind.classification
    /// What turns the output into probabilities; nil: read off the graph.
    public var activation: OutputActivation?
    /// Names of the classes, by index; empty: none given.
    public var classes: [String] = []
    /// Values that the outputs stand for (bins of a brain-age network); nil: none.
    public var bins: [Double]?
    /// The output with the means of a VAE encoder's latent factors; nil: known by its name.
    public var latentMean: String?
    /// The output with the logarithms of their variances; nil: known by its name.
    public var latentLogVariance: String?

    /// The first output, classes without names.
    public init() {}
  }
}

/// Which voxel axis (0…2 for i, j, k) each of the tensor's axes D, H, W is.
public struct TensorAxes: Hashable, Sendable, CustomStringConvertible {
  /// For D, H, W: the voxel axis 0…2.
  public let voxelAxes: [Int]

  /// D, H, W are i, j, k: nibabel's array order.
  public static let ijk = TensorAxes(unchecked: [0, 1, 2])
  /// D, H, W are k, j, i: SimpleITK's and TensorFlow's order.
  public static let kji = TensorAxes(unchecked: [2, 1, 0])

  private init(unchecked axes: [Int]) { voxelAxes = axes }

  /// Three letters, each of i, j and k once; nil for anything else.
  public init?(_ text: String) {
    let axes = text.lowercased().compactMap { letter in Array("ijk").firstIndex(of: letter) }
    guard text.count == 3, axes.sorted() == [0, 1, 2] else { return nil }
    self.init(unchecked: axes)
  }

  /// Three letters.
  public var description: String { String(voxelAxes.map { Array("ijk")[$0] }) }
}

/// How intensities are scaled, channel by channel.
public enum Normalization: Hashable, Sendable {
  /// As stored.
  case none
  /// (x − mean) / population standard deviation.
  case zscore
  /// (x − min) / (max − min).
  case minmax
  /// (x − mean) / std, with given statistics.
  case given(mean: Statistic, std: Statistic)
  /// Between two percentiles, to 0…1, clipped.
  case percentile(low: Double, high: Double)
}

/// A statistic of the training set: one number, or one a voxel.
public enum Statistic: Hashable, Sendable {
  /// The same everywhere.
  case number(Double)
  /// A volume; its path, with the card's folder put before a relative one.
  case volume(String)
}

/// Which voxels' statistics are used.
public enum StatisticsMask: String, Hashable, Sendable, CaseIterable {
  /// All.
  case none
  /// Those that are not 0.
  case nonzero
}

/// What a network's outputs are.
public enum OutputKind: String, Hashable, Sendable, CaseIterable {
  /// Scores of classes.
  case classification
  /// A quantity.
  case regression
}
