#include "CKernels.h"
#include "Exponential.h"
#include "Parallel.h"
#include <algorithm>

namespace {
using pellucid::exponential;
using pellucid::largest;
using pellucid::width;

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
