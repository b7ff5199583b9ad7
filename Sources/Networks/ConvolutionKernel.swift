internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors
internal import Synchronization

/// oneDNN's convolution with its weights, which are kept in every order that was needed.
///
/// - Note: `@unchecked Sendable`: the C side may be called from several threads at once.
@safe final class ConvolutionKernel: @unchecked Sendable {
  private let handle: OpaquePointer
  private let weightCount: Int
  private let variants = Mutex<[WeightChange: Conv]>([:])

  private let largestGain = Mutex<Float?>(nil)

  /// Changed copies of larger layers are not kept: a deep network's would double its memory.
  private static let largestKept = 1 << 20

  init(_ g: ConvolutionGeometry, weights: [Float], bias: [Float]?) throws(PellucidError) {
    var shape = pk_convolution_shape(
      channelsIn: Int64(g.channelsIn), channelsOut: Int64(g.channelsOut), groups: Int64(g.groups),
      kernel: triple(g.padding.kernel),
      stride: triple(g.padding.stride), dilation: triple(g.padding.dilation))
    var made: OpaquePointer?
    try Kernels.check("a convolution") { why in
      if let bias {
        unsafe made = pk_convolution_make(&shape, weights, bias, why.text, why.size)
      } else {
        unsafe made = pk_convolution_make(&shape, weights, nil, why.text, why.size)
      }
      return unsafe made == nil ? -1 : 0
    }
    guard let handle = unsafe made else { throw .engine("a convolution", "no memory") }
    unsafe self.handle = handle
    weightCount = weights.count
  }

  deinit { unsafe pk_convolution_free(handle) }

  /// A copy with changed weights; small ones are made once, because a layer may be asked slab by slab.
  func variant(_ change: WeightChange, make: () throws(PellucidError) -> Conv) throws(PellucidError) -> Conv {
    if let kept = variants.withLock({ $0[change] }) { return kept }
    let made = try make()
    if weightCount <= Self.largestKept { variants.withLock { $0[change] = made } }
    return made
  }

  /// How much larger than its input the output can be but for the bias; worked out once.
  func gain(_ make: () -> Float) -> Float {
    if let known = largestGain.withLock({ $0 }) { return known }
    let made = make()
    largestGain.withLock { $0 = made }
    return made
  }

  /// The convolution of an input [N, C, …] onto this shape, with the bias it was made with or without.
  func forward(
    _ input: Tensor, onto output: Shape, padding: Padding, biased: Bool, rectified: Bool
  ) throws(PellucidError) -> Tensor {
    let x = input.ordered(.channelsLast)
    var y = Tensor(unfilled: output, order: .channelsLast)
    var place = self.place(input: x.shape, output: output, padding: padding)
    try Kernels.check("a convolution") { why in
      x.withValues { a in
        y.withMutableValues { b in
          unsafe pk_convolution_forward(
            handle, &place, a.start, b.start, biased ? 1 : 0, rectified ? 1 : 0, why.text, why.size)
        }
      }
    }
    return y
  }

  func backward(_ upstream: Tensor, onto input: Shape, padding: Padding) throws(PellucidError) -> Tensor {
    let dy = upstream.ordered(.channelsLast)
    var dx = Tensor(unfilled: input, order: .channelsLast)
    var place = self.place(input: input, output: dy.shape, padding: padding)
    try Kernels.check("a convolution's gradient") { why in
      dy.withValues { a in
        dx.withMutableValues { b in unsafe pk_convolution_backward(handle, &place, a.start, b.start, why.text, why.size)
        }
      }
    }
    return dx
  }

  /// Whether ``backward(_:of:pool:onto:through:padding:)`` serves this convolution with a max pool behind it, and is worth it.
  func fitsWinners(of pool: pk_pool) -> Bool {
    unsafe withUnsafePointer(to: pool) { unsafe pk_winner_gradient_fits(handle, $0) != 0 }
  }

  /// The gradient at the input from that behind the max pool that reads the convolution's output.
  ///
  /// - Parameters:
  ///   - upstream: [N, C, d, h, w] of the pool's output.
  ///   - middle: the convolution's output.
  func backward(
    _ upstream: Tensor, of winners: Winners, pool: pk_pool, onto input: Shape, through middle: Shape, padding: Padding
  ) -> Tensor {
    let dy = upstream.ordered(.channelsLast)
    var dx = Tensor(unfilled: input, order: .channelsLast)
    var place = self.place(input: input, output: middle, padding: padding)
    var pool = pool
    precondition(winners.count == dy.count && pool.n == place.n, "winners of another output")
    unsafe winners.withTaps { taps in
      dy.withValues { a in
        dx.withMutableValues { b in unsafe pk_winner_gradient(handle, &place, &pool, taps, a.start, b.start) }
      }
    }
    return dx
  }

  private func place(input: Shape, output: Shape, padding: Padding) -> pk_convolution_place {
    pk_convolution_place(
      n: Int64(input[0]), in: triple(input.spatial), padBefore: triple(padding.pads(of: input.spatial).before),
      out: triple(output.spatial))
  }
}
