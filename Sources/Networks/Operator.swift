public import PellucidFaults
public import PellucidTensors

/// One ONNX operator with its constant inputs bound: what it computes, its gradient, and what it is to the methods that walk a network.
///
/// Inputs that are constants of the model (weights, shapes, axes) are taken at `init`; `forward` and `gradient` see the others only, in
/// the node's order. Activations of rank 5 lie channels-last in memory; an operator that needs another order asks for it.
///
/// ## Topics
///
/// ### What it serves
///
/// - ``onnxNames``
/// - ``init(_:)``
/// - ``role``
///
/// ### What it computes
///
/// - ``shape(of:)``
/// - ``forward(_:)``
/// - ``gradient(_:saved:)``
/// - ``gradientNeeds``
///
/// ### What it says of itself
///
/// - ``field``
/// - ``mixesImages``
/// - ``parameterCount``
/// - ``multiplyAdds(inputs:output:)``
public protocol Operator: Sendable {
  /// The ONNX operator types that this type serves, e.g. `["Conv"]`.
  static var onnxNames: [String] { get }

  /// Binds the attributes and the constant inputs of a node.
  /// - Throws: `.badData` where they contradict each other, `.unsupported` where the form is one that Pellucid lacks.
  init(_ node: OperatorContext) throws(PellucidError)

  /// What kind of step it is.
  var role: Role { get }

  /// The output's shape for these shapes of the dynamic inputs.
  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape

  /// The output.
  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor

  /// ∂score/∂input for each dynamic input, given ∂score/∂output.
  /// - Parameter saved: what ``gradientNeeds`` asked for; more may be there.
  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor]

  /// Which tensors of the forward pass the gradient needs.
  var gradientNeeds: GradientNeeds { get }

  /// How far it looks along D, H, W.
  var field: SpatialField { get }

  /// Whether a value can depend on others along the first axis without changing its extent, so that images of a batch would mix.
  var mixesImages: Bool { get }

  /// Number of trained values bound in it.
  var parameterCount: Int { get }

  /// Multiply-adds of one forward pass.
  func multiplyAdds(inputs: [Shape], output: Shape) -> Int
}

extension Operator {
  /// Most operators look at one voxel.
  public var field: SpatialField { .pointwise }
  /// Most operators keep the first axis apart, or change its extent.
  public var mixesImages: Bool { false }
  /// Most operators have no weights.
  public var parameterCount: Int { 0 }
  /// Most operators multiply nothing worth counting.
  public func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 0 }
}

/// An operator of which every input may depend on the image, not only the first.
protocol MultiInputOperator: Operator {}

/// A function of single values that may grow with them; who relies on it looks whether it does (`BoundsWalk`).
protocol GrowingFunction: Operator {}

/// What a step is to the methods: rules of relevance propagation are given by role.
public enum Role: Hashable, Sendable, CaseIterable {
  /// Linear, with weights shared over voxels.
  case convolution
  /// Linear, all inputs to all outputs.
  case dense
  /// A function of single values.
  case activation
  /// ReLU: the activation that guided backpropagation and the deconvnet change.
  case rectifier
  /// Scale and shift of channels, by statistics of training or of the image's own voxels.
  case normalization
  /// Scale and shift by statistics over the features of a place.
  case layerNormalization
  /// The sum or difference of two activations (residual connections).
  case sum
  /// The product of two activations, value by value (gates).
  case product
  /// One activation divided by another.
  case quotient
  /// Sums of products of two activations (attention), or of one with itself.
  case bilinear
  /// Softmax inside a network.
  case softmax
  /// Means over voxels: average pools, also global, also ReduceMean.
  case averaging
  /// Linear without weights that a rule could change: other sums and means, resampling, products with a constant.
  case mixing
  /// Maxima over voxels.
  case maximum
  /// Moves values without changing them.
  case rearrangement
  /// Everything else: follows the gradient.
  case other
}

/// The tensors of a forward pass that a gradient needs.
public struct GradientNeeds: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int
  /// A set of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// The dynamic inputs.
  public static let inputs = GradientNeeds(rawValue: 1)
  /// The output.
  public static let output = GradientNeeds(rawValue: 2)
}

