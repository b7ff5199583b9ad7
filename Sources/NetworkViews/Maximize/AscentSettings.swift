/// How an image is driven upwards, and what keeps it from filling with noise.
public struct AscentSettings: Sendable, Hashable {
  /// The rule of a step.
  public enum Optimizer: String, Sendable, Hashable, CaseIterable {
    /// Kingma & Ba 2015.
    case adam
    /// v = momentum·v + rate·g; x += v.
    case momentum
  }

  /// What is moved.
  public enum Parametrization: String, Sendable, Hashable, CaseIterable {
    /// Every voxel by itself.
    case voxels
    /// Cosines over the whole image, high ones less: ``FrequencyBasis``.
    case frequencies
  }

  /// How a gradient is brought to a common size.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// As it is.
    case none
    /// Divided by the root of its mean square.
    case rms
    /// Divided by its largest magnitude.
    case largest
  }

  /// Settings that were published together.
  public enum Preset: String, Sendable, Hashable, CaseIterable {
    /// Low frequencies from the start, small moves between the steps (Olah et al. 2017).
    case lucid
    /// Blur, and the smaller half of the voxels cleared (Yosinski et al. 2015, first).
    case blur
    /// Decay by 0.3 a step, the smallest 20 % cleared (second).
    case decay
    /// A wide blur and next to no decay (third).
    case smooth
    /// Blur, and the 90 % of voxels that contribute least cleared (fourth).
    case contribution
    /// None of it.
    case plain
  }

  /// Steps [256].
  public var steps = 256
  /// How far a step goes, in units of the network's input [0.05].
  public var rate: Float = 0.05
  /// The rule of a step [adam].
  public var optimizer = Optimizer.adam
  /// How much of the last step goes on, 0…1, of the rule `momentum` [0.9].
  public var momentum: Float = 0.9
  /// What is moved [voxels].
  public var parametrization = Parametrization.voxels
  /// How gradients are brought to a common size [none; presets of Yosinski: rms].
  public var normalization = Normalization.none
  /// Gradients beyond this are cut to it, after they were brought to a common size [nil: none].
  public var clip: Float?
  /// θ_decay: part of the distance from the base that is lost each step, 0…1 [0].
  public var decay: Float = 0
  /// θ_b_width: deviation of the blur, voxels [0].
  public var blur = 0.0
  /// θ_b_every: every how many steps the image is blurred [4].
  public var blurEvery = 4
  /// θ_n_pct: part of the voxels, those nearest to the base, that are set to it each step, 0…1 [0].
  public var smallNorm: Float = 0
  /// θ_c_pct: part of the voxels, those that contribute least, that are set to the base each step, 0…1 [0].
  public var smallContribution: Float = 0
  /// Deviation of the random shift between steps, voxels [0].
  public var jitter = 0.0
  /// Deviation of the logarithm of the random scaling [0].
  public var scaling = 0.0
  /// Deviation of the random rotation about each axis, degrees [0].
  public var rotation = 0.0
  /// The farthest that a value may go from the base, in units of the network's input [nil: any].
  public var bound: Float?
  /// Deviation of the noise that the ascent begins with [0.1].
  public var noise: Float = 0.1
  /// Seeds of noise and moves; each gives an image of its own [0].
  public var seeds = [0]

  /// The defaults: Adam on voxels, nothing else.
  public init() {}

  /// A preset.
  public init(_ preset: Preset) {
    switch preset {
    case .plain: break
    case .lucid:
      parametrization = .frequencies
      (jitter, scaling, rotation) = (2, 0.02, 3)
    case .blur: (blur, blurEvery, smallNorm) = (0.5, 4, 0.5)
    case .decay: (decay, smallNorm) = (0.3, 0.2)
    case .smooth: (decay, blur, blurEvery) = (0.0001, 1, 4)
    case .contribution: (blur, blurEvery, smallContribution) = (0.5, 4, 0.9)
    }
    switch preset {
    case .plain, .lucid: break
    default: (optimizer, momentum, normalization, rate) = (.momentum, 0, .rms, preset == .decay ? 1 : 0.2)
    }
  }
}
