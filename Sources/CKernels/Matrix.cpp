#include "Matrix.h"
#include "OneDNN.h"
#include "Parallel.h"
#include <algorithm>
#include <atomic>

void pellucid::matrixProduct(
    bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc) {
  const TeamFor team(m * n * k);
  const auto status = dnnl::sgemm(transposeA ? 'T' : 'N', transposeB ? 'T' : 'N', m, n, k, 1.f, a, lda, b, ldb, beta, c, ldc);
  if (status != dnnl::status::success) throw dnnl::error(dnnl_status_t(status), "the matrix product failed");
}

extern "C" int pk_matrix_product(
    int transposeA, int transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
    float beta, float *c, int64_t ldc, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    pellucid::matrixProduct(transposeA != 0, transposeB != 0, m, n, k, a, lda, b, ldb, beta, c, ldc);
  });
}

extern "C" int pk_matrix_products(
    int transposeA, int transposeB, int64_t count, int64_t m, int64_t n, int64_t k, const float *a, const int64_t *placesA, const float *b,
    const int64_t *placesB, float *c, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    std::atomic<int> fault{0};
    const auto product = [&](int64_t i) {
      const auto status = dnnl::sgemm(
          transposeA ? 'T' : 'N', transposeB ? 'T' : 'N', m, n, k, 1.f, a + placesA[i], transposeA ? m : k, b + placesB[i],
          transposeB ? k : n, 0.f, c + i * m * n, n);
      if (status != dnnl::status::success) fault.store(int(status));
    };
    if (count < 4) {
      const pellucid::TeamFor team(m * n * k);
      for (int64_t i = 0; i < count; ++i) product(i);
    } else {
      const int64_t each = std::max<int64_t>(1, (int64_t(1) << 20) / std::max<int64_t>(1, m * n * k));
      pellucid::inParallel(count, each, [&](int64_t begin, int64_t end) {
        const pellucid::Team alone(1);
        for (int64_t i = begin; i < end; ++i) product(i);
      });
    }
    if (fault.load()) throw dnnl::error(dnnl_status_t(fault.load()), "the matrix product failed");
  });
}
