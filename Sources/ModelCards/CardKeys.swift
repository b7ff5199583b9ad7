/// The keys that a card may have, by the mapping that they stand in: what the reader allows, and what docs/card.md explains.
package enum CardKeys {
  static let card = ["name", "input", "inputs", "output"]
  static let input = [
    "axes", "orientation", "spacing", "interpolation", "antialias", "shape", "clip", "normalization", "scale", "mask",
    "keep_zeros", "background",
  ]
  /// The keys of `input` that are about a channel's intensities; an image's under `inputs` are these.
  static let scaling = ["clip", "normalization", "scale", "mask", "keep_zeros", "background"]
  static let normalization = ["mean", "std", "percentile"]
  static let output = ["name", "kind", "activation", "classes", "bins", "latent_mean", "latent_log_variance"]

  /// All of them with their paths, such as `input.normalization.mean`.
  package static var paths: [String] {
    card + input.map { "input." + $0 } + normalization.map { "input.normalization." + $0 }
      + output.map { "output." + $0 }
  }
}
