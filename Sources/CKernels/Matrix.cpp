#include "OneDNN.h"
#include "Parallel.h"

extern "C" int pk_matrix_product(
    int transposeA, int transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
    float beta, float *c, int64_t ldc, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    const pellucid::TeamFor team(m * n * k);
    const auto status = dnnl::sgemm(
        transposeA ? 'T' : 'N', transposeB ? 'T' : 'N', m, n, k, 1.f, a, lda, b, ldb, beta, c, ldc);
    if (status != dnnl::status::success) throw dnnl::error(dnnl_status_t(status), "the matrix product failed");
  });
}
