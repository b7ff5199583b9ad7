#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

extern "C" void pk_top_k(
    int64_t outer, int64_t extent, int64_t inner, int64_t k, int largest, const float *x, float *y, int32_t *places) {
  pellucid::inParallel(outer * inner, std::max<int64_t>(1, 4096 / std::max<int64_t>(1, extent)), [&](int64_t begin, int64_t end) {
    std::vector<int32_t> order(static_cast<size_t>(extent));
    for (int64_t line = begin; line < end; ++line) {
      const float *values = x + line / inner * extent * inner + line % inner;
      // What is not a number comes first, so that it is seen; equals keep their order.
      const auto precedes = [&](int32_t a, int32_t b) {
        const float u = values[a * inner], v = values[b * inner];
        const bool isNone = u != u, isOtherNone = v != v;
        if (isNone || isOtherNone) return isNone == isOtherNone ? a < b : isNone;
        return u == v ? a < b : largest ? u > v : u < v;
      };
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), precedes);
      const int64_t target = line / inner * k * inner + line % inner;
      for (int64_t i = 0; i < k; ++i) {
        places[target + i * inner] = order[size_t(i)];
        y[target + i * inner] = values[order[size_t(i)] * inner];
      }
    }
  });
}

extern "C" void pk_top_k_gradient(
    int64_t outer, int64_t extent, int64_t inner, int64_t k, const int32_t *places, const float *dy, float *dx) {
  std::fill(dx, dx + outer * extent * inner, 0.f);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < k * inner; ++i) {
      const int64_t at = o * k * inner + i;
      dx[(o * extent + places[at]) * inner + i % inner] = dy[at];
    }
}
