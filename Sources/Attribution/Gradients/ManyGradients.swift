internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

extension ScoreFunction {
  /// Bytes of activations that the images of a pass may have together: beyond them nothing is gained.
  private static let bytesOfPass = 32 << 20

  /// ∂s/∂x at many images, several a pass where they are small.
  ///
  /// - Parameters:
  ///   - image: the image at a place in the order, [1, C, D, H, W], channels last; asked for once each, in order.
  ///   - each: called with each gradient in order, in the image's shape, channels last.
  func gradients(
    _ count: Int, progress: any ProgressObserver, image: (Int) throws(PellucidError) -> Tensor,
    each: (Int, Tensor) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    let size = imagesOfPass
    var done = 0
    while done < count {
      try progress.check()
      let part = done..<min(done + size, count)
      var images: [Tensor] = []
      for place in part { images.append(try image(place)) }
      let gradient = try gradient(at: Tensor.joined(images)).ordered(.channelsLast)
      for place in part {
        let own = place - part.lowerBound
        try each(place, gradient.images(own..<(own + 1)))
      }
      done = part.upperBound
      progress.advanced(to: done, of: count)
    }
  }

  /// How many images a pass takes.
  var imagesOfPass: Int { imagesOfPass(within: Self.bytesOfPass) }

  /// The same where their activations together may take so many bytes.
  func imagesOfPass(within limit: Int) -> Int {
    guard network.supportsBatches else { return 1 }
    let graph = network.graph
    let bytes = graph.nodes.reduce(4 * network.inputShape.count) { $0 + 4 * graph.shape(of: $1.output).count }
    return min(32, max(1, min(limit, Self.bytesOfPass) / bytes))
  }
}
