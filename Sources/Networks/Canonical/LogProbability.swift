package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The logit of a value that is a probability already: log p, or log p − log(1 − p).
///
/// No ONNX operator: the end of a network whose output is recognised as probabilities.
///
/// p is kept as far from 0 (and from 1) as float32 tells it apart, so that logits and gradients are finite.
package struct LogProbability: Operator {
  package static let onnxNames: [String] = []
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs
  /// Whether the logit is of p against 1 − p.
  let isOdds: Bool

  private static let least = Double(Float.leastNormalMagnitude)
  private static let most = 1 - Double(Float.ulpOfOne) / 2

  init(isOdds: Bool) { self.isOdds = isOdds }

  package init(_ node: OperatorContext) throws(PellucidError) {
    throw .form(node.node, "it is no ONNX operator", wanted: "one of ONNX")
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  /// A probability, no nearer to 0 or 1 than can be told; what is not a number stays so.
  private func kept(_ value: Float) -> Double {
    let p = Double(value)
    return p < Self.least ? Self.least : isOdds && p > Self.most ? Self.most : p
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.rowMajor)
    let y = x.values.map { value -> Float in
      let p = kept(value)
      return Float(isOdds ? log(p) - log(1 - p) : log(p))
    }
    return Tensor(y, shape: x.shape)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let x = saved.input().ordered(.rowMajor)
    let dx = zip(upstream.ordered(.rowMajor).values, x.values).map { slope, value -> Float in
      let p = kept(value)
      return Float(Double(slope) / (isOdds ? p * (1 - p) : p))
    }
    return [Tensor(dx, shape: x.shape)]
  }
}
