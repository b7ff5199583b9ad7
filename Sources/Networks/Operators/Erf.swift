internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The error function 2/√π·∫₀ˣ e^(−t²) dt (ONNX Erf): exporters write GELU with it.
package struct Erf: PointwiseOperator, GrowingFunction {
  package static let onnxNames = ["Erf"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs

  package init(_ node: OperatorContext) throws(PellucidError) {}

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var y = inputs[0]
    y.withMutableValues { values in
      // Every index is below the count.
      for i in 0..<values.count { unsafe values.start[i] = erff(values.start[i]) }
    }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    // 2/√π·e^(−x²)
    let square = try Kernels.apply(PK_SQUARE, to: saved.input()).scaled(by: -1)
    let slope = try Kernels.apply(PK_EXP, to: square).scaled(by: Float(2 / Double.pi.squareRoot()))
    return [slope.combined(.multiply, with: upstream)]
  }
}
