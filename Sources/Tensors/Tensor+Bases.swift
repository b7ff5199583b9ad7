internal import CPellucidKernels

extension Tensor {
  /// The product of a square matrix with each row of values along one of D, H, W.
  ///
  ///     y[…, i, …] = Σ_j M[i, j]·x[…, j, …]      or Mᵀ where `transposed`
  ///
  /// - Parameters:
  ///   - matrix: [L, L], row-major, L the axis's extent.
  ///   - axis: 0…2 for D, H, W.
  /// - Precondition: rank 5, row-major.
  package func multiplied(along axis: Int, by matrix: Tensor, transposed: Bool) -> Tensor {
    let length = shape.spatial[axis]
    precondition(
      shape.rank == 5 && order == .rowMajor && matrix.shape == Shape([length, length]), "a matrix of another size")
    let inner = shape.spatial[(axis + 1)...].reduce(1, *)
    let (rows, side) = (Int64(count / (inner * length)), Int64(length))
    var result = Tensor(unfilled: shape, order: .rowMajor)
    var why = [CChar](repeating: 0, count: 256)
    var status: Int32 = 0
    withValues { x in
      matrix.withValues { m in
        result.withMutableValues { y in
          if inner == 1 {
            status = unsafe pk_matrix_product(
              0, transposed ? 0 : 1, rows, side, side, x.start, side, m.start, side, 0, y.start, side, &why, why.count)
            return
          }
          for block in 0..<Int(rows) {
            // Each block lies within the tensor: there are rows of length · inner values.
            status = unsafe pk_matrix_product(
              transposed ? 1 : 0, 0, side, Int64(inner), side, m.start, side, x.start + block * length * inner,
              Int64(inner), 0, y.start + block * length * inner, Int64(inner), &why, why.count)
          }
        }
      }
    }
    precondition(status == 0, "a product of matrices that fit is always made")
    return result
  }
}