/// What a forward pass left of one node.
public struct Saved: Sendable {
  /// The dynamic inputs, where they were kept.
  public var inputs: [Tensor?]
  /// Their shapes.
  public var inputShapes: [Shape]
  /// The output, where it was kept.
  public var output: Tensor?
  /// The same of the image that a trace is contrasted with: one, or none.
  public var contrast: [Saved] = []

  /// What was kept.
  public init(inputs: [Tensor?], inputShapes: [Shape], output: Tensor?) {
    self.inputs = inputs
    self.inputShapes = inputShapes
    self.output = output
  }

  /// A dynamic input that `gradientNeeds` asked for.
  public func input(_ index: Int = 0) -> Tensor {
    guard let tensor = inputs[index] else { preconditionFailure("an input was not kept for the gradient") }
    return tensor
  }

  /// The output that `gradientNeeds` asked for.
  public func keptOutput() -> Tensor {
    guard let output else { preconditionFailure("the output was not kept for the gradient") }
    return output
  }
}

/// How far an operator looks along the three spatial axes.
public enum SpatialField: Hashable, Sendable {
  /// One voxel makes one voxel.
  case pointwise
  /// A window slides over D, H, W of an input [N, C, D, H, W], or over those axes of it that an input of lower rank has.
  case window(Window)
  /// Along these axes an output is made of a few neighbouring inputs, at other steps than theirs.
  case samples([Sampling])
  /// The same along D, H, W, counted from 0, whatever the input's rank.
  case volumeSamples([Sampling])
  /// Axis i of the input becomes this axis of the output; nil where it is taken apart.
  case moved([Int?])
  /// All values along these axes make each output; the other axes stay where they are. −1 is the last axis.
  case mixed([Int])
  /// Every output depends on all voxels.
  case everything
}

/// How the outputs of a resampling, a part, or a transposed convolution lie between the inputs along one axis.
public struct Sampling: Hashable, Sendable {
  /// The axis of the input.
  public var axis: Int
  /// Inputs that make an output.
  public var cells: Int
  /// Where output 0 lies, in inputs.
  public var first: Double
  /// Inputs between outputs.
  public var step: Double

  /// A sampling of these parts.
  public init(axis: Int, cells: Int, first: Double, step: Double) {
    self.axis = axis
    self.cells = cells
    self.first = first
    self.step = step
  }
}

/// A sliding window's geometry along D, H, W.
public struct Window: Hashable, Sendable {
  /// Taps.
  public var kernel: [Int]
  /// Steps between outputs.
  public var stride: [Int]
  /// Steps between taps.
  public var dilation: [Int]
  /// Zeros before the first voxel.
  public var padBefore: [Int]

  /// A window of these parts, each three numbers.
  public init(kernel: [Int], stride: [Int], dilation: [Int], padBefore: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padBefore = padBefore
  }
}

/// A linear operator with weights: the ones that relevance propagation has rules for.
public protocol LinearOperator: Operator {
  /// The same operator with weights and bias changed value by value.
  func with(_ change: WeightChange) throws(PellucidError) -> any LinearOperator
}

/// A change of weights and bias, as the rules of relevance propagation make them.
public struct WeightChange: Hashable, Sendable {
  /// What becomes of each value w.
  public enum Map: Hashable, Sendable {
    /// w
    case same
    /// max(w, 0)
    case positive
    /// min(w, 0)
    case negative
    /// w + γ·max(w, 0)
    case favourPositive(gamma: Float)
    /// w + γ·min(w, 0)
    case favourNegative(gamma: Float)
    /// w²
    case squared
    /// 1
    case ones

    func callAsFunction(_ w: Float) -> Float {
      switch self {
      case .same: w
      case .positive: max(w, 0)
      case .negative: min(w, 0)
      case .favourPositive(let gamma): w + gamma * max(w, 0)
      case .favourNegative(let gamma): w + gamma * min(w, 0)
      case .squared: w * w
      case .ones: 1
      }
    }
  }

  /// What becomes of each weight.
  public var weights: Map
  /// What becomes of each bias value; nil: the bias is left out.
  public var bias: Map?

  /// A change of weights and bias.
  public init(weights: Map, bias: Map?) {
    self.weights = weights
    self.bias = bias
  }

  /// The weights as they are, no bias.
  public static let withoutBias = WeightChange(weights: .same, bias: nil)

  /// The bias changed like the weights.
  public init(_ map: Map) { self.init(weights: map, bias: map) }
}
