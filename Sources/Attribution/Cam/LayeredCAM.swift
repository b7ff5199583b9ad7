public import PellucidFaults

/// A class activation map that weighs the activations of layers: what all methods of this kind have in common.
///
/// A new one has a name, says where it was published, keeps its ``CamLayers`` and makes the map; parameters, options and settings come
/// from here.
public protocol LayeredCAM: AttributionMethod {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  var layers: CamLayers { get }

  /// The method for these layers.
  init(of layers: CamLayers)
}

extension LayeredCAM {
  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - layers: names of ONNX nodes or of their outputs; none: the last convolution of more than one voxel.
  ///   - upsampling: how cells come to the input's grid.
  public init(layers: [String] = [], upsampling: CamUpsampling = .stretch) {
    self.init(of: CamLayers(layers, upsampling: upsampling))
  }

  /// The method with these option values as text.
  public init(_ values: OptionValues) throws(PellucidError) { self.init(of: try CamLayers(values)) }

  /// A value at each place.
  public static var measure: Relevance.Measure { .intensive }

  /// Layers and upsampling.
  public static var options: [MethodOption] { CamLayers.options }

  /// The layers by their outputs' names, and the upsampling.
  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    try layers.settings(in: score.network, for: Self.name)
  }
}
