internal import CKernels
internal import Faults
internal import Tensors

/// oneDNN's convolution with its weights; primitives and reordered weights are kept in it by shape.
///
/// - Note: `@unchecked Sendable`: the C side lets one call in at a time.
@safe final class ConvolutionKernel: @unchecked Sendable {
  private let handle: OpaquePointer

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
  }

  deinit { unsafe pk_convolution_free(handle) }

  func forward(_ input: Tensor, onto output: Shape, padding: Padding, rectified: Bool) throws(PellucidError) -> Tensor {
    let x = input.ordered(.channelsLast)
    var y = Tensor(unfilled: output, order: .channelsLast)
    var place = self.place(input: x.shape, output: output, padding: padding)
    try Kernels.check("a convolution") { why in
      x.withValues { a in
        y.withMutableValues { b in
          unsafe pk_convolution_forward(handle, &place, a.start, b.start, rectified ? 1 : 0, why.text, why.size)
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

  private func place(input: Shape, output: Shape, padding: Padding) -> pk_convolution_place {
    pk_convolution_place(
      n: Int64(input[0]), in: triple(input.spatial), padBefore: triple(padding.pads(of: input.spatial).before),
      out: triple(output.spatial))
  }
}
