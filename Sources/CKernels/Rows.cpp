// Rows of features: moved about, and normalized, each read and written once.
#include "CKernelsTransformers.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace {
int64_t rowsEach(int64_t length) { return std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, length)); }

/// Σ f(i) over a row, in double, in an order that depends on n alone.
template <typename Term>
inline __attribute__((always_inline)) double total(int64_t n, const Term &term) {
  constexpr int width = 32;
  double lane[width] = {};
  int64_t i = 0;
  for (; i + width <= n; i += width)
    for (int k = 0; k < width; ++k) lane[k] += double(term(i + k));
  double sum = 0;
  for (; i < n; ++i) sum += double(term(i));
  for (int half = width / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
  return sum + lane[0];
}

/// In double: where a row's values hardly differ, what a float rounds off their mean is not small beside the differences.
struct Statistics {
  double mean, inverse;

  inline __attribute__((always_inline)) float standardized(float x) const { return float((double(x) - mean) * inverse); }
};

inline __attribute__((always_inline)) Statistics statistics(int64_t n, float epsilon, const float *x) {
  const double mean = total(n, [=](int64_t i) { return x[i]; }) / double(n);
  const double squares = total(n, [=](int64_t i) { return (double(x[i]) - mean) * (double(x[i]) - mean); });
  return {mean, 1 / std::sqrt(squares / double(n) + double(epsilon))};
}

PELLUCID_DISPATCHED void normalize(
    int64_t rows, int64_t n, float epsilon, const float *x, const float *scale, const float *shift, float *y) {
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const Statistics s = statistics(n, epsilon, x);
    if (scale && shift) {
      for (int64_t i = 0; i < n; ++i) y[i] = s.standardized(x[i]) * scale[i] + shift[i];
    } else if (scale) {
      for (int64_t i = 0; i < n; ++i) y[i] = s.standardized(x[i]) * scale[i];
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = s.standardized(x[i]) + (shift ? shift[i] : 0.f);
    }
  }
}

PELLUCID_DISPATCHED void normalizeBack(
    int64_t rows, int64_t n, float epsilon, const float *x, const float *scale, const float *dy, float *dx) {
  for (int64_t r = 0; r < rows; ++r, x += n, dy += n, dx += n) {
    const Statistics s = statistics(n, epsilon, x);
    const auto arrived = [=](int64_t i) { return scale ? dy[i] * scale[i] : dy[i]; };
    const double mean = total(n, arrived) / double(n);
    const double slope = total(n, [=](int64_t i) { return double(arrived(i)) * double(s.standardized(x[i])); }) / double(n);
    for (int64_t i = 0; i < n; ++i)
      dx[i] = float((double(arrived(i)) - mean - double(s.standardized(x[i])) * slope) * s.inverse);
  }
}
}  // namespace

extern "C" void pk_pick_rows(int64_t count, int64_t length, const int32_t *from, const float *x, float *y) {
  pellucid::inParallel(count, rowsEach(length), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end;) {
      // Neighbours that stay neighbours are moved at once.
      int64_t run = 1;
      while (i + run < end && from[i] >= 0 && from[i + run] == from[i] + run) ++run;
      if (from[i] < 0) {
        std::fill(y + i * length, y + (i + 1) * length, 0.f);
      } else {
        std::memcpy(y + i * length, x + int64_t(from[i]) * length, size_t(run * length) * sizeof(float));
      }
      i += run;
    }
  });
}

extern "C" void pk_layer_norm(
    int64_t rows, int64_t n, float epsilon, const float *x, const float *scale, const float *shift, float *y) {
  pellucid::inParallel(rows, rowsEach(n), [&](int64_t begin, int64_t end) {
    normalize(end - begin, n, epsilon, x + begin * n, scale, shift, y + begin * n);
  });
}

extern "C" void pk_layer_norm_gradient(
    int64_t rows, int64_t n, float epsilon, const float *x, const float *scale, const float *dy, float *dx) {
  pellucid::inParallel(rows, rowsEach(n), [&](int64_t begin, int64_t end) {
    normalizeBack(end - begin, n, epsilon, x + begin * n, scale, dy + begin * n, dx + begin * n);
  });
}
