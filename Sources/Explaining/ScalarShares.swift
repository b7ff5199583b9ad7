internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidResults
internal import PellucidTensors

// What the network's further numbers, such as an age, do to the score that is explained.
extension Explainer {
  /// The share of each further input that is a number or a row of numbers, on the scale of `score`; empty where there are none, or the network cannot
  /// be asked for its slope along them.
  func scalarShares(
    _ subject: Case, _ question: Question, _ score: ScoreFunction
  ) throws(PellucidError) -> [ResultRecord.InputShare] {
    guard question.isOwnOutput else { return [] }
    let image = subject.prepared.input.ordered(.rowMajor)
    let inputs = classifier.scalars
    guard !inputs.isEmpty, inputs.reduce(0, { $0 + $1.values.count }) <= Self.mostScalars,
      let model = classifier.model.readingScalars(inputs.map { ($0.name, $0.values.count) }, behind: image.shape[1]),
      let network = try? classifier.network(
        reading: inputs.map(\.name), from: model,
        channels: image.shape[1] + inputs.reduce(0) { $0 + $1.values.count }, spatial: image.shape.spatial,
        target: options.target),
      network.outputCount == score.network.outputCount
    else { return [] }
    let joint = ScoreFunction(network: network, classes: score.classes, target: score.target, kind: score.kind)
    let voxels = image.shape.voxels
    let values = inputs.flatMap(\.values)
    func joined(_ values: [Float]) -> Tensor {
      Tensor(
        image.values + values.flatMap { Array(repeating: $0, count: voxels) },
        shape: Shape([1, image.shape[1] + values.count] + image.shape.spatial)
      ).ordered(.channelsLast)
    }
    let gradient = try joint.gradient(at: joined(values)).ordered(.rowMajor).values
    let whole = try joint.scores(ofImages: joined(values))[0]
    var shares: [ResultRecord.InputShare] = []
    var start = 0
    for input in inputs {
      let slopes = input.values.indices.map { gradient[(image.shape[1] + start + $0) * voxels] }
      var without = values
      for place in input.values.indices { without[start + place] = 0 }
      let product = zip(slopes, input.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let drop = whole - (try joint.scores(ofImages: joined(without))[0])
      shares.append(
        .init(
          name: input.name, values: input.values, gradient: slopes, gradientTimesInput: product, scoreDrop: drop))
      start += input.values.count
    }
    return shares
  }

  /// More numbers than these are no facts about a subject.
  private static let mostScalars = 64
}
