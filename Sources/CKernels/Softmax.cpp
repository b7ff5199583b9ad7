#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace {
/// eˣ for x ≤ 0, within 2 units in the last place; 0 below e⁻⁸⁷, where floats have lost their precision. What is not a number stays so.
///
/// eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2, eʳ by Cephes' polynomial.
inline __attribute__((always_inline)) float exponential(float x) {
  const float kept = x < -87.f ? -87.f : x;
  const float whole = __builtin_floorf(kept * 1.44269504088896341f + 0.5f);
  const float r = (kept - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  // Not a number has no whole part; its product is none either.
  const int32_t n = whole == whole ? int32_t(whole) : 0;
  const int32_t bits = (n + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return x < -87.f ? 0.f : p * scale;
}

constexpr int width = 16;

inline __attribute__((always_inline)) float largest(int64_t n, const float *x) {
  float lane[width];
  for (int k = 0; k < width; ++k) lane[k] = x[0];
  int64_t i = 0;
  // A comparison with what is not a number is false, and keeps it.
  for (; i + width <= n; i += width)
    for (int k = 0; k < width; ++k) lane[k] = x[i + k] <= lane[k] ? lane[k] : x[i + k];
  for (; i < n; ++i) lane[0] = x[i] <= lane[0] ? lane[0] : x[i];
  for (int k = 1; k < width; ++k) lane[0] = lane[k] <= lane[0] ? lane[0] : lane[k];
  return lane[0];
}

PELLUCID_DISPATCHED void softmaxRow(int64_t n, const float *x, float *y) {
  const float most = largest(n, x);
  float lane[width] = {};
  int64_t i = 0;
  for (; i + width <= n; i += width)
    for (int k = 0; k < width; ++k) lane[k] += y[i + k] = exponential(x[i + k] - most);
  double sum = 0;
  for (; i < n; ++i) sum += double(y[i] = exponential(x[i] - most));
  for (int k = 0; k < width; ++k) sum += double(lane[k]);
  const float inverse = float(1 / sum);
  for (i = 0; i < n; ++i) y[i] *= inverse;
}

PELLUCID_DISPATCHED void gradientRow(int64_t n, const float *y, const float *dy, float *dx) {
  float lane[width] = {};
  int64_t i = 0;
  for (; i + width <= n; i += width)
    for (int k = 0; k < width; ++k) lane[k] += y[i + k] * dy[i + k];
  double sum = 0;
  for (; i < n; ++i) sum += double(y[i]) * double(dy[i]);
  for (int k = 0; k < width; ++k) sum += double(lane[k]);
  const float mean = float(sum);
  for (i = 0; i < n; ++i) dx[i] = y[i] * (dy[i] - mean);
}

int64_t rowsEach(int64_t n) { return std::max<int64_t>(1, (1 << 13) / std::max<int64_t>(1, n)); }
}  // namespace

extern "C" void pk_softmax(int64_t rows, int64_t n, const float *x, float *y) {
  pellucid::inParallel(rows, rowsEach(n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) softmaxRow(n, x + r * n, y + r * n);
  });
}

extern "C" void pk_softmax_gradient(int64_t rows, int64_t n, const float *y, const float *dy, float *dx) {
  pellucid::inParallel(rows, rowsEach(n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) gradientRow(n, y + r * n, dy + r * n, dx + r * n);
  });
}
