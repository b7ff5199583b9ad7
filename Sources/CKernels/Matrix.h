// Products of row-major matrices, for kernels that are one.
#pragma once
#include <cstdint>

namespace pellucid {
/// `pk_matrix_product`, with an exception where that has a status.
void matrixProduct(
    bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc);
}  // namespace pellucid
