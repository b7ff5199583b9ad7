internal import CPellucidKernels
internal import PellucidFaults
package import PellucidTensors

/// Where a C verb writes why it failed; valid only during the call.
@safe struct Reason {
  let text: UnsafeMutablePointer<CChar>
  let size: Int
}

/// The C verbs with Swift's types; each reports oneDNN's reason as an error.
enum Kernels {
  static func check(_ verb: String, _ call: (Reason) -> Int32) throws(PellucidError) {
    var why = [CChar](repeating: 0, count: 256)
    let status = unsafe why.withUnsafeMutableBufferPointer { text -> Int32 in
      guard let base = text.baseAddress else { return -1 }
      return unsafe call(Reason(text: base, size: text.count))
    }
    guard status != 0 else { return }
    let bytes = why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    throw .engine(verb, String(decoding: bytes, as: UTF8.self))
  }

  static func apply(_ f: pk_function, _ alpha: Float = 0, _ beta: Float = 0, to x: Tensor) throws(PellucidError)
    -> Tensor
  {
    var y = Tensor(unfilled: x.shape, order: x.order)
    try check("an elementwise function") { why in
      x.withValues { a in
        y.withMutableValues { b in unsafe pk_apply(f, alpha, beta, Int64(a.count), a.start, b.start, why.text, why.size)
        }
      }
    }
    return y
  }

  static func gradient(
    _ f: pk_function, _ alpha: Float = 0, _ beta: Float = 0, at x: Tensor, upstream: Tensor
  ) throws(PellucidError) -> Tensor {
    let dy = upstream.ordered(x.order)
    var dx = Tensor(unfilled: x.shape, order: x.order)
    try check("an elementwise gradient") { why in
      x.withValues { a in
        dy.withValues { g in
          dx.withMutableValues { b in
            unsafe pk_apply_gradient(f, alpha, beta, Int64(a.count), a.start, g.start, b.start, why.text, why.size)
          }
        }
      }
    }
    return dx
  }

  /// op(a)·op(b), row-major, both of rank 2 at these offsets and sizes.
  static func product(
    _ a: Tensor, at offsetA: Int = 0, transposedA ta: Bool = false, _ b: Tensor, atB offsetB: Int = 0,
    transposedB tb: Bool = false,
    m: Int, n: Int, k: Int, into c: inout Tensor, atC offsetC: Int = 0
  ) throws(PellucidError) {
    precondition(offsetA + m * k <= a.count && offsetB + k * n <= b.count && offsetC + m * n <= c.count)
    guard m > 0, n > 0 else { return }
    try check("a matrix product") { why in
      a.withValues { x in
        b.withValues { y in
          c.withMutableValues { z in
            unsafe pk_matrix_product(
              ta ? 1 : 0, tb ? 1 : 0, Int64(m), Int64(n), Int64(k), x.start + offsetA, Int64(ta ? m : k),
              y.start + offsetB,
              Int64(tb ? k : n), 0, z.start + offsetC, Int64(n), why.text, why.size)
          }
        }
      }
    }
  }

  /// op(a)·op(b) of many row-major matrices of one size, which begin at these places; the products lie one behind another.
  static func products(
    _ a: Tensor, at placesA: [Int], transposedA ta: Bool, _ b: Tensor, atB placesB: [Int], transposedB tb: Bool,
    m: Int, n: Int, k: Int, into c: inout Tensor
  ) throws(PellucidError) {
    precondition(placesA.allSatisfy { $0 + m * k <= a.count } && placesB.allSatisfy { $0 + k * n <= b.count })
    precondition(placesA.count == placesB.count && placesA.count * m * n <= c.count)
    guard m > 0, n > 0 else { return }
    let (from, other) = (placesA.map(Int64.init), placesB.map(Int64.init))
    try check("a matrix product") { why in
      a.withValues { x in
        b.withValues { y in
          c.withMutableValues { z in
            unsafe pk_matrix_products(
              ta ? 1 : 0, tb ? 1 : 0, Int64(from.count), Int64(m), Int64(n), Int64(k), x.start, from, y.start, other,
              z.start, why.text, why.size)
          }
        }
      }
    }
  }

  /// Reduces the middle axis of [outer, reduced, inner].
  static func reduce(_ r: pk_reduction, _ x: Tensor, outer: Int, reduced: Int, inner: Int, into y: inout Tensor) {
    precondition(x.count == outer * reduced * inner && y.count == outer * inner)
    x.withValues { a in
      y.withMutableValues { b in
        unsafe pk_reduce(r, Int64(outer), Int64(reduced), Int64(inner), a.start, b.start)
      }
    }
  }
}

extension Tensor {
  /// The axes put in another order, row-major.
  func permuted(_ axes: [Int]) -> Tensor {
    let from = shape.strides(in: order)
    let target = Shape(axes.map { shape[$0] })
    var result = Tensor(unfilled: target, order: .rowMajor)
    result.copy(
      from: self, sourceStrides: axes.map { from[$0] }, targetStrides: target.strides(in: .rowMajor),
      extents: target.dimensions)
    return result
  }

  /// Sums over the axes along which `target` is 1 (or absent), as the gradient of a broadcast does.
  package func summed(to target: Shape) -> Tensor {
    guard target != shape else { return self }
    let padded = Shape(Array(repeating: 1, count: shape.rank - target.rank) + target.dimensions)
    let reducedAxes = (0..<shape.rank).filter { padded[$0] == 1 && shape[$0] != 1 }
    return reduced(PK_SUM, axes: reducedAxes).reinterpreted(as: target, order: .rowMajor).ordered(
      target.rank > 2 ? order : .rowMajor)
  }

  /// A reduction over axes, which stay as extents of 1; row-major.
  func reduced(_ reduction: pk_reduction, axes: [Int]) -> Tensor {
    let kept = Shape((0..<shape.rank).map { axes.contains($0) ? 1 : shape[$0] })
    var result = Tensor(unfilled: kept, order: .rowMajor)
    let spatial = Array(2..<max(2, shape.rank))
    if order == .channelsLast, !axes.isEmpty, axes == spatial {
      Kernels.reduce(reduction, self, outer: shape[0], reduced: shape.voxels, inner: shape[1], into: &result)
      return result
    }
    let keptAxes = (0..<shape.rank).filter { !axes.contains($0) }
    if order == .rowMajor, keptAxes + axes == Array(0..<shape.rank), !axes.isEmpty {
      // The last axes lie together: nothing is to be moved.
      let size = axes.reduce(1) { $0 * shape[$1] }
      Kernels.reduce(reduction, self, outer: count / max(size, 1), reduced: size, inner: 1, into: &result)
      return result
    }
    let arranged = permuted(keptAxes + axes)
    let size = axes.reduce(1) { $0 * shape[$1] }
    Kernels.reduce(reduction, arranged, outer: count / max(size, 1), reduced: size, inner: 1, into: &result)
    return result
  }
}
