internal import PellucidFaults

extension PellucidError {
  static func latentCounts(_ path: String, _ means: Int, _ variances: Int) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the encoder makes \(means) means and \(variances) variances",
      remedy: "name the outputs under output.latent_mean and output.latent_log_variance in the model card")
  }

  static func decoderInputs(_ path: String, _ inputs: [String]) -> Self {
    .init(
      .unsupported, at: .init(file: path), what: "a decoder takes the latent factors alone",
      why: "its inputs are \(inputs.joined(separator: "; "))", remedy: "export it with one input")
  }

  static func decoderLatent(_ path: String, _ input: String, encoder: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "its input \(input) is not the encoder's latent",
      why: "that is \(encoder)",
      remedy: "give the decoder that was trained with this encoder")
  }

  static func decoderImage(_ output: String, _ shape: String, encoder: String) -> Self {
    .init(
      .badData, what: "what the decoder makes, \(output) \(shape), is not the encoder's image",
      why: "that is \(encoder)",
      remedy: "give the decoder that was trained with this encoder")
  }

  static func noReconstruction(_ name: String?, _ path: String, _ known: [String]) -> Self {
    .init(
      .usage, at: .init(file: path),
      what: name.map { "the model has no output \($0)" } ?? "no output of the model is the image again",
      why: name == nil ? "its outputs are \(known.joined(separator: ", "))" : "",
      remedy: name.map { NearMiss.remedy(for: $0, among: known, noun: "its outputs are") }
        ?? "give the decoder's file as `decoder`, or name the output as `reconstruction`")
  }

  static func noDecoder(_ path: String, _ output: String) -> Self {
    .init(
      .unsupported, at: .init(file: path), what: "\(output) does not come of the latent factors alone",
      why: "other ways lead to it from the image",
      remedy: "export the decoder as a file of its own, and give it as `decoder`")
  }

  static func noFactor(_ factor: Int, count: Int) -> Self {
    .init(
      .usage, what: "there is no latent factor \(factor)",
      remedy: count == 1 ? "the only one is 0" : "they are 0 to \(count - 1)")
  }
}
